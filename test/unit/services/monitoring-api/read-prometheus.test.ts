import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ScrapeOutcome } from '../../../../services/monitoring-api/metrics-source.js';
import { counterAt } from '../../../../services/monitoring-api/parse-exposition.js';
import { prometheusSource } from '../../../../services/monitoring-api/read-prometheus.js';

let answer: { status: number; body: string };
let asked: URL | undefined;
const server = createServer((request, response) => {
  asked = new URL(request.url ?? '/', 'http://prometheus');
  response.writeHead(answer.status).end(answer.body);
});
beforeEach(async () => {
  answer = { status: 200, body: '' };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.close();
  await once(server, 'close');
});

const open = () =>
  prometheusSource({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    service: 'billing',
    oldest: 'billing_oldest_seconds',
    timeoutMs: 1_000,
    maxAgeMs: 15_000,
  });

async function read(source = open()): Promise<Map<string, ScrapeOutcome>> {
  const told = new Map<string, ScrapeOutcome>();
  const pods = ['one', 'two'].map((name) => ({
    name,
    templateHash: 'a',
    createdAt: null,
    ready: true,
    address: null,
  }));
  await source.read(pods, (pod, reading) => told.set(pod, reading));
  return told;
}

const line = (pod: string, status: number, value: number, at: number): string =>
  `http_requests_total{kind="read",method="GET",pod="${pod}",route="/x",service="billing",status="${status}"} ${value} ${at}\n`;

test('each pod gets its own counters, dated by the scrape of Prometheus', async () => {
  const at = Date.now() - 2_000;
  answer.body = `# TYPE http_requests_total untyped\n${line('one', 200, 7, at)}${line('one', 500, 3, at)}${line('two', 200, 5, at - 1)}`;

  const told = await read();

  expect(asked?.pathname).toBe('/federate');
  expect(asked?.searchParams.get('match[]')).toContain('service="billing"');
  const one = told.get('one') as Extract<ScrapeOutcome, { at: number }>;
  expect(one.at).toBe(at);
  expect(one.sample.counters[counterAt.reads]).toBe(10);
  expect(one.sample.counters[counterAt.readErrors]).toBe(3);
  expect(told.get('two')).toMatchObject({ at: at - 1 });
});

test('a scrape is told once, however often it is asked for', async () => {
  const source = open();
  answer.body = line('one', 200, 7, Date.now());
  expect((await read(source)).has('one')).toBe(true);
  expect((await read(source)).has('one')).toBe(false);
});

test('a pod that Prometheus does not see, or saw too long ago, is unknown', async () => {
  answer.body = line('two', 200, 7, Date.now() - 60_000);
  const told = await read();
  expect(told.get('one')).toEqual({ failure: 'Prometheus has no counters of it' });
  expect(told.get('two')).toEqual({ failure: 'Prometheus last scraped it 60 s ago' });
});

test('a Prometheus that does not answer leaves every pod unknown, and says why', async () => {
  answer = { status: 503, body: 'starting' };
  const told = await read();
  expect([...told.values()]).toEqual([
    { failure: 'could not ask Prometheus: /federate answered 503' },
    { failure: 'could not ask Prometheus: /federate answered 503' },
  ]);
});
