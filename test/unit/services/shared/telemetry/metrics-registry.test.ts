import { describe, expect, test } from '@jest/globals';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { latencyBucketsMs } from '../../../../../configuration/latency-buckets.js';
import { createHttpMetrics } from '../../../../../services/shared/telemetry/http-metrics.js';
import type { TextSource } from '../../../../../services/shared/telemetry/metrics-registry.js';
import { MetricsRegistry } from '../../../../../services/shared/telemetry/metrics-registry.js';

/** Some lines about nothing. `onPart` is called before each of the 30 parts is written. */
function source(onPart: () => number): TextSource {
  return {
    families: [
      { name: 'first', help: 'One.', type: 'counter' },
      { name: 'second', help: 'Two.', type: 'counter' },
    ],
    *parts() {
      for (let part = 0; part < 30; part += 1) {
        const value = onPart();
        yield [`first{part="${part}"} ${value}\n`, `second{part="${part}"} ${value}\n`];
      }
    },
  };
}

/** The lines about requests with their labels in one order, which means nothing in the format. */
function samplesOf(exposition: string): string[] {
  const samples = exposition.matchAll(/^(http_request(?:s_total|_duration_\w+))\{(.*)\} (.*)$/gm);
  return [...samples]
    .map(([, name = '', labels = '', value = '']) =>
      [name, ...labels.split(',').sort(), value].join(' '),
    )
    .sort();
}

/** As slow as tens of thousands of series would be. */
function keepBusy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('the exposition', () => {
  test('holds the lines that prom-client would write of the same requests', async () => {
    const ours = new MetricsRegistry();
    const theirs = new Registry();
    const registers = [theirs];
    const labelNames = ['method', 'route', 'kind'];
    const total = new Counter({
      name: 'http_requests_total',
      help: 'Requests answered, by route pattern and status.',
      labelNames: [...labelNames, 'status'],
      registers,
    });
    const duration = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from reading a request to having its answer, by route pattern.',
      labelNames,
      buckets: latencyBucketsMs.map((ms) => ms / 1_000),
      registers,
    });
    const metrics = createHttpMetrics(ours);
    const routes: [string, string, string][] = [
      ['GET', '/items/:id{[0-9]+\\d}', 'read'],
      ['POST', '/"quoted"\nbroken', 'write'],
    ];
    for (const [method, route, kind] of routes) {
      const labels = { method, route, kind };
      for (const status of [200, 499, 500, 503]) total.inc({ ...labels, status }, 0);
      for (const [status, seconds] of [
        [200, 0.001],
        [404, 0.5],
        [500, 0.7501],
        [200, 61.25],
        [200, 1e-7],
      ] as const) {
        metrics.seriesFor(method, route).record(status, seconds);
        total.inc({ ...labels, status });
        duration.observe(labels, seconds);
      }
    }

    const expected = samplesOf(await theirs.metrics());
    expect(expected.length).toBeGreaterThan(30);
    expect(samplesOf(await ours.metrics())).toEqual(expected);
  });

  test('holds the lines of prom-client itself and of every source, each family in one piece', async () => {
    const registry = new MetricsRegistry();
    new Gauge({ name: 'gauge', help: 'A gauge.', registers: [registry] }).set(7);
    registry.addSource(source(() => 1));
    createHttpMetrics(registry).seriesFor('GET', '/');

    const lines = (await registry.metrics()).split('\n');

    expect(lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.slice(7))).toEqual([
      'gauge gauge',
      'first counter',
      'second counter',
      'http_requests_total counter',
      'http_request_duration_seconds histogram',
      'http_requests_refused_total counter',
      'http_requests_withdrawn_total counter',
      'http_requests_by_tenant_total counter',
      'http_requests_by_warehouse_total counter',
    ]);
    const families = lines.flatMap((line) => /^(first|second)\{/.exec(line)?.[1] ?? []);
    expect(families.join(' ')).toMatch(/^(first ?){30}(second ?){30}$/);
  });

  test('lets other work go on while it is written, and reads figures that belong together at one time', async () => {
    const registry = new MetricsRegistry();
    let turns = 0;
    let watcher = setImmediate(function watch() {
      turns += 1;
      watcher = setImmediate(watch);
    });
    registry.addSource(
      source(() => {
        keepBusy(1);
        return turns;
      }),
    );

    const lines = (await registry.metrics()).split('\n');
    clearImmediate(watcher);

    const valuesOf = (family: string): string[] =>
      lines.flatMap((line) => (line.startsWith(`${family}{`) ? [line.split(' ')[1] ?? ''] : []));
    expect(new Set(valuesOf('first')).size).toBeGreaterThan(5);
    expect(valuesOf('second')).toEqual(valuesOf('first'));
  });

  test('is written once for all who ask at the same time, and anew for who asks later', async () => {
    const registry = new MetricsRegistry();
    let written = 0;
    registry.addSource(source(() => (written += 1)));

    const texts = await Promise.all([registry.metrics(), registry.metrics(), registry.metrics()]);
    expect(written).toBe(30);
    expect(new Set(texts).size).toBe(1);
    await registry.metrics();
    expect(written).toBe(60);
  });

  test('is written again after a failure', async () => {
    const registry = new MetricsRegistry();
    let isBroken = true;
    registry.addSource(
      source(() => {
        if (isBroken) throw new Error('broken');
        return 1;
      }),
    );

    await expect(registry.metrics()).rejects.toThrow('broken');
    isBroken = false;
    expect(await registry.metrics()).toContain('first{part="29"} 1');
  });
});
