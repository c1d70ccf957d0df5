import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startService } from '../support/service-process.js';
import type { ServiceProcess } from '../support/service-process.js';

// monitoring-api as it is started, with a cluster that never answers.

let folder: string;
let monitoring: ServiceProcess;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'monitoring-process-'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  // JSON is YAML.
  const content = {
    clusters: [{ name: 'none', cluster: { server: 'http://127.0.0.1:1' } }],
    users: [{ name: 'nobody', user: {} }],
    contexts: [{ name: 'none', context: { cluster: 'none', user: 'nobody' } }],
    'current-context': 'none',
  };
  await writeFile(kubeconfig, JSON.stringify(content));
  monitoring = await startService('monitoring-api', {
    KUBECONFIG: kubeconfig,
    SHUTDOWN_DRAIN_MS: '0',
  });
}, 30_000);
afterAll(async () => {
  await monitoring.terminate();
  await rm(folder, { recursive: true });
});

const families = async (place: string): Promise<string[]> => {
  const text = await (await fetch(monitoring.url + place)).text();
  return [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name ?? '');
};

test('tells of itself in one place and of the services in another', async () => {
  const itself = await families('/metrics');
  const services = await families('/monitoring/metrics');
  expect(itself).toEqual(
    expect.arrayContaining(['http_requests_total', 'process_resident_memory_bytes']),
  );
  expect(services).toEqual(
    expect.arrayContaining(['service_requests_total', 'service_backlog_limit_seconds']),
  );
  expect(services.filter((name) => itself.includes(name))).toEqual([]);
});

test('says of a cluster that it cannot ask that nothing is proven, and why', async () => {
  const health = await fetch(`${monitoring.url}/monitoring/health?service=outbound`);
  expect(await health.json()).toMatchObject({
    status: 'unproven',
    services: [
      {
        reason: expect.stringMatching(/^not proven: latency-p95 \(no pod found\), error-rate \(/),
        modes: null,
        backlog: { oldestSeconds: null, limitSeconds: 300 },
      },
    ],
  });
});
