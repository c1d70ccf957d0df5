import { METHODS } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { RouterRoute } from 'hono/types';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { SmartRouter } from 'hono/router/smart-router';
import { TrieRouter } from 'hono/router/trie-router';
import { getPath } from 'hono/utils/url';
import { refusalOf } from '../flags/refused-requests.js';
import { requestIdOf } from '../http/request-id.js';
import type { HttpMetrics, RouteSeries } from './http-metrics.js';
import type { Logger } from './logger.js';

/** Scrapes and probes are no traffic: counting them would hide an outage behind healthy zeros. */
const unobserved = new Set(['/healthz', '/readyz', '/metrics']);

/** "Client closed request": nobody waits for the answer any more. Monitoring counts it as an error. */
const statusAbandoned = 499;

/** What an operating mode answers: such a request did not fail, it was told to wait. */
const statusRefused = 503;

export interface ObservedApp {
  readonly routes: readonly RouterRoute[];
  readonly fetch: (request: Request, env?: object) => Response | Promise<Response>;
}

export interface ObserveOptions {
  readonly metrics: HttpMetrics;
  readonly logger: Logger;
  /** Requests slower than this are always logged. */
  readonly slowMs?: number;
  /** One of so many unremarkable answers is logged. */
  readonly sampleEvery?: number;
}

/**
 * Counts and logs every request of a finished app (all its routes registered). It wraps `fetch` rather than being a
 * middleware, which costs 1-4 µs a request instead of 20 and more (measured). Failures and slow answers are always
 * logged, the rest is sampled.
 */
export function observeRequests(
  app: ObservedApp,
  options: ObserveOptions,
): Pick<ObservedApp, 'fetch'> {
  const { metrics, logger, slowMs = 1_000, sampleEvery = 64 } = options;
  const findSeries = createSeriesFinder(app.routes, metrics);
  let answered = 0;

  function record(request: Request, series: RouteSeries, status: number, startedAt: number): void {
    const durationMs = performance.now() - startedAt;
    const refusal = status === statusRefused ? refusalOf(request) : undefined;
    if (refusal === undefined) series.record(status, durationMs / 1_000);
    else series.refuse(refusal);
    answered += 1;
    const failed = status >= statusAbandoned && refusal === undefined;
    const remarkable = failed || durationMs > slowMs;
    if (!remarkable && answered % sampleEvery !== 0) return;
    const line = {
      requestId: requestIdOf(request),
      method: series.method,
      route: series.route,
      status,
      durationMs: Math.round(durationMs * 10) / 10,
    };
    if (remarkable) logger.warn(line, 'request failed or was slow');
    else logger.info(line, 'request answered');
  }

  return {
    fetch(request, env) {
      const path = getPath(request);
      if (unobserved.has(path)) return app.fetch(request, env);
      const series = findSeries(request.method, path);
      const startedAt = performance.now();
      const answer = app.fetch(request, env);
      if (!(answer instanceof Promise)) {
        record(request, series, answer.status, startedAt);
        return answer;
      }
      let open = true;
      const recordOnce = (status: number): void => {
        if (!open) return;
        open = false;
        record(request, series, status, startedAt);
      };
      // A caller that gave up has seen a failure, whatever is answered later, if ever.
      const connection = (env as Partial<HttpBindings> | undefined)?.outgoing;
      connection?.once('close', () => {
        recordOnce(statusAbandoned);
      });
      return answer.then(
        (response) => {
          recordOnce(response.status);
          return response;
        },
        (error: unknown) => {
          recordOnce(500);
          throw error;
        },
      );
    },
  };
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
  const methods = new Set(METHODS);

  return (method, path) => {
    const isHead = method === 'HEAD';
    const found = router.match(isHead ? 'GET' : method, path)[0][0]?.[0];
    if (found === undefined) {
      return metrics.seriesFor(methods.has(method) ? method : 'OTHER', 'unmatched');
    }
    return isHead ? metrics.seriesFor(method, found.route) : found;
  };
}
