import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import { startPostgres } from '../support/postgres.js';
import { recordingsFolder } from '../support/recorded-scrapes.js';
import type { RecordedScrapes } from '../support/recorded-scrapes.js';
import { startService } from '../support/service-process.js';
import type { ServiceProcess } from '../support/service-process.js';

/*
 * Not a test: `npm run record:scrapes` runs this to record what real processes of a service expose, second by second,
 * while a bad release comes, dies once, cannot be scraped for a while and is rolled back.
 */
jest.setTimeout(300_000);

const wanted =
  /^((?:http_requests_total|http_request_duration_seconds_bucket(?=.*le="(?:0\.5|\+Inf)"))\{.*\}) (\S+)$/gm;

test('record a bad release and its rollback', async () => {
  const postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase('recorded');
  const start = (faults: Readonly<Record<string, string>>) =>
    startService('inventory-api', { DATABASE_URL: databaseUrl, FAULTS_ENABLED: 'true', ...faults });
  const bad = { FAULT_ERROR_RATE: '0.4', FAULT_LATENCY_MS: '100', FAULT_LATENCY_JITTER_MS: '900' };

  const ticks: { pods: string[]; probe: boolean }[] = [];
  const series = new Map<string, { pod: string; line: string; values: (number | null)[] }>();
  const live = async (
    seconds: number,
    pod: string,
    { url }: ServiceProcess,
    { hidden = false }: { hidden?: boolean } = {},
  ): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      const dueAt = performance.now() + 1_000;
      for (let request = 0; request < 30; request += 1) {
        void fetch(`${url}/inventory/items?warehouseId=north&limit=1`, {
          headers: { 'x-tenant-id': 'acme' },
        }).then(
          (response) => response.arrayBuffer(),
          () => undefined,
        );
        await sleep(Math.max(0, dueAt - 1_000 + request * 30 - performance.now()));
      }
      const text = hidden ? '' : await (await fetch(`${url}/metrics`)).text();
      for (const [, line = '', value] of text.matchAll(wanted)) {
        const key = `${pod} ${line}`;
        const one = series.get(key) ?? { pod, line, values: [] };
        series.set(key, one);
        while (one.values.length < ticks.length) one.values.push(null);
        one.values.push(Number(value));
      }
      ticks.push({ pods: [pod], probe: (await fetch(`${url}/readyz`)).ok });
      await sleep(Math.max(0, dueAt - performance.now()));
    }
  };

  const first = await start({});
  await live(20, 'inventory-api-abc12-pod1', first);
  const second = await start(bad);
  await live(12, 'inventory-api-def34-pod2', second);
  await second.kill();
  const again = await start(bad);
  await live(8, 'inventory-api-def34-pod2', again);
  await live(10, 'inventory-api-def34-pod2', again, { hidden: true });
  await live(5, 'inventory-api-def34-pod2', again);
  const third = await start({});
  await live(75, 'inventory-api-abc12-pod3', third);

  await Promise.all([first, again, third].map((service) => service.terminate()));
  await postgres.stop();
  const recorded: RecordedScrapes = { ticks, series: [...series.values()] };
  await mkdir(recordingsFolder, { recursive: true });
  await writeFile(
    new URL('bad-release.json', recordingsFolder),
    `{"ticks":[${recorded.ticks.map((one) => JSON.stringify(one)).join(',\n')}],\n"series":[${recorded.series
      .map((one) => JSON.stringify(one))
      .join(',\n')}]}\n`,
  );
  expect(ticks).toHaveLength(130);
});
