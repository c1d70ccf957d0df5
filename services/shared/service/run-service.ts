import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Environment } from '../../../configuration/environment.js';
import type { IsolationMode } from '../../../configuration/isolation.schema.js';
import { parseTokens } from '../auth/bearer.js';
import { readFaults, startFaults } from '../faults/faults.js';
import { admitRequests } from '../flags/admit-requests.js';
import { registerModeMetrics } from '../flags/mode-metrics.js';
import type { OperatingModes } from '../flags/operating-modes.js';
import { openOperatingModes } from '../flags/operating-modes.js';
import { createApi } from '../http/create-api.js';
import { Readiness } from '../http/health-routes.js';
import type { RunningServer } from '../http/server.js';
import { serve } from '../http/server.js';
import { stopOnSignal } from '../http/termination.js';
import type { Database } from '../storage/database.js';
import { openDatabase, pingDatabase } from '../storage/database.js';
import { DatabaseGuard } from '../storage/database-guard.js';
import { forgetOldKeys } from '../storage/idempotency.js';
import { migrate } from '../storage/migrate.js';
import { packageFolder } from '../storage/package-folder.js';
import { createHttpMetrics } from '../telemetry/http-metrics.js';
import type { Logger } from '../telemetry/logger.js';
import { MetricsRegistry } from '../telemetry/metrics-registry.js';
import { observeRequests } from '../telemetry/observe-requests.js';
import { registerProcessMetrics } from '../telemetry/process-metrics.js';
import type { SignalRing } from '../telemetry/signal-ring.js';

/** What the process has besides its database. */
export interface ServiceParts {
  readonly modes: Pick<OperatingModes, 'read'>;
  readonly registry: MetricsRegistry;
}

export interface ServiceOptions {
  /** Name of the process: `billing-api`. */
  readonly name: string;
  /** PostgreSQL schema of its tables. */
  readonly schema: string;
  /** Folder of its migrations, from the root of the package. */
  readonly migrations: string;
  readonly createRoutes: (database: Database, parts: ServiceParts) => OpenAPIHono;
  /** Work beside the requests, from when the process is ready until it stops. */
  readonly startWork?: (database: Database, parts: ServiceParts) => { stop(): Promise<void> };
  /** The isolation modes that stop the writes of this service. */
  readonly obeys: readonly IsolationMode[];
  /** False when its schema has no `idempotency_keys`: nothing to forget after a day. */
  readonly keepsAnswers?: boolean;
  readonly environment: Environment;
  readonly logger: Logger;
  /** The ring that the logger writes to. */
  readonly signals: SignalRing;
}

/**
 * The life of an API with a database: migrates, serves until told to stop, drains, and closes the database last. A
 * failure to start is logged and ends the process.
 */
export async function runService(options: ServiceOptions): Promise<void> {
  const { name, environment, logger } = options;
  try {
    const { url, stop } = await start(options);
    stopOnSignal(logger, stop);
    logger.info({ url, release: environment.RELEASE }, 'ready');
  } catch (error) {
    logger.fatal({ err: error }, `could not start ${name}`);
    process.exit(1);
  }
}

async function start(options: ServiceOptions): Promise<Pick<RunningServer, 'url' | 'stop'>> {
  const { name, schema, environment, logger, signals } = options;
  const databaseUrl = environment.DATABASE_URL;
  if (databaseUrl === undefined) {
    throw new Error('could not open database: DATABASE_URL is not set; give a postgres:// URL');
  }
  await migrate({ databaseUrl, schema, folder: packageFolder(options.migrations), logger });
  const database = openDatabase(databaseUrl, { schema, name, max: environment.DATABASE_POOL_MAX });

  const guard = new DatabaseGuard({
    ping: () => pingDatabase(databaseUrl, { schema, name: `${name} ping` }),
    logger,
  });

  const registry = new MetricsRegistry();
  registerProcessMetrics(registry);
  const metrics = createHttpMetrics(registry);
  const faults = readFaults(environment);
  const readiness = new Readiness();
  const modes = await followModes(environment, logger);
  registerModeMetrics(registry, modes, options.obeys);
  const routes = options.createRoutes(database, { modes, registry });
  const api = createApi({
    title: name,
    release: environment.RELEASE,
    readiness,
    registry,
    logger,
    faults,
    guard,
    admission: admitRequests({ modes, routes, obeys: options.obeys }),
    signals: { ring: signals, tokens: parseTokens(environment.SERVICE_TOKEN) },
    describe: () => ({ modes: modes.inForce() }),
    routes,
  });
  const server = await serve(
    observeRequests(api, { metrics, logger, signals, slowMs: environment.SLOW_ANSWER_MS }),
    {
      host: environment.HOST,
      port: environment.PORT ?? 8080,
      readiness,
      logger,
      drainMs: environment.SHUTDOWN_DRAIN_MS,
    },
  );
  if (faults !== null) startFaults(faults, logger);
  const cleaning = options.keepsAnswers === false ? undefined : cleanHourly(database, logger);
  const work = options.startWork?.(database, { modes, registry });

  return {
    url: server.url,
    async stop() {
      await Promise.all([server.stop(), work?.stop()]);
      clearInterval(cleaning);
      modes.stop();
      await database.end({ timeout: 2 });
    },
  };
}

function followModes(environment: Environment, logger: Logger): Promise<OperatingModes> {
  const { FLAG_MODE: value, FLAG_MODE_EXPIRES_AT: expiresAt } = environment;
  return openOperatingModes({
    flagsFolder: environment.FLAGS_DIR ?? null,
    isolationFolder: environment.ISOLATION_DIR ?? null,
    files: {
      mode: value === undefined || expiresAt === undefined ? null : { value, expiresAt },
      shed: { value: environment.FLAG_SHED, expiresAt: environment.FLAG_SHED_EXPIRES_AT },
    },
    logger,
  });
}

function cleanHourly(database: Database, logger: Logger): NodeJS.Timeout {
  return setInterval(() => {
    forgetOldKeys(database).catch((error: unknown) => {
      logger.warn({ err: error }, 'could not delete old idempotency keys: trying again in an hour');
    });
  }, 3_600_000).unref();
}
