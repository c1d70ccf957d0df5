import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.js';
import { orderLines, postOrder } from '../post-order.js';
import type { CrashPlan, KillInstant, PlannedKill, PlannedRetry } from './crash-plan.js';
import { crashPlan, dispatcherCount, killInstants } from './crash-plan.js';
import type { Accepted, Received } from './delivery-faults.js';
import { deliveryFaults } from './delivery-faults.js';
import type { DeliveryStage } from './delivery-gate.js';
import type { DispatcherFleet } from './dispatcher-fleet.js';

export interface CrashRound {
  /** Empty when nothing was lost, nothing doubled, and the queue is empty. */
  readonly faults: readonly string[];
  /** Processes that were killed, by the instant. */
  readonly kills: Readonly<Record<KillInstant, number>>;
  /** Deliveries of an order that the downstream had already taken. */
  readonly repeats: number;
  /** Answers to `POST /outbound/retry`, by status; 0: none, the process was killed. */
  readonly retries: Readonly<Record<number, number>>;
}

const deliveredWithinMs = 120_000;

/** One round: orders come in while processes are killed and retries asked for, then everything has to arrive. */
export async function playRound(fleet: DispatcherFleet, seed: number): Promise<CrashRound> {
  const plan = crashPlan(seed);
  const tenantOf = (tenant: number): string => `tenant-${seed}-${tenant}`;
  const deadLetters = await insertDeadLetters(fleet, seed, plan, tenantOf);
  const killer = startKiller(fleet, plan.kills);
  const retries: Record<number, number> = {};
  const retry = async (wish: PlannedRetry): Promise<void> => {
    const status = await askForRetry(fleet, tenantOf(wish.tenant), wish);
    retries[status] = (retries[status] ?? 0) + 1;
  };

  const [accepted] = await Promise.all([
    Promise.all(
      plan.orders.map(async ({ tenant, afterMs }, index) => {
        await sleep(afterMs);
        return accept(fleet, tenantOf(tenant), { reference: `${seed}-${index}`, index });
      }),
    ),
    Promise.all(
      plan.retries.map(async (wish) => {
        await sleep(wish.afterMs);
        await retry(wish);
      }),
    ),
    plan.outage !== null &&
      sleep(plan.outage.afterMs).then(() => fleet.crashDownstream(plan.outage!.downForMs)),
  ]);

  const tenants = [0, 1, 2, 3].map(tenantOf);
  const isEmpty = await untilEmpty(fleet, tenants, (tenant) =>
    retry({ tenant, dispatcher: 0, force: true, maxAttempts: 3, backoffMs: 100, afterMs: 0 }),
  );
  const kills = await killer.stop();
  const received = (await Promise.all(tenants.map((tenant) => readReceived(fleet, tenant)))).flat();
  const strange = Object.keys(retries).filter(
    (status) => !['0', '200', '202', '409'].includes(status),
  );
  return {
    faults: [
      ...deliveryFaults([...deadLetters, ...accepted], received),
      ...(isEmpty
        ? []
        : [`the queue is not empty: ${JSON.stringify(await undelivered(fleet, tenants))}`]),
      ...strange.map((status) => `a retry was answered ${status}`),
    ],
    kills,
    repeats: killer.repeats(),
    retries,
  };
}

/** Orders that were given up before: only a retry with force brings them back. */
async function insertDeadLetters(
  { database }: DispatcherFleet,
  seed: number,
  plan: CrashPlan,
  tenantOf: (tenant: number) => string,
): Promise<Accepted[]> {
  return Promise.all(
    plan.deadLetters.map(async ({ tenant }, index) => {
      const reference = `${seed}-dead-${index}`;
      const [row] = await database<[{ id: string }]>`
        insert into orders (tenant_id, warehouse_id, reference, lines, status, attempts)
        values (${tenantOf(tenant)}, 'north', ${reference},
          ${JSON.stringify(orderLines)}::text::jsonb, 'dead', 8)
        returning id`;
      return { id: row.id, reference };
    }),
  );
}

/** As a caller does: the same key again and again, wherever somebody answers, until the order is accepted. */
function accept(
  fleet: DispatcherFleet,
  tenantId: string,
  { reference, index }: { readonly reference: string; readonly index: number },
): Promise<Accepted> {
  let attempt = index;
  return eventually(
    `order ${reference} is accepted`,
    async () => {
      attempt += 1;
      const url = fleet.urlOf(attempt % dispatcherCount);
      if (url === null) return undefined;
      const response = await postOrder(url, { tenantId, reference });
      if (response.status !== 202) throw new Error(`answered ${response.status}`);
      const { id } = (await response.json()) as { id: string };
      return { id, reference };
    },
    60_000,
  );
}

