import { afterEach, describe, expect, test } from '@jest/globals';
import { scrape } from '../../services/monitoring-api/scrape.js';
import { FedMonitor } from '../support/fed-monitor.js';
import { startMonitoredService } from '../support/monitored-service.js';
import type { MonitoredService } from '../support/monitored-service.js';

// Real processes and their real exposition, scraped over loopback under a clock that the test drives.

const running: MonitoredService[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
});

interface Request {
  readonly tenant: string;
  readonly warehouse: string;
}

/** Two pods answer these requests every second; `isBad` says which fail. */
async function watch(
  requests: (second: number) => readonly Request[],
  isBad: (request: Request) => boolean,
  seconds: number,
): Promise<FedMonitor> {
  const fed = new FedMonitor();
  const store = fed.monitor.store(fed.service);
  const pods = [await startMonitoredService(), await startMonitoredService()];
  running.push(...pods);
  const names = ['api-one-a', 'api-one-b'];
  for (let second = 0; second < seconds; second += 1) {
    requests(second).forEach((request, index) => {
      const { metrics, writes } = pods[index % pods.length]!;
      const failed = isBad(request);
      writes.record(failed ? 500 : 201, 0.02);
      metrics.tenants.record(request.tenant, failed);
      metrics.warehouses.record(request.warehouse, failed);
    });
    fed.now += 1_000;
    store.updatePods(
      names.map((name) => ({
        name,
        templateHash: 'one',
        createdAt: null,
        ready: true,
        address: null,
      })),
      fed.now,
    );
    for (const [index, { address }] of pods.entries()) {
      store.recordScrape(names[index]!, fed.now, await scrape(address, 2_000));
    }
    store.recordProbe(fed.now - 500, true);
    store.recordProbe(fed.now, true);
    fed.monitor.evaluate(fed.now);
  }
  return fed;
}

/** A hundred requests of fifty tenants in four warehouses; three of them by a small tenant. */
const requests = (second: number): Request[] =>
  Array.from({ length: 100 }, (_, index) => ({
    tenant: index % 33 === 0 ? 'small' : `tenant-${(index * 7 + second) % 50}`,
    warehouse: ['north', 'south', 'east', 'west'][(index * 3 + second) % 4]!,
  }));

describe('one bad tenant', () => {
  test('is named with all its failures, and nobody else has any', async () => {
    const fed = await watch(requests, ({ tenant }) => tenant === 'small', 20);
    expect(fed.states()[1]).toBe('breached');
    const { tenants = [], warehouses = [] } = fed.health();
    expect(tenants[0]?.name).toBe('small');
    expect(tenants[0]?.errors).toBe(tenants[0]?.requests);
    expect(tenants.slice(1).every(({ errors }) => errors === 0)).toBe(true);
    // It works in every warehouse: none stands out.
    expect(new Set(warehouses.filter(({ errors }) => errors > 0)).size).toBeGreaterThan(1);
  });
});

describe('one bad warehouse', () => {
  test('is named with all its failures, which hit many tenants', async () => {
    const fed = await watch(requests, ({ warehouse }) => warehouse === 'north', 20);
    const { warehouses = [], writes } = fed.health();
    expect(warehouses[0]).toEqual({
      name: 'north',
      requests: warehouses[0]?.requests,
      errors: warehouses[0]?.requests,
    });
    expect(warehouses[0]?.errors).toBe(writes?.errors);
    expect(warehouses.slice(1).every(({ errors }) => errors === 0)).toBe(true);
  });
});

describe('failures of everybody', () => {
  test('point at nobody', async () => {
    let count = 0;
    const fed = await watch(requests, () => (count += 1) % 10 === 0, 20);
    const { tenants = [], warehouses = [], writes } = fed.health();
    expect(writes?.errors).toBeGreaterThan(0);
    for (const { errors } of [...tenants.filter(({ name }) => name !== '(other)'), ...warehouses]) {
      expect(errors).toBeLessThan((writes?.errors ?? 0) / 2);
    }
  });
});
