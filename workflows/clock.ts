/** Workflow time, ISO 8601: the sandbox makes `Date` deterministic. */
export const isoNow = (): string => new Date().toISOString();
export const iso = (epochMs: number): string => new Date(epochMs).toISOString();
