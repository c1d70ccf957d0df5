import type { Socket } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { RouterRoute } from 'hono/types';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { SmartRouter } from 'hono/router/smart-router';
import { TrieRouter } from 'hono/router/trie-router';
import { getPath } from 'hono/utils/url';
import { refusalOf } from '../flags/refused-requests.js';
import type { Incoming } from '../http/read-header.js';
import { readHeader } from '../http/read-header.js';
import { requestIdOf } from '../http/request-id.js';
import type { Arriving } from './caller-patience.js';
import { CallerPatience, isSent } from './caller-patience.js';
import { statusAbandoned } from './http-metrics.js';
import type { HttpMetrics, RouteSeries } from './http-metrics.js';
import type { Logger } from './logger.js';
import { createLineWriter } from './logger.js';
import { OpenRequests } from './open-requests.js';
import { isPartyName } from './party-counts.js';
import { warehouseOf } from './request-warehouse.js';
import type { SignalRing } from './signal-ring.js';
import { traceOf } from './trace-context.js';

/** Scrapes and probes are no traffic: counting them would hide an outage behind healthy zeros. */
const unobserved = new Set(['/healthz', '/readyz', '/metrics', '/signals']);

/** Told apart on paths that nobody serves; a caller may use any other of Node's three dozen. */
const usualMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const tenantHeader = 'x-tenant-id';

/** What an operating mode answers: such a request did not fail, it was told to wait. */
const statusRefused = 503;

const openRequests = Symbol('open requests');

export interface ObservedApp {
  readonly routes: readonly RouterRoute[];
  readonly fetch: (request: Request, env?: object) => Response | Promise<Response>;
}

export interface ObserveOptions {
  readonly metrics: HttpMetrics;
  readonly logger: Logger;
  /** Gets every failed or slow request. */
  readonly signals?: SignalRing;
  /** What the latency objective promises: requests slower than this are always logged. Milliseconds. */
  readonly slowMs?: number;
  /** One of so many unremarkable answers is logged; all when the logger takes `debug`. */
  readonly sampleEvery?: number;
}

/**
 * Counts and logs every request of a finished app (all its routes registered). It wraps `fetch` rather than being a
 * middleware: one that does nothing costs a third of all this already (`http.middleware-cpu`). Failures and slow answers
 * are always logged, the rest is sampled.
 */