/** @returns the status, 0 when there was no answer. */
async function askForRetry(
  fleet: DispatcherFleet,
  tenantId: string,
  { dispatcher, force, maxAttempts, backoffMs }: PlannedRetry,
): Promise<number> {
  const url = fleet.urlOf(dispatcher);
  if (url === null) return 0;
  return fetch(`${url}/outbound/retry`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fleet.serviceToken}` },
    body: JSON.stringify({ tenantId, force, maxAttempts, backoffMs }),
    signal: AbortSignal.timeout(10_000),
  }).then(
    ({ status }) => status,
    () => 0,
  );
}

interface Killer {
  repeats(): number;
  /** Kills no more; resolves when all are back, with the number of those killed. */
  stop(): Promise<Record<KillInstant, number>>;
}

const stageOf: Readonly<Partial<Record<KillInstant, DeliveryStage>>> = {
  lost: 'arrived',
  arrived: 'arrived',
  taken: 'taken',
  answered: 'answered',
};

function startKiller(fleet: DispatcherFleet, planned: readonly PlannedKill[]): Killer {
  const pending = new Set(planned);
  const crashes: Promise<void>[] = [];
  const killed = Object.fromEntries(killInstants.map((instant) => [instant, 0])) as Record<
    KillInstant,
    number
  >;
  const passed = { arrived: 0, taken: 0, answered: 0 };
  const taken: string[] = [];
  const strike = (kill: PlannedKill, dispatcher: number): void => {
    // Nobody can be killed twice.
    if (fleet.urlOf(dispatcher) === null) return;
    pending.delete(kill);
    killed[kill.instant] += 1;
    crashes.push(fleet.crash(dispatcher, kill.downForMs));
  };

  fleet.listen((dispatcher, stage, key) => {
    if (stage === 'taken') taken.push(key);
    passed[stage] += 1;
    const due = [...pending].find(
      (kill) => stageOf[kill.instant] === stage && passed[stage] >= kill.delivery,
    );
    if (due === undefined) return 'go on';
    strike(due, dispatcher);
    return due.instant === 'lost' ? 'lose' : 'go on';
  });
  const timers = planned
    .filter(({ instant }) => instant === 'any')
    .map((kill) => setTimeout(strike, kill.afterMs, kill, kill.dispatcher));

  return {
    repeats: () => taken.length - new Set(taken).size,
    async stop() {
      timers.forEach(clearTimeout);
      pending.clear();
      await Promise.all(crashes);
      fleet.listen(() => 'go on');
      return killed;
    },
  };
}

/** Asks for a retry of every tenant with dead letters, as long as there are some. @returns false when time is up. */
async function untilEmpty(
  fleet: DispatcherFleet,
  tenants: readonly string[],
  retry: (tenant: number) => Promise<void>,
): Promise<boolean> {
  const deadline = Date.now() + deliveredWithinMs;
  for (;;) {
    const left = await undelivered(fleet, tenants);
    if (left.length === 0) return true;
    if (Date.now() > deadline) return false;
    const buried = left.filter(({ status }) => status === 'dead').map(({ tenantId }) => tenantId);
    for (const tenantId of new Set(buried)) await retry(tenants.indexOf(tenantId));
    await sleep(500);
  }
}

interface Undelivered {
  readonly tenantId: string;
  readonly reference: string;
  readonly status: string;
  readonly attempts: number;
}

function undelivered(
  { database }: DispatcherFleet,
  tenants: readonly string[],
): Promise<Undelivered[]> {
  return database<Undelivered[]>`
    select tenant_id as "tenantId", reference, status, attempts from orders
    where tenant_id = any(${[...tenants]}::text[]) and status <> 'delivered'`;
}

async function readReceived(
  { downstreamUrl }: DispatcherFleet,
  tenantId: string,
): Promise<Received[]> {
  // One page holds more than a round makes.
  const response = await fetch(`${downstreamUrl}/orders?tenantId=${tenantId}&limit=200`);
  return ((await response.json()) as { orders: Received[] }).orders;
}
