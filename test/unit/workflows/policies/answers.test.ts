import { describe, expect, test } from '@jest/globals';
import type { QuestionView, RevisionView } from '../../../../workflows/incident-view.js';
import type { DecisionMessage } from '../../../../workflows/messages.js';
import {
  readDecision,
  refuseDecision,
  warnOfRevision,
} from '../../../../workflows/policies/answers.js';

const planQuestion: QuestionView = {
  stepId: 'rollback-1',
  planHash: 'abc',
  text: 'May rollback be done?',
  role: 'on-call',
  deadline: '2026-01-01T12:05:00Z',
  answers: [],
};
const openQuestion: QuestionView = {
  ...planQuestion,
  stepId: 'ask-2',
  planHash: null,
  answers: [
    { stepId: 'ask-2', decision: 'approve', runbook: 'restart' },
    { stepId: 'ask-2', decision: 'wait' },
  ],
};
const revision = (number: number, standing: RevisionView['standing'], refusal: string | null) => ({
  revision: number,
  replicaSetUid: `uid-${number}`,
  image: `shop:1.${number}`,
  changeCause: null,
  createdAt: '2026-01-01T11:00:00Z',
  standing,
  known: 'did not roll out in shop-6',
  refusal,
});
const revisionQuestion: QuestionView = {
  ...openQuestion,
  revisions: [
    revision(3, 'present', 'revision 3 (shop:1.3) is the present release'),
    revision(2, 'bad', null),
    revision(1, 'served', null),
  ],
};
const choose = (number: number, runbook = 'rollback'): DecisionMessage => ({
  stepId: 'ask-2',
  decision: 'approve',
  runbook,
  revision: number,
});

describe('reading what somebody sent', () => {
  test('a full decision is taken as it is', () => {
    const sent = {
      stepId: 'rollback-1',
      planHash: 'abc',
      decision: 'approve',
      reason: 'r',
      by: 'b',
    };
    expect(readDecision(sent)).toEqual({ message: sent });
  });

  test.each([undefined, null, 'approve', 7, ['approve'], { decision: 'maybe', stepId: 's' }, {}])(
    '%j is not a decision',
    (sent) => {
      expect(readDecision(sent)).toHaveProperty('fault');
    },
  );

  test('a decision without a step is refused, an abort needs none', () => {
    expect(readDecision({ decision: 'approve' })).toHaveProperty('fault');
    expect(readDecision({ decision: 'abort' })).toEqual({
      message: { stepId: '', decision: 'abort' },
    });
  });

  test.each(['2', 1.5, null, {}])('%j is no revision', (sentRevision) => {
    const sent = { stepId: 'ask-2', decision: 'approve', runbook: 'rollback' };
    expect(readDecision({ ...sent, revision: sentRevision })).toEqual({
      fault: 'expected "revision" to be the number of a revision, without quotes',
    });
  });

  test('an endless reason is cut', () => {
    const read = readDecision({ stepId: 's', decision: 'reject', reason: 'x'.repeat(5_000) });
    expect('message' in read && read.message.reason).toHaveLength(1_000);
  });
});

describe('whether a decision answers the question', () => {
  const cases: [string, DecisionMessage, QuestionView | null, string | null][] = [
    [
      'the approved plan is the one that waits',
      { stepId: 'rollback-1', planHash: 'abc', decision: 'approve' },
      planQuestion,
      null,
    ],
    [
      'another hash is not what waits',
      { stepId: 'rollback-1', planHash: 'old', decision: 'approve' },
      planQuestion,
      'the approval is for plan old, but abc waits: read it again',
    ],
    [
      'an approval without a hash approves nothing',
      { stepId: 'rollback-1', decision: 'approve' },
      planQuestion,
      'the approval is for plan (none given), but abc waits: read it again',
    ],
    [
      'another step does not wait',
      { stepId: 'rollback-0', planHash: 'abc', decision: 'approve' },
      planQuestion,
      'step rollback-0 does not wait; rollback-1 does',
    ],
    ['a rejection needs no hash', { stepId: 'rollback-1', decision: 'reject' }, planQuestion, null],
    [
      'nothing waits',
      { stepId: 'rollback-1', planHash: 'abc', decision: 'approve' },
      null,
      'nothing waits for a decision now',
    ],
    ['abort is always heard', { stepId: '', decision: 'abort' }, null, null],
    [
      'waiting does not answer a plan',
      { stepId: 'rollback-1', decision: 'wait' },
      planQuestion,
      'wait does not answer a plan',
    ],
    ['waiting answers a question', { stepId: 'ask-2', decision: 'wait' }, openQuestion, null],
    [
      'an offered runbook answers a question',
      { stepId: 'ask-2', decision: 'approve', runbook: 'restart' },
      openQuestion,
      null,
    ],
    [
      'a runbook not offered does not',
      { stepId: 'ask-2', decision: 'approve', runbook: 'rollback' },
      openQuestion,
      'runbook rollback is not among the answers offered',
    ],
    ['a revision that is kept may be chosen', choose(1), revisionQuestion, null],
    ['one that is known to be bad too', choose(2), revisionQuestion, null],
    [
      'the present one is refused',
      choose(3),
      revisionQuestion,
      'revision 3 (shop:1.3) is the present release',
    ],
    [
      'one that is not kept is refused',
      choose(9),
      revisionQuestion,
      'there is no revision 9 to choose; there is 2, 1',
    ],
    [
      'a revision belongs to a rollback',
      choose(1, 'restart'),
      revisionQuestion,
      'a revision is chosen by an approve of the runbook rollback',
    ],
    [
      'where nothing can be rolled back no revision is chosen',
      choose(1),
      openQuestion,
      'nothing can be rolled back now',
    ],
    [
      'a plan has its revision already',
      { ...choose(1), stepId: 'rollback-1', planHash: 'abc' },
      planQuestion,
      'a plan waits, and it names its revision: reject it to choose another one',
    ],
    [
      'a bare approval answers no question',
      { stepId: 'ask-2', decision: 'approve' },
      openQuestion,
      'approve does not answer this question; answers are approve, wait',
    ],
  ];
  test.each(cases)('%s', (_title, message, question, refusal) => {
    expect(refuseDecision(message, question)).toBe(refusal);
  });
});

test('whoever chooses a revision that is known to be bad is warned, and nobody else', () => {
  expect(warnOfRevision(choose(2), revisionQuestion)).toBe('revision 2 did not roll out in shop-6');
  expect(warnOfRevision(choose(1), revisionQuestion)).toBeNull();
  expect(warnOfRevision({ stepId: 'ask-2', decision: 'wait' }, revisionQuestion)).toBeNull();
});