export function observeRequests(
  app: ObservedApp,
  options: ObserveOptions,
): Pick<ObservedApp, 'fetch'> {
  const { metrics, signals, slowMs = 500 } = options;
  // A line is made of known fields: looking for secrets in each would cost eight times the line itself (measured).
  const logger = options.logger.child({}, { redact: [] });
  const sampleEvery = logger.isLevelEnabled('debug') ? 1 : (options.sampleEvery ?? 64);
  const logAnswer = logger.isLevelEnabled('info') ? createLineWriter(logger) : undefined;
  const findSeries = createSeriesFinder(app.routes, metrics);
  const connections = new Set<OpenRequests<Observed>>();
  const patience = new CallerPatience(connections);
  let ended = 0;

  function openRequestsOf(socket: WatchedSocket | undefined): OpenRequests<Observed> {
    const known = socket?.[openRequests];
    if (known !== undefined) return known;
    const open = new OpenRequests<Observed>();
    if (socket !== undefined) {
      socket[openRequests] = open;
      connections.add(open);
      // A caller that gave up has seen a failure, whatever is answered later, if ever. Watched by connection: a listener
      // on every answer would cost more than all the counting (measured).
      socket.on('close', () => {
        connections.delete(open);
        for (const observed of open.removeAll()) {
          if (patience.isSpentOn(observed)) record(observed, statusAbandoned);
          else withdraw(observed);
        }
      });
    }
    return open;
  }

  /** The first end of a request counts. */
  function end(observed: Observed, status: number): void {
    if (observed.open.remove(observed)) record(observed, status);
  }

  function record(observed: Observed, status: number): void {
    const { request, series, tenant } = observed;
    const elapsedMs = performance.now() - observed.startedAt;
    const refusal = status === statusRefused ? refusalOf(request) : undefined;
    const failed = status >= statusAbandoned && refusal === undefined;
    if (refusal === undefined) {
      series.record(status, elapsedMs / 1_000);
      if (tenant !== null) metrics.tenants.record(tenant, failed);
      const warehouse = warehouseOf(request);
      if (warehouse !== undefined) metrics.warehouses.record(warehouse, failed);
    } else {
      series.refuse(refusal);
    }
    report(observed, status, elapsedMs, failed, failed || elapsedMs > slowMs);
  }

  /** Nobody can spend the error budget by leaving at once, and no service hides that it is slower than promised. */
  function withdraw(observed: Observed): void {
    const elapsedMs = performance.now() - observed.startedAt;
    const isSlow = elapsedMs > slowMs && isSent(observed.incoming);
    observed.series.withdraw(isSlow ? elapsedMs / 1_000 : null);
    report(observed, statusAbandoned, elapsedMs, false, isSlow);
  }

  function report(
    { request, incoming, series, tenant }: Observed,
    status: number,
    elapsedMs: number,
    failed: boolean,
    remarkable: boolean,
  ): void {
    ended += 1;
    if (!remarkable && ended % sampleEvery !== 0) return;
    const requestId = requestIdOf(request, incoming);
    const { traceId, spanId } = traceOf(request, incoming);
    const durationMs = Math.round(elapsedMs * 10) / 10;
    if (!remarkable) {
      logAnswer?.(
        `"requestId":"${requestId}","traceId":"${traceId}","spanId":"${spanId}",${series.fields},` +
          `"status":${status},"durationMs":${durationMs}`,
        status === statusAbandoned ? 'request withdrawn' : 'request answered',
      );
      return;
    }
    const { method, route } = series;
    const line = { requestId, traceId, spanId, method, route, status, durationMs };
    logger.warn(line, 'request failed or was slow');
    signals?.add({
      at: new Date().toISOString(),
      severity: failed ? 'error' : 'warning',
      kind: 'span',
      ...line,
      // A request that was refused or given up may name anything: no route has looked at it.
      tenant: tenant !== null && isPartyName(tenant) ? tenant : null,
      warehouse: warehouseOf(request) ?? null,
      message: null,
    });
  }

  return {
    fetch(request, env) {
      const path = getPath(request);
      if (unobserved.has(path)) return app.fetch(request, env);
      const { incoming }: Partial<HttpBindings> = env ?? {};
      const open = openRequestsOf(incoming?.socket);
      const observed: Observed = {
        request,
        incoming,
        series: findSeries(request.method, path),
        startedAt: performance.now(),
        tenant: readHeader(request, tenantHeader, incoming),
        unsentAt: patience.unsentAt,
        open,
      };
      open.add(observed);
      const answer = app.fetch(request, env);
      if (!(answer instanceof Promise)) {
        end(observed, answer.status);
        return answer;
      }
      return answer.then(
        (response) => {
          end(observed, response.status);
          return response;
        },
        (error: unknown) => {
          end(observed, 500);
          throw error;
        },
      );
    },
  };
}

type WatchedSocket = Socket & { [openRequests]?: OpenRequests<Observed> };

/** A request on its way. */
interface Observed {
  readonly request: Request;
  readonly incoming: (Incoming & Arriving) | undefined;
  readonly series: RouteSeries;
  startedAt: number;
  unsentAt: number;
  readonly tenant: string | null;
  /** Holds it until it is answered. */
  readonly open: OpenRequests<Observed>;
}

/** Finds the series by Hono's own router, over the patterns the app registered. Anything else is `unmatched`. */
function createSeriesFinder(
  routes: readonly RouterRoute[],
  metrics: HttpMetrics,
): (method: string, path: string) => RouteSeries {
  const router = new SmartRouter<RouteSeries>({ routers: [new RegExpRouter(), new TrieRouter()] });
  // Middleware is registered for all methods; a validated route is registered once for each of its validators.
  const endpoints = new Map(
    routes
      .filter(({ method, path }) => method !== 'ALL' && !unobserved.has(path))
      .map(({ method, path }) => [`${method} ${path}`, { method, path }]),
  );
  for (const { method, path } of endpoints.values()) {
    router.add(method, path, metrics.seriesFor(method, path));
  }

  return (method, path) => {
    const isHead = method === 'HEAD';
    const found = router.match(isHead ? 'GET' : method, path)[0][0]?.[0];
    if (found === undefined) {
      return metrics.seriesFor(usualMethods.has(method) ? method : 'OTHER', 'unmatched');
    }
    return isHead ? metrics.seriesFor(method, found.route) : found;
  };
}
