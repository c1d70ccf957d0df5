/**
 * SQLSTATEs of a server that cannot serve now: it shuts down, starts or recovers, has no connection left, only reads as
 * a standby does, or took longer than a statement may.
 */
const states: ReadonlySet<string> = new Set([
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '25006',
  '57014',
  '25P03',
]);

/** What the driver, and the sockets under it, say of a server that is out of reach. */
const outOfReach: ReadonlySet<string> = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** True when a query failed because of the state of its database, and may well succeed later as it is. */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  // Class 08: connection exception.
  return states.has(code) || outOfReach.has(code) || /^08...$/.test(code);
}

/** The server answers, although it takes no further connection. */
export function isCrowded(error: unknown): boolean {
  return codeOf(error) === '53300';
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
