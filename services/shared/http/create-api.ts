import { OpenAPIHono } from '@hono/zod-openapi';
import type { Env, MiddlewareHandler } from 'hono';
import type { Faults } from '../faults/faults.js';
import { injectFaults } from '../faults/faults.js';
import type { Logger } from '../telemetry/logger.js';
import type { MetricsRegistry } from '../telemetry/metrics-registry.js';
import type { SignalRing } from '../telemetry/signal-ring.js';
import type { DatabaseGuard } from '../storage/database-guard.js';
import { signalRoutes } from '../telemetry/signal-routes.js';
import { answerUnrouted } from './answer-unrouted.js';
import { limitBody } from './body-limit.js';
import type { Readiness } from './health-routes.js';
import { healthRoutes } from './health-routes.js';
import { answerDocument } from './openapi-document.js';
import { answerErrors, answerInvalid } from './problem.js';

export interface ApiOptions {
  readonly title: string;
  readonly release: string;
  readonly readiness: Readiness;
  readonly registry: MetricsRegistry;
  readonly logger: Logger;
  readonly faults: Faults | null;
  /** Of the database that all the routes need. */
  readonly guard?: DatabaseGuard;
  /** Decides which requests reach the routes. */
  readonly admission?: MiddlewareHandler;
  /** Served at `/signals`, to callers with one of `tokens`. */
  readonly signals?: { readonly ring: SignalRing; readonly tokens: readonly string[] };
  /** What else `/healthz` tells of the process. */
  readonly describe?: () => object;
  /** The routes themselves, with their full paths; see `createRoutes`. */
  readonly routes: OpenAPIHono;
}

/** An app to register contract-first routes on: a request that does not fit gets 422 with every fault. */
export function createRoutes(): OpenAPIHono {
  return new OpenAPIHono<Env>({ defaultHook: answerInvalid });
}

/** Routes as a whole API: health, metrics, problems for errors, bounded bodies and `/openapi.json`. */
export function createApi(options: ApiOptions): OpenAPIHono {
  const { title, release, readiness, registry, logger, faults, routes } = options;
  const { admission, describe, guard, signals } = options;
  const api = new OpenAPIHono();
  api.onError(answerErrors(logger, guard?.suspect));
  api.notFound(answerUnrouted(api));
  // Before the faults: a misbehaving process still tells the truth about itself.
  api.route('/', healthRoutes({ readiness, registry, release, describe }));
  if (signals !== undefined) api.route('/', signalRoutes(signals.ring, signals.tokens));
  const refusals = { hasModes: admission !== undefined, stored: guard && routes };
  api.get('/openapi.json', answerDocument(api, { title, version: release, ...refusals }));
  api.use(limitBody(64 * 1024));
  // Before the faults too: what is not let in cannot fail.
  if (admission !== undefined) api.use(admission);
  if (faults !== null) api.use(injectFaults(faults));
  // After them: a delay that is asked for is no sign of an outage.
  if (guard !== undefined) api.use(guard.refuseDuringOutage());
  api.route('/', routes);
  return api;
}
