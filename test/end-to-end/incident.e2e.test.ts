import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { badRelease } from '../../deploy/local/scenarios/bad-release.scenario.js';
import { falseAlarm } from '../../deploy/local/scenarios/false-alarm.scenario.js';
import { hungPods } from '../../deploy/local/scenarios/hung-pods.scenario.js';
import { uselessCure } from '../../deploy/local/scenarios/useless-cure.scenario.js';
import { eventually } from '../support/eventually.js';
import type { TestStack } from '../support/stack.js';
import { openTestStack } from '../support/stack.js';

jest.setTimeout(300_000);

let stack: TestStack;
beforeAll(async () => {
  stack = await openTestStack({ name: 'end-to-end' });
}, 30 * 60_000);
afterAll(async () => {
  await stack.close();
});
beforeEach(async () => {
  await stack.untilCalm();
});

const deployment = 'inventory-api';
/** What the operator's mutations leave on the object. */
const mutationMark = 'durable-runbooks.io/mutation';

describe('the operator, on a real cluster under real traffic', () => {
  test('closes a false alarm without any mutation', async () => {
    const before = await stack.deployment(deployment);
    const since = Date.now();
    const end = await falseAlarm.cause(stack.world);
    const incident = await stack.untilClosed(await stack.untilOpened('inventory', since));
    await end();

    expect(incident.outcome).toBe('false-alarm');
    expect(await stack.deployment(deployment)).toEqual(before);
  });

  test('restarts hung pods when there was no recent release, and does not roll back', async () => {
    const before = await stack.deployment(deployment);
    const since = Date.now();
    const end = await hungPods.cause(stack.world);
    const incident = await stack.untilClosed(await stack.untilOpened('inventory', since));
    await end();

    expect(incident.outcome).toBe('recovered');
    expect(incident.incident.runbook).toBe('restart');
    const after = await stack.deployment(deployment);
    expect(after.generation).toBe(before.generation + 1);
    expect(after.template).toMatchObject({
      metadata: {
        annotations: { 'kubectl.kubernetes.io/restartedAt': expect.stringMatching(/^\d{4}-.*Z$/) },
      },
    });
  });

  test('rolls a bad release back by one mutation to exactly the template before it, and proves recovery', async () => {
    const before = await stack.deployment(deployment);
    const since = Date.now();
    await badRelease.cause(stack.world);
    const incident = await stack.untilClosed(await stack.untilOpened('inventory', since));

    expect(incident.outcome).toBe('recovered');
    expect(incident.incident.runbook).toBe('rollback');
    const after = await stack.deployment(deployment);
    expect(after.template).toEqual(before.template);
    // One step up for the release, one for the operator.
    expect(after.generation).toBe(before.generation + 2);
    expect(incident.summaries(/^applied: /)).toHaveLength(1);
    expect(incident.summaries(/^recovered: /)).toHaveLength(1);

    const { markdown, chart } = await stack.incidents.postmortem(incident.incident.name);
    expect(markdown).toContain('bad-release');
    expect(markdown).toContain('- [x] ');
    expect(chart).toContain('<svg');
  });

  test('a worker killed right after the patch, and again while the rollout is awaited, changes nothing twice', async () => {
    // A rollout slow enough to be killed in the middle of.
    await stack.world.kube.raw.patch(
      `/apis/apps/v1/namespaces/supply-chain/deployments/${deployment}`,
      { spec: { minReadySeconds: 4 } },
      'application/merge-patch+json',
      { fieldManager: 'test' },
    );
    await stack.untilCalm();
    const before = await stack.deployment(deployment);
    const since = Date.now();
    await badRelease.cause(stack.world);
    const patched = await eventually(
      'the patch',
      async () => {
        const now = await stack.deployment(deployment);
        return now.annotations[mutationMark] !== before.annotations[mutationMark] ? now : undefined;
      },
      90_000,
    );
    await stack.handle.killProcess('worker', 'SIGKILL');
    const name = await stack.untilOpened('inventory', since);
    await stack.untilTold(name, /^applied: /);
    await stack.handle.killProcess('worker', 'SIGKILL');

    const incident = await stack.untilClosed(name);
    expect(incident.outcome).toBe('recovered');
    const after = await stack.deployment(deployment);
    expect(after.generation).toBe(before.generation + 2);
    expect(after.annotations[mutationMark]).toBe(patched.annotations[mutationMark]);
    expect(after.template).toEqual(before.template);
    expect(incident.incident.mutations).toBe(1);
  });

  test('a cure that does not help is taken back, asks a person, and is never called a recovery', async () => {
    const since = Date.now();
    const endCause = await uselessCure.cause(stack.world);
    let ended: Promise<void> | undefined;
    const end = (): Promise<void> => (ended ??= endCause());
    try {
      const released = await stack.deployment(deployment);
      const name = await stack.untilOpened('inventory', since);
      const question = await eventually(
        'a question to a person',
        async () => {
          const { live } = await stack.incidents.detail(name);
          return live?.question?.planHash === null ? live.question : undefined;
        },
        200_000,
      );
      const { incident, timeline } = await stack.incidents.detail(name);
      expect(incident.outcome).toBeNull();
      expect(timeline.some(({ summary }) => summary.startsWith('not-recovered: '))).toBe(true);
      const now = await stack.deployment(deployment);
      // A restart that was tried as well leaves its time on the template, and nothing else.
      expect(now.template.spec).toEqual(released.template.spec);

      await end();
      await stack.incidents.decide(name, {
        stepId: question.stepId,
        decision: 'close',
        by: 'test',
        reason: 'the lock is gone',
      });
      expect((await stack.untilClosed(name)).outcome).toBe('handled-by-hand');
    } finally {
      await end();
    }
  });
});
