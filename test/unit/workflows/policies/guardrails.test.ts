import { describe, expect, test } from '@jest/globals';
import { guardrails } from '../../../../workflows/policies/guardrails.js';
import { at, facts, noon } from '../../../support/facts.js';

const policy = { lockDeadline: 0, pollInterval: 0, coolDown: 600_000 };
const reasons = (changes: Parameters<typeof facts>[0]) =>
  guardrails(facts(changes), ['act/run/0'], noon, policy);

describe('guardrails', () => {
  test('an ordinary deployment may be touched', () => {
    expect(reasons({})).toEqual([]);
  });

  test('a paused deployment may not', () => {
    expect(reasons({ paused: true })).toEqual([
      'deployment supply-chain/inventory-api is paused: somebody is working on it',
    ]);
  });

  test('a deployment scaled to nothing may not', () => {
    expect(reasons({ desiredReplicas: 0 })).toEqual([
      'deployment supply-chain/inventory-api is scaled to 0 replicas',
    ]);
  });

  test('a deployment that GitOps owns may not', () => {
    const owners = { horizontalPodAutoscaler: null, gitOps: 'argocd app shop' };
    expect(reasons({ owners })[0]).toContain('is owned by argocd app shop');
  });

  test('a change by another incident within the cool-down stands in the way', () => {
    const lastMutation = { mutationId: 'm', incident: 'incident:test/outbound', at: at(-120) };
    expect(reasons({ lastMutation })).toEqual([
      'deployment supply-chain/inventory-api was changed 2 min ago by incident:test/outbound; cool-down is 10 min',
    ]);
  });

  test('after the cool-down it does not', () => {
    const lastMutation = { mutationId: 'm', incident: 'incident:test/outbound', at: at(-600) };
    expect(reasons({ lastMutation })).toEqual([]);
  });

  test('nor may an earlier episode of the same incident be followed at once', () => {
    const lastMutation = { mutationId: 'm', incident: 'incident:test/inventory', at: at(-120) };
    expect(reasons({ lastMutation })[0]).toContain('cool-down is 10 min');
  });

  test.each(['act/run/0', 'act/run/0/undo'])('the episode may follow its own change %s', (id) => {
    const lastMutation = { mutationId: id, incident: 'incident:test/inventory', at: at(-1) };
    expect(reasons({ lastMutation })).toEqual([]);
  });
});
