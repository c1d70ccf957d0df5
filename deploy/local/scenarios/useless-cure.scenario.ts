import postgres from 'postgres';
import { databaseUrl } from '../state-folder.js';
import { release, untilRolledOut } from './release.js';
import { target, type DrillWorld, type Scenario } from './scenario.js';

export const uselessCure: Scenario = {
  name: 'useless-cure',
  title: 'an innocent release, and at the same time a lock in the database that fails requests',
  service: target.service,
  async cause(world) {
    await release(world.kube, { version: '1.1', env: {} });
    await untilRolledOut(world.kube);
    return lockTable(world);
  },
};

/** Somebody's forgotten transaction: every request that touches stock waits for it in vain. */
async function lockTable({ info, secrets }: DrillWorld): Promise<() => Promise<void>> {
  const url = databaseUrl(info.databaseAddress, secrets.databasePassword, 'inventory');
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  const session = await sql.reserve();
  await session`begin`;
  await session`lock table inventory.items in access exclusive mode`;
  return async () => {
    await session`rollback`;
    session.release();
    await sql.end({ timeout: 2 });
  };
}
