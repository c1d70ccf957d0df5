import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DecisionRefused, RunbookClient } from '../../services/shared/temporal/runbook-client.js';
import { driveIncident } from '../support/incident-driver.js';
import { startTemporal } from '../support/temporal.js';
import { World } from '../support/world.js';

jest.setTimeout(60_000);

let temporal: TestWorkflowEnvironment;
let client: RunbookClient;
beforeAll(async () => {
  temporal = await startTemporal();
  client = await RunbookClient.connect({ address: temporal.address, environment: 'test' });
});
afterAll(async () => {
  await client.close();
  await temporal.teardown();
});

const askFirst = (policy: { runbooks: { rollback: { approval: string } } }): void => {
  policy.runbooks.rollback.approval = 'required';
};

describe('the pipeline client', () => {
  test('reads what waits, is refused with a stale answer, decides, and sees the outcome before the linger ends', async () => {
    const world = new World();
    const incident = await driveIncident(temporal, world, (policy) => {
      askFirst(policy);
      policy.close.linger = 30_000;
    });
    const { service } = incident;
    await incident.while(async () => {
      await incident.fire();
      const { question, runId } = await incident.see(
        'a question',
        (view) => view.question !== null,
      );
      const approve = question!.answers.find(({ decision }) => decision === 'approve')!;

      await expect(client.decide(service, { ...approve, planHash: 'other' })).rejects.toThrow(
        DecisionRefused,
      );
      await expect(client.decide(service, { ...approve, planHash: 'other' })).rejects.toThrow(
        /hash-of-bad waits/,
      );
      await expect(client.decide(service, approve, { runId: 'read-before' })).rejects.toThrow(
        'that incident is no longer open',
      );
      expect(world.applied).toHaveLength(0);

      const result = client.result(service, { timeoutMs: 20_000 });
      const decision = { ...approve, by: 'pipeline 812', reason: 'read it' };
      await client.decide(service, decision, { runId });
      expect(await result).toMatchObject({ outcome: 'recovered', mutationsApplied: 1 });
      expect(world.told(/approve by pipeline 812: read it/)).toHaveLength(1);
    });
  });

  test('is refused when the incident it means is over', async () => {
    const world = new World();
    const incident = await driveIncident(temporal, world);
    await incident.while(async () => {
      await (await incident.fire()).result();
      await expect(
        client.decide(incident.service, { stepId: 'rollback-1', decision: 'abort' }),
      ).rejects.toThrow('that incident is no longer open');
    });
  });

  test('does not take an episode that closed earlier for the answer', async () => {
    const world = new World();
    const incident = await driveIncident(temporal, world, (policy) => {
      policy.close.linger = 30_000;
    });
    const { service } = incident;
    await incident.while(async () => {
      await incident.fire();
      const first = await client.result(service, { timeoutMs: 20_000 });
      const since = new Date().toISOString();
      const second = client.result(service, { timeoutMs: 20_000, since });
      await incident.fire();
      expect((await second).runId).toBe(`${first.runId}.2`);
    });
  });

  test('says which incident is still open when the time is over', async () => {
    const world = new World();
    const incident = await driveIncident(temporal, world, askFirst);
    await incident.while(async () => {
      await incident.fire();
      await incident.see('a question', (view) => view.question !== null);
      await expect(client.result(incident.service, { timeoutMs: 700 })).rejects.toThrow(
        `could not see the end of incident ${incident.service}: still open after 0.7 s`,
      );
    });
  });

  test('opens an incident of a configured service and refuses an unknown one', async () => {
    const opened = await client.openIncident({
      service: 'inventory',
      reason: 'canary failed',
      by: 'pipeline 812',
    });
    expect(opened).toMatchObject({ service: 'inventory', workflowId: 'incident:test/inventory' });
    await expect(client.openIncident({ service: 'billing', reason: 'r', by: 'b' })).rejects.toThrow(
      'could not find service billing',
    );
  });

  test('says where it looked when Temporal cannot be reached', async () => {
    await expect(RunbookClient.connect({ address: '127.0.0.1:1' })).rejects.toThrow(
      'could not reach Temporal 127.0.0.1:1 namespace default',
    );
  });
});
