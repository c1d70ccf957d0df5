import { describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { breached, health, reading } from '../support/facts.js';
import { driveIncident } from '../support/incident-driver.js';
import { serveTemporal } from '../support/temporal.js';
import { World } from '../support/world.js';

jest.setTimeout(60_000);

const temporal = serveTemporal();

const askFirst = (policy: { runbooks: { rollback: { approval: string } } }): void => {
  policy.runbooks.rollback.approval = 'required';
};

describe('from alert to recovery', () => {
  test('a confirmed bad release is rolled back once, verified and closed as recovered', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => (await incident.fire()).result());

    expect(result).toMatchObject({ outcome: 'recovered', mutations: 1 });
    expect(world.applied).toHaveLength(1);
    expect(world.closed).toMatchObject([
      { outcome: 'recovered', runbook: 'rollback', rootCause: 'bad-release', mutations: 1 },
    ]);
    expect(world.timeline.filter(({ kind }) => kind === 'phase').map(({ phase }) => phase)).toEqual(
      ['confirm', 'diagnose', 'plan', 'decide', 'act', 'verify', 'close', 'close'],
    );
    expect(world.timeline.map(({ sequence }) => sequence)).toEqual(
      world.timeline.map((_, index) => index + 1),
    );
  });

  test('the same alert sent again while the incident is open opens nothing and changes nothing', async () => {
    const world = new World();
    world.rolloutMayEnd = false;
    const incident = await driveIncident(temporal(), world);
    const alert = { key: 'same' };
    await incident.while(async () => {
      const handle = await incident.fire(alert);
      await incident.see('the change', () => world.applied.length === 1);
      const again = await incident.fire(alert);
      expect(again.signaledRunId).toBe(handle.signaledRunId);
      world.rolloutMayEnd = true;
      await handle.result();
    });
    expect(world.opened).toHaveLength(1);
    expect(world.told(/ErrorRateFastBurn firing/)).toHaveLength(1);
    expect(world.applied).toHaveLength(1);
  });

  test('a registry that is down delays the record, never the cure', async () => {
    const world = new World();
    world.registryDown = true;
    const incident = await driveIncident(temporal(), world);
    await incident.while(async () => {
      const handle = await incident.fire();
      await incident.see('the outcome', (view) => view.outcome === 'recovered');
      expect(world.opened).toHaveLength(0);
      world.registryDown = false;
      await handle.result();
    });
    expect(world.opened).toHaveLength(1);
    expect(world.closed).toMatchObject([{ outcome: 'recovered' }]);
    expect(world.timeline.map(({ sequence }) => sequence)).toEqual(
      world.timeline.map((_, index) => index + 1),
    );
  });

  test('a new alert right after closing is the next episode, not lost and not the old one', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.close.linger = 10_000;
    });
    await incident.while(async () => {
      await incident.fire();
      await eventually('the first close', () => world.closed[0]);
      await incident.fire();
      await eventually('the second close', () => world.closed[1]);
    });
    expect(world.closed.map(({ outcome }) => outcome)).toEqual(['recovered', 'false-alarm']);
    expect(world.closed[1]!.runId).toBe(`${world.closed[0]!.runId}.2`);
  });
});

describe('when nothing must be changed', () => {
  test('a false alarm closes without any mutation', async () => {
    const world = new World();
    world.health = health();
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => (await incident.fire()).result());
    expect(result).toMatchObject({ outcome: 'false-alarm', mutations: 0 });
    expect(world.applied).toHaveLength(0);
  });

  test('a re-send of an alert handled before says so', async () => {
    const world = new World();
    world.health = health();
    world.handledBefore = 'inventory-3';
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => (await incident.fire()).result());
    expect(result.summary).toContain('already handled in inventory-3');
  });

  test('a service that recovers during the confirmation closes as self-recovered', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.confirm.confirmFor = 5_000;
    });
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      await incident.see('the first reading', (view) => view.headline.startsWith('critical'));
      world.health = health();
      await incident.fire({ status: 'resolved', key: 'resolved' });
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'self-recovered', mutations: 0 });
  });

  test('a blind monitor makes it ask, never act', async () => {
    const world = new World();
    world.health = health({
      status: 'unproven',
      slos: [reading({ state: 'unproven', value: null, reason: 'no scrape answered' })],
    });
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await incident.see('a question', (view) => view.question !== null);
      expect(question!.text).toContain('error-rate: no scrape answered');
      await incident.decide({ stepId: question!.stepId, decision: 'close', by: 'ann' });
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'handled-by-hand', mutations: 0 });
    expect(world.applied).toHaveLength(0);
  });
});

