import { describe, expect, test } from '@jest/globals';
import { confirmAnswer } from '../../../../services/cli/confirm-answer.js';
import type { IncidentView } from '../../../../workflows/incident-view.js';

const planHash = '003f12039975cf1d104a19b9440ed72abbb6ffe52c5e87c796fa0b08a3604b9d';
const approval = { stepId: 'rollback-1', planHash, decision: 'approve' } as const;
const view: IncidentView = {
  workflowId: 'incident:test/inventory',
  runId: 'run-1',
  name: 'inventory-7',
  environment: 'test',
  service: 'inventory',
  severity: 'critical',
  phase: 'decide',
  outcome: null,
  openedAt: '2026-11-24T10:00:00.000Z',
  headline: 'Planned: roll back',
  hypotheses: [
    {
      name: 'bad-release',
      score: 0.8,
      for: ['the breach began 6 s after the newest rollout'],
      against: ['old pods fail too'],
      unknown: [],
    },
  ],
  plan: {
    stepId: 'rollback-1',
    runbook: 'rollback',
    hash: planHash,
    risk: 'medium',
    summary: 'roll back to revision 1',
    expectedEffect: 'errors fall',
    undo: 'the template of now',
    mutations: [{ summary: 'set the template', diff: '-image: 1.1\n+image: 1.0' }],
  },
  question: {
    stepId: 'rollback-1',
    planHash,
    text: 'May rollback be done?',
    role: 'on-call',
    deadline: '2026-11-24T10:05:00.000Z',
    answers: [approval],
  },
  verdict: null,
  mutationsApplied: 0,
  timeline: [],
};

/** Confirms at a terminal where this is typed. Gives what was shown, and what went wrong if anything did. */
async function confirm(typed: string): Promise<{ shown: string; failure: unknown }> {
  const shown: string[] = [];
  const ask = (question: string): Promise<string> => {
    shown.push(question);
    return Promise.resolve(typed);
  };
  const context = { ask, print: (line: string) => void shown.push(line) };
  const failure = await confirmAnswer(context, view, approval, { reason: 'bad' }).then(
    () => null,
    (error: unknown) => error,
  );
  return { shown: shown.join('\n'), failure };
}

describe('confirming an answer that says nothing of what was read', () => {
  test('shows plan, diff and what speaks against it before it asks', async () => {
    const { shown, failure } = await confirm('y');
    expect(failure).toBeNull();
    for (const text of [planHash, '-image: 1.1\n+image: 1.0', 'against: old pods fail too']) {
      expect(shown).toContain(text);
    }
    expect(shown.endsWith('approve? [y/N] ')).toBe(true);
  });

  test.each(['', 'n', 'yep', 'approve'])('takes %j for no', async (typed) => {
    const { failure } = await confirm(typed);
    expect(failure).toMatchObject({ message: 'nothing was sent', exitCode: 3 });
  });

  test.each([
    ['without a terminal', { ask: null, json: false }],
    ['for a program that wants JSON', { ask: () => Promise.resolve('y'), json: true }],
  ])('%s it refuses and gives the command to paste', async (_, { ask, json }) => {
    const words = { reason: "it's 1.1", by: 'ana', name: 'demo', json };
    const context = { ask, print: () => undefined };
    await expect(confirmAnswer(context, view, approval, words)).rejects.toMatchObject({
      exitCode: 2,
      message: [
        'say what you have read. Waiting: May rollback be done?',
        '  read:  npx runbook incidents show inventory-7 --name demo',
        `  then:  npx runbook approve inventory-7 --plan 003f12039975 --reason 'it'\\''s 1.1' --by ana --name demo`,
      ].join('\n'),
    });
  });
});
