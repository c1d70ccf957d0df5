import { createHttpMetrics } from '../../services/shared/telemetry/http-metrics.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import type { Step, Trace } from './alert-traces.js';

/** What all that watch a service got to see of it: the same for everybody. */
export interface Recording {
  readonly name: string;
  readonly ticks: readonly Tick[];
}

/** What happened between two evaluations. */
export interface Tick {
  /** What each pod answered when it was scraped; null: nothing. A pod that is not here does not exist. */
  readonly pods: ReadonlyMap<string, string | null>;
  /** Whether the probe succeeded; null: it proved nothing. */
  readonly probe: boolean | null;
}

/** Lets processes with real instruments live through a trace, and keeps what they expose. */
export async function playTrace({ name, warm, steps }: Trace): Promise<Recording> {
  const deployment = new Deployment();
  if (warm) for (const pod of deployment.pods.values()) warmUp(pod);
  const traffic = new Traffic();
  const ticks: Tick[] = [];
  for (const step of steps) {
    deployment.change(step.pods);
    for (let tick = 0; tick < step.ticks; tick += 1) {
      traffic.send(step, [...deployment.pods.values()]);
      ticks.push({ pods: await deployment.scrape(step.metrics), probe: probe(step, ticks.length) });
    }
  }
  return { name, ticks };
}

class Deployment {
  readonly pods = new Map<string, Process>();
  #born = 0;

  constructor() {
    this.#add();
    this.#add();
  }

  change(how: Step['pods']): void {
    const [oldest = ''] = this.pods.keys();
    switch (how) {
      case 'stay':
        return;
      case 'restart':
        this.pods.set(oldest, startProcess());
        return;
      case 'rollout':
        this.pods.clear();
        this.#add();
        this.#add();
        return;
      case 'grow':
        this.#add();
        return;
      case 'shrink':
        if (this.pods.size > 1) this.pods.delete(oldest);
    }
  }

  async scrape(metrics: Step['metrics']): Promise<Map<string, string | null>> {
    const texts = new Map<string, string | null>();
    for (const [name, { registry }] of this.pods) {
      const hidden = metrics === 'hidden' || (metrics === 'one-hidden' && texts.size === 0);
      texts.set(name, hidden ? null : await registry.metrics());
    }
    return texts;
  }

  #add(): void {
    this.#born += 1;
    this.pods.set(`inventory-api-abc12-pod${this.#born}`, startProcess());
  }
}

type Process = ReturnType<typeof startProcess>;

function startProcess() {
  const registry = new MetricsRegistry();
  const metrics = createHttpMetrics(registry);
  return {
    registry,
    // The series exist from the start, as those of a service's routes do.
    routes: [metrics.seriesFor('GET', '/items/:id'), metrics.seriesFor('POST', '/orders')] as const,
  };
}

/** As if it had answered requests of every kind for a day. */
function warmUp({ routes }: Process): void {
  for (const route of routes) {
    for (let count = 0; count < 20_000; count += 1) {
      for (const status of [200, 499, 500, 503, 504])
        route.record(status, count % 2 === 0 ? 0.02 : 2);
    }
  }
}

/** Requests go to pods and routes in turn; every share is met as evenly as whole requests allow. */
class Traffic {
  #sent = 0;
  #errors = 0;
  #slow = 0;

  send({ rate, errors, status, slow }: Step, pods: readonly Process[]): void {
    for (let request = 0; request < rate; request += 1) {
      this.#sent += 1;
      this.#errors += errors;
      this.#slow += slow;
      const fails = this.#errors >= 1 - 1e-9;
      const isSlow = this.#slow >= 1 - 1e-9;
      if (fails) this.#errors -= 1;
      if (isSlow) this.#slow -= 1;
      const route = this.#sent % 7 === 0 ? 1 : 0;
      pods[this.#sent % pods.length]?.routes[route].record(fails ? status : 200, isSlow ? 2 : 0.02);
    }
  }
}

function probe({ probes }: Step, tick: number): boolean | null {
  switch (probes) {
    case 'good':
      return true;
    case 'failing':
      return false;
    case 'every-tenth-fails':
      return tick % 10 !== 0;
    case 'void':
      return null;
  }
}