describe('decisions', () => {
  test('a plan waits for a person, who reads its diff and approves its hash', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, askFirst);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const view = await incident.see('the question', ({ question }) => question !== null);
      expect(view.plan).toMatchObject({ hash: 'hash-of-bad', undo: expect.any(String) });
      expect(view.plan!.mutations[0]!.diff).toBe('-bad\n+good\n');
      expect(world.applied).toHaveLength(0);
      await incident.decide(view.question!.answers[0]!);
      return handle.result();
    });
    expect(result.outcome).toBe('recovered');
    expect(world.notified).toEqual(['on-call']);
  });

  test('what is not a decision for this plan is told and changes nothing', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, askFirst);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await incident.see('the question', (view) => view.question !== null);
      const approve = question!.answers[0]!;
      const nonsense = 'approve!' as unknown as object;
      await incident.decide(nonsense);
      await incident.decide({ ...approve, planHash: 'another' });
      await incident.decide({ ...approve, stepId: 'another' });
      await eventually('three refusals', () =>
        world.told(/^not counted/).length === 3 ? true : undefined,
      );
      expect((await incident.view()).question).toEqual(question);
      await incident.decide(approve);
      return handle.result();
    });
    expect(result.outcome).toBe('recovered');
    expect(world.applied).toHaveLength(1);
  });

  test('the update refuses at once, with the reason', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, askFirst);
    await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await incident.see('the question', (view) => view.question !== null);
      const wrong = { ...question!.answers[0]!, planHash: 'another' };
      await expect(handle.executeUpdate('decide', { args: [wrong] })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('read it again') },
      });
      await handle.executeUpdate('decide', { args: [question!.answers[0]!] });
      await handle.result();
    });
    expect(world.applied).toHaveLength(1);
  });

  test('a rejection leaves the target alone and asks what else to do', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, askFirst);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await incident.see('the plan', (view) => view.question !== null);
      await incident.decide({ stepId: question!.stepId, decision: 'reject', reason: 'not now' });
      const asked = await incident.see(
        'the open question',
        (view) => view.question !== null && view.question.planHash === null,
      );
      await incident.decide({ stepId: asked.question!.stepId, decision: 'abort', by: 'ann' });
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'aborted', mutations: 0 });
    expect(world.told(/^reject/)).toEqual(['reject by an unnamed person: not now']);
  });

  test('an unanswered question goes from tier to tier and then closes unresolved, nothing changed', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, (policy) => {
      askFirst(policy);
      policy.decide.tiers = [
        { role: 'on-call', within: 200 },
        { role: 'sre', within: 200 },
      ];
    });
    const result = await incident.while(async () => (await incident.fire()).result());
    expect(result).toMatchObject({ outcome: 'unresolved', mutations: 0 });
    expect(world.notified).toEqual(['on-call', 'sre']);
  });

  test('a service that recovers while people are asked needs no decision any more', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, askFirst);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      await incident.see('the question', (view) => view.question !== null);
      world.health = health();
      await incident.fire({ status: 'resolved', key: 'resolved' });
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'self-recovered', mutations: 0 });
  });

  test('another alert while a person is asked makes it look again, and act on what it finds', async () => {
    const world = new World();
    const release = world.facts.releasedAt;
    world.facts = { ...world.facts, releasedAt: new Date(Date.now() - 7_200_000).toISOString() };
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      await incident.see('the question', (view) => view.question !== null);
      world.facts = { ...world.facts, releasedAt: release };
      await incident.fire({ alertname: 'LatencyP95FastBurn', slo: 'latency-p95' });
      return handle.result();
    });
    expect(result.outcome).toBe('recovered');
    expect(world.applied).toHaveLength(1);
  });

  test('a runbook that a person chooses is planned and done', async () => {
    const world = new World();
    world.health = breached({ breachedSince: new Date(Date.now() - 7_200_000).toISOString() });
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await incident.see('the question', (view) => view.question !== null);
      expect(question!.answers.map(({ runbook }) => runbook)).toContain('restart');
      await incident.decide({ stepId: question!.stepId, decision: 'approve', runbook: 'restart' });
      return handle.result();
    });
    expect(result.outcome).toBe('recovered');
    expect(world.applied[0]!.mutation.intent.change).toBe('restart-pods');
  });
});

