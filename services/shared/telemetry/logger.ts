import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

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
  'ALERT_WEBHOOK_TOKEN',
  'TEMPORAL_API_KEY',
];

export interface LoggerOptions {
  /** The process: `incident-api`. Parts of it use `logger.child({ component })`. */
  readonly name: string;
  readonly level: string;
  /** Where lines go; standard output when not given. */
  readonly destination?: DestinationStream;
}

/** One JSON object a line. Object first, message second: `logger.info({ orderId }, 'order accepted')`. */
export function createLogger({ name, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: secretKeys.flatMap((key) => [key, `*.${key}`]),
      censor: '[redacted]',
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
