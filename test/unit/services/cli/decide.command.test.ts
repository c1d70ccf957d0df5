import { describe, expect, test } from '@jest/globals';
import { chooseAnswer } from '../../../../services/cli/commands/decide.command.js';
import type { QuestionView } from '../../../../workflows/incident-view.js';

const planned: QuestionView = {
  stepId: 'rollback-1',
  planHash: 'c0ffee',
  text: 'May rollback be done?',
  role: 'on-call',
  deadline: '2026-11-24T10:05:00.000Z',
  answers: [
    { stepId: 'rollback-1', planHash: 'c0ffee', decision: 'approve' },
    { stepId: 'rollback-1', planHash: 'c0ffee', decision: 'reject' },
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
  test('approves the very plan that was shown', () => {
    expect(chooseAnswer(view(planned), 'approve', {})).toEqual({
      stepId: 'rollback-1',
      planHash: 'c0ffee',
      decision: 'approve',
    });
  });

  test('takes the runbook named, and asks which where several are offered', () => {
    expect(chooseAnswer(view(open), 'approve', { runbook: 'restart' })).toMatchObject({
      runbook: 'restart',
    });
    expect(() => chooseAnswer(view(open), 'approve', {})).toThrow(
      'say which with --runbook: rollback, restart',
    );
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

  test('aborts whatever waits, or nothing', () => {
    expect(chooseAnswer(view(null), 'abort', {})).toEqual({ stepId: '', decision: 'abort' });
  });
});
