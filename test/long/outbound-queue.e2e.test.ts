import type { V1Deployment } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import postgres from 'postgres';
import { databaseUrl } from '../../deploy/local/state-folder.js';
import type { Accepted, Received } from '../support/crash/delivery-faults.js';
import { deliveryFaults } from '../support/crash/delivery-faults.js';
import { eventually } from '../support/eventually.js';
import { postOrder } from '../support/post-order.js';
import type { TestStack } from '../support/stack.js';
import { openTestStack } from '../support/stack.js';

jest.setTimeout(300_000);

let stack: TestStack;
beforeAll(async () => {
  stack = await openTestStack({ name: 'outbound-queue' });
}, 30 * 60_000);
afterAll(async () => {
  await stack.close();
});
beforeEach(async () => {
  await scaleDownstream(1);
  await stack.untilCalm();
});

/** Through the Service proxy, one after another. @throws Error when an order is not accepted. */
async function acceptOrders(tenantId: string, count: number): Promise<Accepted[]> {
  const accepted: Accepted[] = [];
  for (let number = 0; number < count; number += 1) {
    const reference = `${tenantId}-${number}`;
    const response = await postOrder(stack.world.info.urls.services['outbound']!, {
      tenantId,
      reference,
    });
    if (response.status !== 202) {
      throw new Error(`order ${reference}: ${response.status} ${await response.text()}`);
    }
    accepted.push({ id: ((await response.json()) as { id: string }).id, reference });
  }
  return accepted;
}

async function json<T>(url: string, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) });
  return (await response.json()) as T;
}

async function received(tenantId: string): Promise<Received[]> {
  const { downstream } = stack.world.info.urls;
  return (await json<{ orders: Received[] }>(`${downstream}/orders?tenantId=${tenantId}&limit=200`))
    .orders;
}

async function untilReceived(tenantId: string, count: number, withinMs: number): Promise<void> {
  await eventually(
    `${count} orders of ${tenantId} are received`,
    async () => ((await received(tenantId)).length >= count ? true : undefined),
    withinMs,
  );
}

interface TenantQueue {
  readonly waiting: number;
  readonly inHand: number;
  readonly dead: number;
}

async function readQueue(tenantId: string): Promise<TenantQueue | undefined> {
  const { info, secrets } = stack.world;
  const { tenants } = await json<{ tenants: TenantQueue[] }>(
    `${info.urls.services['outbound']!}/outbound/queue?tenantId=${tenantId}`,
    { authorization: `Bearer ${secrets.serviceToken}` },
  );
  return tenants[0];
}

interface Health {
  readonly status: string;
  /** `from`: since when the reading counts. */
  readonly sloStatuses: readonly { readonly from: string }[];
}

/** Of the outbound service, as monitoring sees it. */
function readHealth(): Promise<Health> {
  return json(`${stack.world.info.urls.monitoringApi}/monitoring/health?service=outbound`);
}

const deployment = '/apis/apps/v1/namespaces/downstream/deployments/downstream';

async function scaleDownstream(replicas: number): Promise<void> {
  await changeDownstream({ replicas });
  await untilDownstream(replicas > 0);
}

/** A new revision, as any release is. */
async function setErrorRate(value: string): Promise<void> {
  const env = [{ name: 'FAULT_ERROR_RATE', value }];
  await changeDownstream({ template: { spec: { containers: [{ name: 'downstream', env }] } } });
  await untilDownstream(value === '0');
}

/** Until only pods of the new specification are left: one that is ending answers those it knows until it is gone. */
async function changeDownstream(spec: object): Promise<void> {
  const { metadata } = (await stack.world.kube.raw.patch(
    deployment,
    { spec },
    'application/strategic-merge-patch+json',
    { fieldManager: 'test' },
  )) as V1Deployment;
  await eventually(
    'the change is rolled out',
    async () => {
      const { apps, core } = stack.world.kube;
      const at = { namespace: 'downstream' };
      const { spec, status } = await apps.readNamespacedDeployment({ name: 'downstream', ...at });
      const { items } = await core.listNamespacedPod(at);
      const isNew = (status?.observedGeneration ?? 0) >= metadata!.generation!;
      const updated = status?.updatedReplicas ?? 0;
      return isNew && updated === spec!.replicas && items.length === updated ? true : undefined;
    },
    60_000,
  );
}

