import { describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { podReading } from '../support/facts.js';
import { driveIncident } from '../support/incident-driver.js';
import { ReleaseWorld } from '../support/release-world.js';
import { serveTemporal } from '../support/temporal.js';

jest.setTimeout(60_000);

const temporal = serveTemporal();

/** What monitoring counted of the pods of the first, and of the third, which is in force. */
const counted = [
  podReading('first', { templateHash: 'hash-1' }),
  podReading('third', { templateHash: 'hash-3', errors: 75 }),
];

describe('a bad release after one that could never be pulled', () => {
  test('goes back at once to the one that served, where monitoring knows of it', async () => {
    const world = new ReleaseWorld(['good', 'never-ready', 'bad']);
    world.breach(counted);
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => (await incident.fire()).result());

    expect(result).toMatchObject({ outcome: 'recovered', mutations: 1 });
    expect(world.wentTo).toEqual(['release 1.0']);
    expect(world.told(/^bad-release/)[0]).toContain(
      'revision 1 (release 1.0) served 250 requests, 0 % failed or slow',
    );
  });

  test('tries the one before it when nothing is known, takes it back, and goes on to the next', async () => {
    const world = new ReleaseWorld(['good', 'never-ready', 'bad']);
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => (await incident.fire()).result());

    expect(result.outcome).toBe('recovered');
    expect(world.wentTo).toEqual(['release 1.1', 'release 1.2', 'release 1.0']);
    // The undo is no release: the cause is weighed as before.
    expect(world.told(/^bad-release \(0\.55\)/)).toHaveLength(2);
    expect(world.applied.map(({ blame }) => blame)).toEqual([
      `was rolled back from in ${incident.service}-1`,
      `did not roll out in ${incident.service}-1`,
      `was rolled back from in ${incident.service}-1`,
    ]);
    expect(result.summary).toMatch(
      /passed over: revision 4 \(release 1\.1\) did not roll out in .*-1/,
    );
  });
});

describe('two bad releases in a row', () => {
  test('lead to the first, which does not help, and then to the one before both', async () => {
    const world = new ReleaseWorld(['good', 'bad', 'bad']);
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => (await incident.fire()).result());

    expect(result).toMatchObject({ outcome: 'recovered', mutations: 2 });
    expect(world.wentTo).toEqual(['release 1.1', 'release 1.2', 'release 1.0']);
  });

  test('lead at once to the one before both when monitoring counted what the first served', async () => {
    const world = new ReleaseWorld(['good', 'bad', 'bad']);
    world.breach([...counted, podReading('second', { requests: 40, errors: 12 })]);
    const incident = await driveIncident(temporal(), world);
    const result = await incident.while(async () => (await incident.fire()).result());

    expect(result.outcome).toBe('recovered');
    expect(world.wentTo).toEqual(['release 1.0']);
  });

  test('are both known in the next episode, which does not try the first again', async () => {
    const world = new ReleaseWorld(['good', 'bad', 'bad']);
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.maxAttempts = 1;
      policy.close.linger = 10_000;
    });
    await incident.while(async () => {
      await incident.fire();
      const { question } = await incident.see('the question', (view) => view.question !== null);
      await incident.decide({ stepId: question!.stepId, decision: 'close' });
      await eventually('the first close', () => world.closed[0]);
      await incident.fire();
      await eventually('the second close', () => world.closed[1]);
    });
    expect(world.closed.map(({ outcome }) => outcome)).toEqual(['handled-by-hand', 'recovered']);
    expect(world.wentTo).toEqual(['release 1.1', 'release 1.2', 'release 1.0']);
  });

  test('with none before them leave it to a person, who may still choose', async () => {
    const world = new ReleaseWorld(['bad', 'bad']);
    const incident = await driveIncident(temporal(), world);
    await incident.while(async () => {
      const handle = await incident.fire();
      const { question } = await incident.see('the question', (view) => view.question !== null);
      expect(question!.answers.map(({ runbook }) => runbook)).not.toContain('rollback');
      expect(question!.revisions).toMatchObject([
        { revision: 4, standing: 'present', refusal: expect.any(String) },
        { revision: 3, standing: 'bad', refusal: null },
      ]);
      await incident.decide({
        stepId: question!.stepId,
        decision: 'approve',
        runbook: 'rollback',
        revision: 3,
        by: 'ann',
      });
      const again = await incident.see(
        'the question after it',
        (view) => view.question !== null && view.question.stepId !== question!.stepId,
      );
      await incident.decide({ stepId: again.question!.stepId, decision: 'close' });
      await handle.result();
    });
    expect(world.wentTo.slice(2, 3)).toEqual(['release 1.0']);
    expect(world.told(/^approve rollback to revision 3 by ann/)[0]).toMatch(
      /Warning: revision 3 did not bring recovery in .*-1$/,
    );
  });
});

describe('a person who chooses the revision', () => {
  test('is refused what cannot be gone back to, and gets the one they name, by update and by signal', async () => {
    const world = new ReleaseWorld(['good', 'bad', 'bad']);
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.runbooks.rollback.approval = 'required';
    });
    const result = await incident.while(async () => {
      const handle = await incident.fire();
      const planned = await incident.see('the plan', (view) => view.question !== null);
      const { stepId, revisions } = planned.question!;
      expect(revisions!.map(({ revision, known }) => [revision, known])).toEqual([
        [3, 'is the present release'],
        [2, 'has served nothing that monitoring still knows of'],
        [1, 'has served nothing that monitoring still knows of'],
      ]);
      await incident.decide({ stepId, decision: 'reject', reason: 'that one was bad too' });
      const asked = await incident.see(
        'the open question',
        (view) => view.question !== null && view.question.planHash === null,
      );
      const choose = (revision: number) => ({
        stepId: asked.question!.stepId,
        decision: 'approve' as const,
        runbook: 'rollback',
        revision,
      });
      for (const [number, why] of [
        [3, 'revision 3 (release 1.2) is the present release'],
        [9, 'there is no revision 9 to choose; there is 2, 1'],
      ] as const) {
        await expect(
          handle.executeUpdate('decide', { args: [choose(number)] }),
        ).rejects.toMatchObject({ cause: { message: why } });
      }
      await incident.decide(choose(1));
      const chosen = await incident.see(
        'the plan to go back to it',
        (view) => view.plan?.summary.includes('to revision 1') === true && view.question !== null,
      );
      await handle.executeUpdate('decide', { args: [chosen.question!.answers[0]!] });
      return handle.result();
    });
    expect(result.outcome).toBe('recovered');
    expect(world.wentTo).toEqual(['release 1.0']);
  });
});
