import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { breached, facts, health, pod, podReading, reading, revision } from '../support/facts.js';
import type { DecisionMessage } from '../../workflows/messages.js';
import type { IncidentDriver } from '../support/incident-driver.js';
import { driveIncident } from '../support/incident-driver.js';
import { serveTemporal } from '../support/temporal.js';
import { World } from '../support/world.js';

// The world moves on while the incident waits or acts: what was true when it was read is looked at again.
jest.setTimeout(60_000);

const temporal = serveTemporal();

const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();
const blind = () =>
  health({
    status: 'unproven',
    slos: [reading({ state: 'unproven', value: null, reason: 'no scrape answered' })],
  });

/** Pods that hang, and no recent release. */
function hang(world: World): void {
  const stuck = (name: string) => pod(name, { ready: false, startedAt: fromNow(-600_000) });
  world.facts = facts({ releasedAt: fromNow(-7_200_000), pods: [stuck('a'), stuck('b')] });
  world.health = breached({
    breachedSince: fromNow(-2_000),
    pods: [podReading('a', { up: false }), podReading('b', { up: false })],
  });
}

const asked = (incident: IncidentDriver) =>
  incident.see('a question', (view) => view.question !== null);

async function closeByHand(incident: IncidentDriver): Promise<void> {
  const { question } = await asked(incident);
  await incident.decide({ stepId: question!.stepId, decision: 'close' });
}

describe('a service that has turned healthy is left alone', () => {
  const whileLocked = async (world: World, meanwhile: () => void) => {
    const incident = await driveIncident(temporal(), world);
    return incident.while(async () => {
      const release = await incident.holdTarget();
      const handle = await incident.fire();
      await incident.see('the wait', (view) => view.headline.startsWith('Another action holds'));
      meanwhile();
      await release();
      return handle.result();
    });
  };

  test('while the lock was waited for', async () => {
    const world = new World();
    const result = await whileLocked(world, () => {
      world.health = health();
    });
    expect(result).toMatchObject({ outcome: 'self-recovered', mutations: 0 });
    expect(world.applied).toEqual([]);
  });

  test('with the release of a person who was faster', async () => {
    const world = new World();
    const result = await whileLocked(world, () => {
      world.health = health();
      world.template = 'hotfix';
      world.facts = facts({
        releasedAt: fromNow(-1_000),
        revisions: [
          revision(3, { current: true, createdAt: fromNow(-1_000) }),
          revision(2, { createdAt: fromNow(-60_000) }),
          revision(1),
        ],
      });
    });
    expect(result).toMatchObject({ outcome: 'self-recovered', mutations: 0 });
    expect(result.summary).toMatch(
      /: the service recovered after somebody changed deployment .* from revision 2 .* to revision 3 /,
    );
    expect(world.applied).toEqual([]);
  });

  test('though a person has just approved', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.confirm.pollInterval = 1;
      policy.runbooks.rollback.approval = 'required';
    });
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await asked(incident);
      world.health = health();
      await incident.decide(question!.answers[0]!);
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'self-recovered', mutations: 0 });
    expect(world.applied).toEqual([]);
  });
});

describe('a limit holds whatever way the incident takes', () => {
  test('no more remedies than the policy allows, however often alerts make it look again', async () => {
    const world = new World();
    hang(world);
    world.verdict = 'not-recovered';
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.maxAttempts = 1;
      policy.candidates['hung-or-leaking-pods'] = ['restart', 'rollback'];
    });
    await incident.while(async () => {
      const handle = await incident.fire();
      const first = await asked(incident);
      expect(first.question!.text).toContain('The policy allows no remedy after 1 by itself');
      await incident.fire({ key: 'again' });
      await incident.see(
        'the next question',
        ({ question }) => question !== null && question.stepId !== first.question!.stepId,
      );
      await closeByHand(incident);
      return handle.result();
    });
    expect(world.applied).toHaveLength(1);
  });

  test('a remedy whose effect stayed unproven is not repeated by itself', async () => {
    const world = new World();
    hang(world);
    world.verdict = 'unproven';
    const incident = await driveIncident(temporal(), world);
    await incident.while(async () => {
      const handle = await incident.fire();
      const first = await asked(incident);
      await incident.fire({ key: 'again' });
      const second = await incident.see(
        'the next question',
        ({ question }) => question !== null && question.stepId !== first.question!.stepId,
      );
      expect(second.question!.text).toContain('every runbook for hung-or-leaking-pods was tried');
      await closeByHand(incident);
      return handle.result();
    });
    expect(world.applied).toHaveLength(1);
  });

  test('the cool-down also stands between two episodes of one service', async () => {
    const world = new World();
    hang(world);
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.act.coolDown = 600_000;
    });
    const lastMutation = { mutationId: 'm', incident: incident.workflowId, at: fromNow(-1_000) };
    world.facts = { ...world.facts, lastMutation };
    await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await asked(incident);
      expect(question!.text).toContain('cool-down is 10 min');
      await closeByHand(incident);
      return handle.result();
    });
    expect(world.applied).toEqual([]);
  });

  test('a runbook refused for a reason that passes is thought of again', async () => {
    const world = new World();
    world.facts = { ...world.facts, generation: 3, observedGeneration: 2 };
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await asked(incident);
      expect(question!.text).toContain('has not yet seen the newest change');
      world.facts = { ...world.facts, observedGeneration: 3 };
      await incident.fire({ key: 'again' });
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'recovered', mutations: 1 });
  });
});

