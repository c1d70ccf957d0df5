import postgres from 'postgres';

/** SQLSTATE classes that blame the data: data exception, constraint violation, limit of an index or a row. */
const classes: ReadonlySet<string> = new Set(['22', '23', '54']);

/** True when a write failed by what it holds, so that it would fail for ever; the driver says RangeError of a time that is none. */
export function isRefusedForGood(error: unknown): boolean {
  if (error instanceof postgres.PostgresError) return classes.has(error.code.slice(0, 2));
  return error instanceof RangeError;
}
