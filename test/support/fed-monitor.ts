import { loadConfiguration } from '../../configuration/load-configuration.js';
import type { Configuration } from '../../configuration/load-configuration.js';
import { Monitor } from '../../services/monitoring-api/monitor.js';
import { counterAt, counterWidth } from '../../services/monitoring-api/parse-exposition.js';
import type { LabelledCounts, PodSample } from '../../services/monitoring-api/parse-exposition.js';
import type { PodModes } from '../../services/monitoring-api/pod-modes.js';
import type { DiscoveredPod } from '../../services/monitoring-api/service-store.js';

/** What a pod answers in a step of the clock. */
export interface Traffic {
  readonly reads?: number;
  readonly readErrors?: number;
  readonly writes?: number;
  readonly writeErrors?: number;
  /** Of all those, slower than 500 ms but under a second. */
  readonly slow?: number;
  /** Requests and failures of tenants and warehouses, beside the counts above. */
  readonly tenants?: Readonly<Record<string, readonly [requests: number, errors: number]>>;
  readonly warehouses?: Readonly<Record<string, readonly [requests: number, errors: number]>>;
  /** Refused on purpose, by why. */
  readonly refused?: Readonly<Record<string, readonly [requests: number, errors: number]>>;
  readonly modes?: PodModes;
  readonly oldestSeconds?: number;
}

/** A monitor whose clock, pods and probes the test drives, step by step; by the second on the local configuration. */
export class FedMonitor {
  readonly configuration: Configuration;
  readonly monitor: Monitor;
  now = Date.parse('2026-01-01T00:00:00Z');
  readonly #totals = new Map<string, Float64Array>();
  readonly #parties = new Map<string, Map<string, [number, number]>>();

  constructor(
    folders: readonly string[] = ['configuration', 'configuration/local'],
    readonly stepMs = 1_000,
    readonly service = 'inventory',
  ) {
    this.configuration = loadConfiguration(folders);
    this.monitor = new Monitor(this.configuration);
  }

  /** Lets a step pass: each pod is scraped after its traffic, the service probed twice, the rules evaluated. */
  second(
    traffic: Readonly<Record<string, Traffic | 'unreachable'>>,
    { probes = [true, true] }: { readonly probes?: readonly boolean[] } = {},
  ): void {
    this.now += this.stepMs;
    const store = this.monitor.store(this.service);
    store.updatePods(Object.keys(traffic).map(pod), this.now);
    for (const [name, counts] of Object.entries(traffic)) {
      if (counts === 'unreachable') store.recordFailedScrape(name, 'no answer within 900 ms');
      else store.recordScrape(name, this.now, this.#sample(name, counts));
    }
    probes.forEach((ok, index) => {
      store.recordProbe(this.now - 500 + index * 500, ok);
    });
    this.monitor.evaluate(this.now);
  }

  seconds(count: number, ...step: Parameters<FedMonitor['second']>): void {
    for (let index = 0; index < count; index += 1) this.second(...step);
  }

  /** Of the service that is fed: nothing is ever seen of the others. */
  alerts() {
    return this.monitor.alerts().filter(({ labels }) => labels['service'] === this.service);
  }

  health(since: number | null = null) {
    return this.monitor.health(this.service, this.now, since);
  }

  /** State of each SLO, latency first. */
  states(since: number | null = null) {
    return this.health(since).slos.map(({ state }) => state);
  }

  #sample(name: string, traffic: Traffic): PodSample {
    const { reads = 0, readErrors = 0, writes = 0, writeErrors = 0, slow = 0 } = traffic;
    const totals = this.#totals.get(name) ?? new Float64Array(counterWidth);
    this.#totals.set(name, totals);
    const add = (index: number, value: number) => {
      totals[index] = (totals[index] ?? 0) + value;
    };
    add(counterAt.reads, reads);
    add(counterAt.readErrors, readErrors);
    add(counterAt.writes, writes);
    add(counterAt.writeErrors, writeErrors);
    const all = reads + writes;
    [
      0,
      0,
      all - slow,
      all - slow,
      all - slow,
      all - slow,
      all - slow,
      all,
      all,
      all,
      all,
      all,
    ].forEach((value, index) => {
      add(counterAt.buckets + index, value);
    });
    return {
      counters: Float64Array.from(totals),
      routes: new Map([
        ['GET /items/:id', [totals[counterAt.reads] ?? 0, totals[counterAt.readErrors] ?? 0]],
        ['POST /orders', [totals[counterAt.writes] ?? 0, totals[counterAt.writeErrors] ?? 0]],
      ]),
      tenants: this.#partySample(`${name} tenants`, traffic.tenants),
      warehouses: this.#partySample(`${name} warehouses`, traffic.warehouses),
      refused: this.#partySample(`${name} refused`, traffic.refused),
      memoryBytes: 50_000_000,
      eventLoopLagMs: 3,
      modes: traffic.modes ?? null,
      oldestSeconds: traffic.oldestSeconds ?? null,
    };
  }

  #partySample(key: string, traffic: Traffic['tenants'] = {}): LabelledCounts {
    const totals = this.#parties.get(key) ?? new Map<string, [number, number]>();
    this.#parties.set(key, totals);
    for (const [name, [requests, errors]] of Object.entries(traffic)) {
      const [before = 0, failed = 0] = totals.get(name) ?? [];
      totals.set(name, [before + requests, failed + errors]);
    }
    return new Map(totals);
  }
}

/** `inventory-api-{hash}-{suffix}`, ready. */
const pod = (name: string): DiscoveredPod => ({
  name,
  templateHash: name.split('-').at(-2) ?? null,
  createdAt: null,
  ready: true,
  address: '127.0.0.1:1',
});
