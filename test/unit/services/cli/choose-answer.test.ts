import { describe, expect, test } from '@jest/globals';
import { chooseAnswer } from '../../../../services/cli/choose-answer.js';
import type { QuestionView } from '../../../../workflows/incident-view.js';

const planHash = 'c0ffee0123456789';
const planned: QuestionView = {
  stepId: 'rollback-1',
  planHash,
  text: 'May rollback be done?',
  role: 'on-call',
  deadline: '2026-11-24T10:05:00.000Z',
  answers: [
    { stepId: 'rollback-1', planHash, decision: 'approve' },
    { stepId: 'rollback-1', planHash, decision: 'reject' },
    { stepId: 'rollback-1', decision: 'abort' },
  ],
};
const open: QuestionView = {
  ...planned,
  stepId: 'ask-2',
  planHash: null,
  text: 'What shall be done?',
  answers: [
    { stepId: 'ask-2', decision: 'approve', runbook: 'rollback' },
    { stepId: 'ask-2', decision: 'approve', runbook: 'restart' },
    { stepId: 'ask-2', decision: 'wait' },
    { stepId: 'ask-2', decision: 'close' },
  ],
};
const view = (question: QuestionView | null) => ({ question, headline: 'where it stands' });

describe('choosing the answer that a person means', () => {
  test('carries the step and the whole hash of the plan that was read', () => {
    const approval = { stepId: 'rollback-1', planHash, decision: 'approve' };
    expect(chooseAnswer(view(planned), 'approve', { plan: 'c0ffee01' })).toEqual(approval);
    expect(chooseAnswer(view(planned), 'approve', { step: 'rollback-1' })).toEqual(approval);
  });

  test('refuses when another plan waits than was read, or a question without one', () => {
    expect(() => chooseAnswer(view(planned), 'approve', { plan: 'deadbeef' })).toThrow(
      `plan deadbeef does not wait. Read again what does: plan ${planHash}`,
    );
    expect(() =>
      chooseAnswer(view(open), 'approve', { plan: 'c0ffee01', runbook: 'restart' }),
    ).toThrow('plan c0ffee01 does not wait. Read again what does: What shall be done?');
  });

  test('takes the runbook named, and picks none by itself, be it the only one', () => {
    expect(chooseAnswer(view(open), 'approve', { runbook: 'restart' })).toMatchObject({
      runbook: 'restart',
    });
    expect(() => chooseAnswer(view(open), 'approve', {})).toThrow(
      'say which with --runbook: rollback, restart',
    );
    const single = { ...open, answers: open.answers.slice(1) };
    expect(() => chooseAnswer(view(single), 'approve', {})).toThrow(
      'say which with --runbook: restart',
    );
    expect(() => chooseAnswer(view(single), 'approve', { runbook: 'rollback' })).toThrow(
      'approve of rollback is no answer to "What shall be done?"; offered: restart, wait, close',
    );
  });

  test('takes any revision named, offered or not: whether it may be is for the incident to say', () => {
    expect(chooseAnswer(view(open), 'approve', { runbook: 'rollback', revision: 3 })).toEqual({
      stepId: 'ask-2',
      decision: 'approve',
      runbook: 'rollback',
      revision: 3,
    });
    expect(() =>
      chooseAnswer(view(open), 'approve', { step: 'ask-1', runbook: 'rollback', revision: 3 }),
    ).toThrow('step ask-1 does not wait; ask-2 does');
  });

  test('waits or closes where that is offered', () => {
    expect(chooseAnswer(view(open), 'wait', {})).toEqual({ stepId: 'ask-2', decision: 'wait' });
    expect(chooseAnswer(view(open), 'close', {})).toEqual({ stepId: 'ask-2', decision: 'close' });
    expect(() => chooseAnswer(view(planned), 'close', {})).toThrow(
      'close is no answer to "May rollback be done?"',
    );
  });

  test('refuses another step, an answer not offered, and a decision nothing waits for', () => {
    expect(() => chooseAnswer(view(planned), 'approve', { step: 'rollback-0' })).toThrow(
      'step rollback-0 does not wait; rollback-1 does',
    );
    expect(() => chooseAnswer(view(open), 'reject', {})).toThrow(
      'reject is no answer to "What shall be done?"; offered: rollback, restart, wait, close',
    );
    expect(() => chooseAnswer(view(null), 'approve', {})).toThrow(
      'nothing waits for a decision now: where it stands',
    );
  });

  test('aborts whatever waits, or nothing, but not at a step that does not wait', () => {
    expect(chooseAnswer(view(null), 'abort', {})).toEqual({ stepId: '', decision: 'abort' });
    expect(chooseAnswer(view(open), 'abort', { step: 'ask-2' })).toMatchObject({
      stepId: 'ask-2',
    });
    expect(() => chooseAnswer(view(open), 'abort', { step: 'nonsense' })).toThrow(
      'step nonsense does not wait; ask-2 does',
    );
    expect(() => chooseAnswer(view(null), 'abort', { step: 'nonsense' })).toThrow(
      'step nonsense does not wait; nothing does: where it stands',
    );
  });
});
