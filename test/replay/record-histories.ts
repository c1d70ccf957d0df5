import { mkdir, writeFile } from 'node:fs/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { health } from '../support/facts.js';
import type { IncidentDriver } from '../support/incident-driver.js';
import { driveIncident } from '../support/incident-driver.js';
import { serveTemporal } from '../support/temporal.js';
import { World } from '../support/world.js';

/**
 * Not a test: `npm run record:histories` runs this to record one history per way an incident can go. Record anew only
 * together with a change that is not compatible on purpose; the histories of released versions stay.
 */
jest.setTimeout(60_000);

const temporal = serveTemporal();

const folder = new URL('histories/', import.meta.url);

async function record(name: string, workflowId: string): Promise<void> {
  const history = await temporal().client.workflow.getHandle(workflowId).fetchHistory();
  const workflow = workflowId.split(':')[0] === 'act' ? 'action' : 'incident';
  await mkdir(new URL(`${workflow}/`, folder), { recursive: true });
  await writeFile(new URL(`${workflow}/${name}.json`, folder), historyToJSON(history));
}

async function play(
  name: string,
  world: World,
  course: (incident: IncidentDriver) => Promise<void>,
  changes?: Parameters<typeof driveIncident>[2],
): Promise<void> {
  const incident = await driveIncident(temporal(), world, changes);
  await incident.while(() => course(incident));
  await record(name, incident.workflowId);
  if (world.applied.length > 0) await record(name, incident.actionId);
}

test('recovered', async () => {
  await play('recovered', new World(), async (incident) => {
    await (await incident.fire()).result();
  });
});

test('false-alarm', async () => {
  const world = new World();
  world.health = health();
  await play('false-alarm', world, async (incident) => {
    await (await incident.fire()).result();
  });
});

test('approved-after-escalation', async () => {
  await play(
    'approved-after-escalation',
    new World(),
    async (incident) => {
      const handle = await incident.fire();
      const { question } = await incident.see('sre', (view) => view.question?.role === 'sre');
      await incident.decide(question!.answers[0]!);
      await handle.result();
    },
    (policy) => {
      policy.runbooks.rollback.approval = 'required';
      policy.decide.tiers[0]!.within = 200;
    },
  );
});

test('not-recovered-and-taken-back', async () => {
  const world = new World();
  world.verdict = 'not-recovered';
  await play('not-recovered-and-taken-back', world, async (incident) => {
    const handle = await incident.fire();
    const { question } = await incident.see('the question', (view) => view.question !== null);
    await incident.decide({ stepId: question!.stepId, decision: 'close' });
    await handle.result();
  });
});

test('aborted-during-rollout', async () => {
  const world = new World();
  await play('aborted-during-rollout', world, async (incident) => {
    const handle = await incident.fire();
    world.rolloutMayEnd = false;
    await eventually('the change', () => world.applied[0]);
    await incident.decide({ decision: 'abort' });
    await eventually('the undo', () => world.applied[1]);
    world.rolloutMayEnd = true;
    await handle.result();
  });
});

test('unanswered', async () => {
  await play(
    'unanswered',
    new World(),
    async (incident) => {
      await expect((await incident.fire()).result()).resolves.toBeDefined();
    },
    (policy) => {
      policy.runbooks.rollback.approval = 'required';
      policy.decide.tiers = [{ role: 'on-call', within: 200 }];
    },
  );
});