describe('the record claims what was proven', () => {
  test('health that returns after a remedy of unproven effect is nobody’s cure', async () => {
    const world = new World();
    world.verdict = 'unproven';
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      await asked(incident);
      world.health = health();
      await incident.fire({ status: 'resolved', key: 'resolved' });
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'self-recovered', mutations: 1 });
    expect(result.summary).toContain('that rollback brought it about was not proven');
    expect(world.closed).toMatchObject([{ runbook: null, recoveredAt: expect.any(String) }]);
  });

  test('a last reading that proves nothing closes nothing', async () => {
    const world = new World();
    world.activities.readActiveAlerts = () => {
      world.health = blind();
      return Promise.resolve([]);
    };
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await asked(incident);
      expect(question!.text).toContain('no scrape answered');
      await closeByHand(incident);
      return handle.result();
    });
    expect(result.outcome).toBe('handled-by-hand');
    expect(world.told(/not proven healthy before closing/)).toHaveLength(1);
  });

  test('what broke again before closing was not cured', async () => {
    const world = new World();
    world.activities.readActiveAlerts = () => {
      if (world.closed.length === 0 && world.applied.length === 1) {
        hang(world);
        world.verdict = 'not-recovered';
      }
      return Promise.resolve([]);
    };
    const incident = await driveIncident(temporal(), world);
    await incident.while(async () => {
      const handle = await incident.fire();
      await asked(incident);
      world.health = health();
      await incident.fire({ status: 'resolved', key: 'resolved' });
      return handle.result();
    });
    expect(world.closed).toMatchObject([
      { outcome: 'self-recovered', runbook: null, mitigatedAt: null, mutations: 2 },
    ]);
  });

  test('an alert that comes during the last reading makes it read once more', async () => {
    const world = new World();
    const { readHealth, readActiveAlerts } = world.activities;
    const driven: { incident?: IncidentDriver } = {};
    let isLast = false;
    world.activities.readActiveAlerts = (input) => {
      isLast = true;
      return readActiveAlerts(input);
    };
    world.activities.readHealth = async (input) => {
      const before = await readHealth(input);
      if (isLast) {
        isLast = false;
        world.health = breached({ breachedSince: fromNow(0) });
        await driven.incident!.fire({ key: 'late', alertname: 'LatencyP95FastBurn' });
        await driven.incident!.see('the alert', ({ timeline }) =>
          timeline.some(({ summary }) => summary.includes('LatencyP95FastBurn')),
        );
      }
      return before;
    };
    const incident = await driveIncident(temporal(), world);
    driven.incident = incident;
    await incident.while(async () => {
      const handle = await incident.fire();
      await eventually('the second breach', () =>
        world.told(/breached again before closing/).length > 0 ? true : undefined,
      );
      await incident.decide({ decision: 'abort' });
      return handle.result();
    });
  });

  test('a change whose action was ended before it could finish is counted all the same', async () => {
    const world = new World();
    world.rolloutMayEnd = false;
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      await incident.see('the change', (view) => view.headline.startsWith('applied'));
      await temporal().client.workflow.getHandle(incident.actionId).terminate('by a person');
      await closeByHand(incident);
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'handled-by-hand', mutations: 1 });
  });

  test('a recovery under the release of a person is not ours', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world);
    await incident.while(async () => {
      const handle = await incident.fire();
      world.rolloutMayEnd = false;
      await eventually('the change', () => world.applied[0]);
      await incident.see('the rollout', (view) => view.headline.startsWith('applied'));
      world.verdict = 'recovered';
      world.rolloutMayEnd = true;
      await incident.see('settled', (view) => view.headline.startsWith('rolled out'));
      world.facts = { ...world.facts, revisions: [revision(3, { current: true }), revision(2)] };
      const { question } = await asked(incident);
      expect(question!.text).toContain('somebody rolled out another template');
      await closeByHand(incident);
      return handle.result();
    });
    expect(world.closed).toMatchObject([{ outcome: 'handled-by-hand', runbook: null }]);
  });

  test('a target that moves at the last moment is planned for anew', async () => {
    const world = new World();
    const { applyMutation } = world.activities;
    let isFirst = true;
    world.activities.applyMutation = (input) => {
      if (!isFirst) return applyMutation(input);
      isFirst = false;
      throw ApplicationFailure.nonRetryable('its template is another', 'PlanChanged');
    };
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => (await incident.fire()).result());
    expect(result).toMatchObject({ outcome: 'recovered', mutations: 1 });
    expect(world.told(/its template is another/)).toHaveLength(1);
  });

  test('a monitor that cannot give a verdict makes it unproven: nothing is taken back', async () => {
    const world = new World();
    world.activities.watchVerdict = () => {
      throw ApplicationFailure.nonRetryable('monitoring does not know it', 'InvalidQuery');
    };
    const incident = await driveIncident(temporal(), world);
    await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await asked(incident);
      expect(question!.text).toContain('unproven: monitoring could not be asked');
      await closeByHand(incident);
      return handle.result();
    });
    expect(world.applied).toHaveLength(1);
  });
});

