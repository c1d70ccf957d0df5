/** Workflow time, ISO 8601: the sandbox makes `Date` deterministic. */
export const isoNow = (): string => new Date().toISOString();
/** `ms` milliseconds from now. */
export const isoIn = (ms: number): string => iso(Date.now() + ms);
export const iso = (epochMs: number): string => new Date(epochMs).toISOString();
