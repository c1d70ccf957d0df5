import { Hono } from 'hono';
import type { MetricsRegistry } from '../telemetry/metrics-registry.js';
import { answerScrape } from './answer-scrape.js';
import { problemResponse } from './problem.js';

/** Whether this process wants traffic. `serve` turns it off when it begins to drain. */
export class Readiness {
  #reason: string | null = 'starting';

  /** Null when ready, otherwise why not. */
  get reason(): string | null {
    return this.#reason;
  }

  ready(): void {
    this.#reason = null;
  }

  notReady(reason: string): void {
    this.#reason = reason;
  }
}

export interface HealthOptions {
  readonly readiness: Readiness;
  readonly registry: MetricsRegistry;
  /** The release this process runs, shown in `/healthz`. */
  readonly release: string;
  /** What else `/healthz` tells. */
  readonly describe?: (() => object) | undefined;
}

/**
 * `/healthz` (the process answers), `/readyz` (it wants traffic; 503 with the reason otherwise) and `/metrics`.
 * Readiness never asks a shared dependency: when the database is gone, taking every pod out of service cures nothing.
 */
export function healthRoutes({ readiness, registry, release, describe }: HealthOptions): Hono {
  const routes = new Hono();
  routes.get('/healthz', (c) => c.json({ status: 'ok', release, ...describe?.() }));
  routes.get('/readyz', (c) =>
    readiness.reason === null
      ? c.json({ status: 'ready', release })
      : problemResponse(c, 503, readiness.reason, { headers: { 'retry-after': '1' } }),
  );
  routes.get('/metrics', (c) => answerScrape(c, registry));
  return routes;
}
