import { pino } from 'pino';
import type { DestinationStream, Logger, LoggerOptions as PinoOptions } from 'pino';
import type { SignalRing } from './signal-ring.js';
import { writeByTurn } from './write-by-turn.js';

export type { Logger } from 'pino';

/** Keys that may carry a secret, at the top of a log object or one level down. Listed once: no call site can forget. */
const secretKeys = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'signature',
  'token',
  'apiKey',
  'databaseUrl',
  'DATABASE_URL',
  'SERVICE_TOKEN',
  'SRE_TOKEN',
  'ALERT_WEBHOOK_TOKEN',
  'TEMPORAL_API_KEY',
];

export interface LoggerOptions {
  /** The process: `incident-api`. Parts of it use `logger.child({ component })`. */
  readonly name: string;
  readonly level: string;
  /** Where lines go; standard output when not given. */
  readonly destination?: DestinationStream;
  /** Gets every warning and error too, but for lines about one request: those are signals of their own. */
  readonly signals?: SignalRing;
}

const warnLevel = 40;
const errorLevel = 50;

/** One JSON object a line. Object first, message second: `logger.info({ orderId }, 'order accepted')`. */
export function createLogger({ name, level, destination, signals }: LoggerOptions): Logger {
  const options = {
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: secretKeys.flatMap((key) => [key, `*.${key}`]),
      censor: '[redacted]',
    },
    ...(signals === undefined ? {} : { hooks: { logMethod: noting(signals) } }),
  };
  return pino(options, destination ?? writeByTurn(pino.destination(1)));
}

function noting(signals: SignalRing): NonNullable<NonNullable<PinoOptions['hooks']>['logMethod']> {
  return function logMethod(args, method, level) {
    if (level >= warnLevel) noteWarning(signals, args, level);
    method.apply(this, args);
  };
}

/** The fields of a line that a signal has a place for. */
interface Line {
  readonly err?: unknown;
  readonly cause?: unknown;
  readonly requestId?: string;
  readonly durationMs?: number;
}

function noteWarning(signals: SignalRing, args: readonly unknown[], level: number): void {
  const [first, second] = args;
  const line: Line = typeof first === 'object' && first !== null ? first : {};
  if (line.durationMs !== undefined) return;
  const text = typeof first === 'string' ? first : typeof second === 'string' ? second : '';
  const cause = line.err instanceof Error ? line.err.message : line.cause;
  signals.add({
    at: new Date().toISOString(),
    severity: level >= errorLevel ? 'error' : 'warning',
    kind: 'log',
    method: null,
    route: null,
    status: null,
    durationMs: null,
    tenant: null,
    warehouse: null,
    requestId: line.requestId ?? null,
    traceId: null,
    spanId: null,
    message: typeof cause === 'string' ? `${text}: ${cause}` : text,
  });
}