async function untilDownstream(answers: boolean): Promise<void> {
  await eventually(
    `the downstream ${answers ? 'answers' : 'is down'}`,
    async () => {
      const ok = await fetch(`${stack.world.info.urls.downstream}/orders?limit=1`, {
        signal: AbortSignal.timeout(2_000),
      }).then(
        (response) => response.ok,
        () => false,
      );
      return ok === answers ? true : undefined;
    },
    60_000,
  );
}

test('orders accepted through the Service arrive downstream, each once', async () => {
  const accepted = await acceptOrders('arrives', 50);

  await untilReceived('arrives', 50, 30_000);
  expect(deliveryFaults(accepted, await received('arrives'))).toEqual([]);
});

test('while the downstream has no replica orders are accepted and wait, the service stays healthy, people are told, and all arrive afterwards', async () => {
  await scaleDownstream(0);
  const outageSince = Date.now();
  const accepted = await acceptOrders('waits', 100);
  const seen = new Set<string>();
  await eventually('every objective is judged by the time of the outage alone', async () => {
    const { status, sloStatuses } = await readHealth();
    seen.add(status);
    const isJudged = sloStatuses.every(({ from }) => Date.parse(from) >= outageSince);
    return isJudged ? true : undefined;
  });
  expect([...seen]).toEqual(['ok']);
  const { waiting, inHand, dead } = (await readQueue('waits'))!;
  expect([waiting + inHand, dead]).toEqual([100, 0]);

  await eventually(
    'people are told that orders wait, and why',
    async () => {
      const url = stack.world.info.urls.monitoringApi;
      const { active } = await json<{ active: { alertname: string; state: string }[] }>(
        `${url}/monitoring/alerts?service=outbound`,
      );
      const { signals } = await json<{ signals: { message: string | null }[] }>(
        `${url}/monitoring/signals?service=outbound`,
      );
      const isTold = active.some(
        ({ alertname, state }) => alertname === 'BacklogTooOld' && state === 'firing',
      );
      const isExplained = signals.some(({ message }) =>
        /circuit breaker opens/.test(message ?? ''),
      );
      return isTold && isExplained ? true : undefined;
    },
    60_000,
  );

  await scaleDownstream(1);
  await untilReceived('waits', 100, 120_000);
  expect(deliveryFaults(accepted, await received('waits'))).toEqual([]);
  expect((await readHealth()).status).toBe('ok');
});

/** As the runbook has it. */
const retryCommand = `curl -X POST "\${OUTBOUND_API_URL}/outbound/retry" \\
  -H "Authorization: Bearer \${SERVICE_TOKEN}" \\
  -d '{"tenantId":"'"\${TENANT_ID}"'","force":true,"maxAttempts":3,"backoffMs":5000}'`;

test("the runbook's own command sends what a bad release downstream has left, dead letters too", async () => {
  const { info, secrets } = stack.world;
  await setErrorRate('1');
  const accepted = await acceptOrders('retried', 20);
  await giveUp(accepted.slice(0, 2));
  await setErrorRate('0');

  const retry = await eventually(
    'the retry may begin',
    async () => {
      const { stdout } = await execa('bash', ['-c', retryCommand], {
        env: {
          OUTBOUND_API_URL: info.urls.services['outbound'],
          SERVICE_TOKEN: secrets.serviceToken,
          TENANT_ID: 'retried',
        },
      });
      const answer = JSON.parse(stdout) as { id?: string; orders?: number };
      return answer.id === undefined ? undefined : answer;
    },
    120_000,
  );

  expect(retry.orders).toBeGreaterThanOrEqual(2);
  await untilReceived('retried', 20, 60_000);
  expect(deliveryFaults(accepted, await received('retried'))).toEqual([]);
  // Received is not yet settled.
  await eventually('nothing of it waits', async () =>
    (await readQueue('retried')) === undefined ? true : undefined,
  );
});

/** What eight refusals would do. */
async function giveUp(orders: readonly Accepted[]): Promise<void> {
  const { info, secrets } = stack.world;
  const sql = postgres(databaseUrl(info.databaseAddress, secrets.databasePassword, 'outbound'), {
    max: 1,
    onnotice: () => undefined,
  });
  try {
    const given = await sql`
      update outbound.orders set status = 'dead', locked_until = null
      where id = any(${orders.map(({ id }) => id)}::uuid[]) and status = 'accepted'`;
    expect(given.count).toBe(orders.length);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
