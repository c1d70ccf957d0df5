import { Runtime } from '@temporalio/worker';
import type { LogLevel, LogMetadata } from '@temporalio/worker';
import type { Logger } from '../shared/telemetry/logger.js';

export interface TemporalRuntimeOptions {
  readonly logger: Logger;
  /** Loopback port on which the SDK's core serves its own metrics. */
  readonly metricsPort: number;
}

/** Once per process, before anything else of the SDK. Its logs, those of workflows and activities included, become ours. */
export function installTemporalRuntime({ logger, metricsPort }: TemporalRuntimeOptions): void {
  Runtime.install({
    logger: toTemporalLogger(logger.child({ component: 'temporal' })),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      metrics: {
        prometheus: {
          bindAddress: `127.0.0.1:${metricsPort}`,
          countersTotalSuffix: true,
          unitSuffix: true,
          useSecondsForDurations: true,
        },
      },
    },
    // main.ts decides when to stop.
    shutdownSignals: [],
  });
}

/** The SDK's metrics in Prometheus' text form; empty when they cannot be read: they must not hide our own. */
export async function readTemporalMetrics(metricsPort: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, {
      signal: AbortSignal.timeout(2_000),
    });
    return response.ok ? await response.text() : '';
  } catch {
    return '';
  }
}

const levels = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const;

function toTemporalLogger(logger: Logger) {
  const log = (level: LogLevel, message: string, meta: LogMetadata = {}): void => {
    logger[levels[level]](toFields(meta), message);
  };
  return {
    log,
    trace: (message: string, meta?: LogMetadata) => {
      log('TRACE', message, meta);
    },
    debug: (message: string, meta?: LogMetadata) => {
      log('DEBUG', message, meta);
    },
    info: (message: string, meta?: LogMetadata) => {
      log('INFO', message, meta);
    },
    warn: (message: string, meta?: LogMetadata) => {
      log('WARN', message, meta);
    },
    error: (message: string, meta?: LogMetadata) => {
      log('ERROR', message, meta);
    },
  };
}

/** `err` is the key under which our logger unfolds errors. */
function toFields({ error, ...fields }: LogMetadata): object {
  return error === undefined ? fields : { ...fields, err: error as unknown };
}