describe('what people and alerts say is not lost', () => {
  test('an approval does not wait for a monitor that does not answer', async () => {
    const world = new World();
    const { readHealth } = world.activities;
    let isAway = false;
    let isAsked = false;
    world.activities.readHealth = (input) => {
      if (!isAway) return readHealth(input);
      isAsked = true;
      throw ApplicationFailure.nonRetryable('monitoring is away', 'MonitoringUnavailable');
    };
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.runbooks.rollback.approval = 'required';
    });
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await asked(incident);
      isAway = true;
      await incident.fire({ alertname: 'LatencyP95FastBurn', slo: 'latency-p95', key: 'another' });
      await eventually('monitoring is asked', () => isAsked || undefined);
      await incident.decide(question!.answers[0]!);
      await eventually('the change', () => world.applied[0]);
      isAway = false;
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'recovered', mutations: 1 });
  });

  test('all alerts after closing go into the next episode, whatever the sender’s clock says', async () => {
    const world = new World();
    world.health = health();
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.close.linger = 10_000;
    });
    await incident.while(async () => {
      await incident.fire();
      await eventually('closed', () => world.closed[0]);
      await Promise.all([
        incident.fire({
          key: 'one',
          alertname: 'A',
          severity: 'warning',
          receivedAt: fromNow(-60_000),
        }),
        incident.fire({ key: 'two', alertname: 'B' }),
      ]);
      await eventually(
        'closed again',
        () => world.closed.at(-1)!.runId !== world.closed[0]!.runId || undefined,
      );
    });
    const told = world.timeline
      .filter(({ kind }) => kind === 'alert')
      .map(({ summary }) => summary);
    expect(told.filter((summary) => / (A|B) firing/.test(summary))).toHaveLength(2);
    expect(world.opened.flatMap(({ alertKeys }) => alertKeys)).toEqual(
      expect.arrayContaining(['one', 'two']),
    );
  });

  test('an abort of a closed incident is refused', async () => {
    const world = new World();
    world.health = health();
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.close.linger = 10_000;
    });
    await incident.while(async () => {
      const handle = await incident.fire();
      await eventually('closed', () => world.closed[0]);
      const args: [DecisionMessage] = [{ stepId: '', decision: 'abort' }];
      await expect(handle.executeUpdate('decide', { args })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('closed as false-alarm') },
      });
      await handle.terminate();
    });
  });
});
