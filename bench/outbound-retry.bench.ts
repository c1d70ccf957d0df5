import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../deploy/local/ports.js';
import { openDatabase } from '../services/shared/storage/database.js';
import type { Database } from '../services/shared/storage/database.js';
import type { Benchmark, Measurement } from './benchmark.js';
import { serveJson } from './engine/serve-json.js';
import { startPostgres } from './engine/start-postgres.js';
import { startProcess } from './engine/start-process.js';
import { interleave } from './interleave.js';
import { median, pairedRatio } from './statistics.js';

const rounds = 9;
const ordersPerSample = 1_000;
/** What one process of outbound-api has in hand at most. */
const concurrency = 16;
const finishedWithinMs = 120_000;
const token = 'bench';
const tenantId = 'bench';
const lines = [{ sku: 'SKU-0001', quantity: 1 }];
const compiled = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** Dead letters delivered a second after `POST /outbound/retry`, to a loop without any queue that posts as many orders
 *  to the same downstream. */
export const retryThroughput: Benchmark = {
  id: 'outbound.retry-throughput',
  unit: 'ratio',
  target: 0.5,
  better: 'higher',
  async measure() {
    const cleanUps: (() => unknown)[] = [];
    try {
      return await measureWith((cleanUp) => cleanUps.unshift(cleanUp));
    } finally {
      for (const cleanUp of cleanUps) await cleanUp();
    }
  },
};

async function measureWith(later: (cleanUp: () => unknown) => void): Promise<Measurement> {
  const postgres = await startPostgres();
  later(() => postgres.stop());
  // Stands for monitoring-api, which a retry asks first: all is well.
  const monitoring = await serveJson(() => ({ status: 'ok', sloStatuses: [] }));
  later(() => {
    monitoring.close();
  });
  const common = { PATH: '', LOG_LEVEL: 'error' };
  const [downstreamPort = 0, outboundPort = 0] = await freePorts(2);
  const downstream = await startProcess(
    compiled('deploy/local/downstream/main.js'),
    downstreamPort,
    { ...common, DATABASE_URL: postgres.url('downstream') },
  );
  later(downstream.stop);
  const outbound = await startProcess(compiled('services/outbound-api/main.js'), outboundPort, {
    ...common,
    DATABASE_URL: postgres.url('outbound'),
    DOWNSTREAM_URL: downstream.url,
    MONITORING_URL: monitoring.url,
    SERVICE_TOKEN: token,
  });
  later(outbound.stop);
  const database = openDatabase(postgres.url('outbound'), {
    schema: 'outbound',
    name: 'bench',
    max: 1,
    statementTimeoutMs: 60_000,
  });
  later(() => database.end({ timeout: 1 }));

  const loop = (): Promise<number> => ordersPerSecondOfLoop(downstream.url);
  const values = await interleave(
    { loop, control: loop, retry: () => ordersPerSecondOfRetry(database, outbound.url) },
    rounds,
  );
  const ratio = pairedRatio(values.retry, values.loop);
  return {
    value: ratio.median,
    peers: {
      'retry, orders a second': median(values.retry),
      'loop without a queue, orders a second': median(values.loop),
    },
    rounds,
    spread: [ratio.min, ratio.max],
    control: pairedRatio(values.control, values.loop),
  };
}

async function ordersPerSecondOfLoop(downstreamUrl: string): Promise<number> {
  const startedAt = performance.now();
  let left = ordersPerSample;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left > 0) {
        left -= 1;
        await post(downstreamUrl);
      }
    }),
  );
  return (ordersPerSample * 1_000) / (performance.now() - startedAt);
}

async function post(downstreamUrl: string): Promise<void> {
  const response = await fetch(`${downstreamUrl}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ tenantId, warehouseId: 'north', reference: 'bench', lines }),
  });
  await response.body?.cancel();
  if (response.status !== 201) throw new Error(`could not post order: ${response.status}`);
}

interface RetryProgress {
  readonly id: string;
  readonly status: string;
  readonly delivered: number;
  /** ISO 8601: when its last order was settled. */
  readonly finishedAt: string | null;
}

/** From just before the retry is asked for until its last order is settled: one machine, one clock. */
async function ordersPerSecondOfRetry(database: Database, outboundUrl: string): Promise<number> {
  await database`
    insert into orders (tenant_id, warehouse_id, reference, lines, status, attempts, created_at)
    select ${tenantId}, 'north', 'bench', ${JSON.stringify(lines)}::text::jsonb, 'dead', 8,
      now() - interval '1 hour'
    from generate_series(1, ${ordersPerSample})`;
  const postedAt = Date.now();
  const { id } = await ask(`${outboundUrl}/outbound/retry`, {
    method: 'POST',
    body: JSON.stringify({ tenantId, force: true, maxAttempts: 3, backoffMs: 100 }),
  });
  for (;;) {
    // Seldom, so that the question does not slow the answer.
    await sleep(100);
    const progress = await ask(`${outboundUrl}/outbound/retries/${id}`);
    if (progress.finishedAt !== null) {
      if (progress.delivered !== ordersPerSample) {
        throw new Error(`could not deliver every order of a retry: ${JSON.stringify(progress)}`);
      }
      return (ordersPerSample * 1_000) / (Date.parse(progress.finishedAt) - postedAt);
    }
    if (Date.now() - postedAt > finishedWithinMs) {
      throw new Error(`could not finish a retry in time: ${JSON.stringify(progress)}`);
    }
  }
}

async function ask(url: string, init: RequestInit = {}): Promise<RetryProgress> {
  const response = await fetch(url, { ...init, headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) {
    throw new Error(`could not ask ${url}: ${response.status} ${await response.text()}`);
  }
  return (await response.json()) as RetryProgress;
}