describe('when the cure does not help', () => {
  test('it is taken back, and a person is asked; never closed as recovered', async () => {
    const world = new World();
    world.verdict = 'not-recovered';
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await incident.see('the question', (view) => view.question !== null);
      await incident.decide({ stepId: question!.stepId, decision: 'close' });
      return handle.result();
    });
    expect(result.outcome).toBe('handled-by-hand');
    expect(world.applied.map(({ mutation }) => mutation.summary)).toEqual([
      `restore-revision of inventory-api`,
      `undo of restore-revision of inventory-api`,
    ]);
    expect(world.applied[1]!.fence).toBeGreaterThan(world.applied[0]!.fence);
  });

  test('a verdict that stays unproven asks and leaves the change in place', async () => {
    const world = new World();
    world.verdict = 'unproven';
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await incident.see('the question', (view) => view.question !== null);
      expect(question!.text).toContain('unproven');
      await incident.decide({ stepId: question!.stepId, decision: 'close' });
      return handle.result();
    });
    expect(result.outcome).toBe('handled-by-hand');
    expect(world.applied).toHaveLength(1);
  });

  test('a stuck rollout is taken back', async () => {
    const world = new World();
    world.rolloutStuck = true;
    const incident = await driveIncident(temporal(), world);
    await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await incident.see('the question', (view) => view.question !== null);
      await incident.decide({ stepId: question!.stepId, decision: 'close' });
      await handle.result();
    });
    expect(world.applied).toHaveLength(2);
    expect(world.told(/2 of 2 new pods are not ready/).length).toBeGreaterThan(0);
  });

  test('alerts that keep firing after a proven recovery leave a debt, and it says which', async () => {
    const world = new World();
    world.alerts = [
      {
        alertname: 'AvailabilityFastBurn',
        service: 'any',
        slo: 'availability',
        severity: 'critical',
        state: 'firing',
        since: new Date().toISOString(),
        summary: '',
      },
    ];
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => (await incident.fire()).result());
    expect(result.outcome).toBe('recovered-with-debt');
    expect(result.summary).toContain('still firing: AvailabilityFastBurn');
  });

  test('an alert about monitoring itself is no objective that burns: the recovery is proven all the same', async () => {
    const world = new World();
    world.alerts = [
      {
        alertname: 'MonitoringBlind',
        service: 'any',
        slo: null,
        severity: 'warning',
        state: 'firing',
        since: new Date().toISOString(),
        summary: '',
      },
    ];
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => (await incident.fire()).result());
    expect(result.outcome).toBe('recovered');
  });
});

describe('the lock and the gate', () => {
  test('a target that changed after the plan was approved is not touched: a new plan is made', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, askFirst);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const first = await incident.see('the plan', (view) => view.question !== null);
      world.template = 'changed by somebody';
      await incident.decide(first.question!.answers[0]!);
      const second = await incident.see(
        'a new plan',
        (view) => view.question !== null && view.question.planHash !== first.question!.planHash,
      );
      expect(world.applied).toHaveLength(0);
      await incident.decide(second.question!.answers[0]!);
      return handle.result();
    });
    expect(result.outcome).toBe('recovered');
    expect(world.applied).toHaveLength(1);
  });

  test('an action that holds the target is waited for', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world);
    await incident.while(async () => {
      const release = await incident.holdTarget();
      const handle = await incident.fire();
      await incident.see('the wait', (view) => view.headline.startsWith('Another action holds'));
      expect(world.applied).toHaveLength(0);
      await release();
      await handle.result();
    });
    expect(world.applied).toHaveLength(1);
  });

  test('an abort during the rollout takes the change back', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      world.rolloutMayEnd = false;
      await eventually('the change', () => world.applied[0]);
      await incident.decide({ decision: 'abort', by: 'ann', reason: 'wrong service' });
      await eventually('the undo', () => world.applied[1]);
      world.rolloutMayEnd = true;
      return handle.result();
    });
    expect(result).toMatchObject({ outcome: 'aborted' });
    expect(result.summary).toContain('stopped by ann: wrong service');
    expect(world.applied[1]!.mutation.id).toBe(`${world.applied[0]!.mutation.id}/undo`);
  });

  test('a cancel request is an abort: it undoes and closes in order', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      world.rolloutMayEnd = false;
      await eventually('the change', () => world.applied[0]);
      await handle.cancel();
      await eventually('the undo', () => world.applied[1]);
      world.rolloutMayEnd = true;
      return handle.result();
    });
    expect(result.outcome).toBe('aborted');
    expect(world.closed).toMatchObject([{ outcome: 'aborted' }]);
  });

  test('an incident that is terminated leaves an action that undoes what it began', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world);
    await incident.while(async () => {
      const handle = await incident.fire();
      world.rolloutMayEnd = false;
      await eventually('the change', () => world.applied[0]);
      await handle.terminate('a person pressed terminate');
      await eventually('the undo', () => world.applied[1]);
      world.rolloutMayEnd = true;
      const action = temporal().client.workflow.getHandle(incident.actionId);
      await expect(action.result()).resolves.toMatchObject({ kind: 'aborted', reverted: true });
    });
    expect(world.applied).toHaveLength(2);
  });
});
