import { describe, expect, test } from '@jest/globals';
import type { Policy } from '../../../../configuration/policy.schema.js';
import type { HypothesisView } from '../../../../workflows/incident-view.js';
import { chooseRunbooks, spentRunbooks } from '../../../../workflows/policies/choice.js';

const policy = {
  diagnose: { floor: 0.5, margin: 0.15, recentRollout: 0 },
  candidates: {
    'bad-release': ['rollback'],
    'hung-or-leaking-pods': ['restart', 'rollback'],
    unknown: [],
  },
} as unknown as Policy;
const hypothesis = (name: string, score: number, unknown: string[] = []): HypothesisView => ({
  name,
  score,
  for: [],
  against: [],
  unknown,
});

describe('choosing runbooks', () => {
  test('the best hypothesis brings its runbooks in the order of the policy', () => {
    expect(
      chooseRunbooks(
        [hypothesis('hung-or-leaking-pods', 0.7), hypothesis('bad-release', 0.2)],
        [],
        policy,
      ),
    ).toEqual({
      kind: 'candidates',
      hypothesis: 'hung-or-leaking-pods',
      runbooks: ['restart', 'rollback'],
    });
  });

  test('a runbook that was tried is not chosen again', () => {
    expect(
      chooseRunbooks([hypothesis('hung-or-leaking-pods', 0.7)], ['restart'], policy),
    ).toMatchObject({ runbooks: ['rollback'] });
  });

  test('a score below the floor asks', () => {
    expect(chooseRunbooks([hypothesis('bad-release', 0.49)], [], policy)).toEqual({
      kind: 'ask',
      why: 'no known cause fits the evidence',
    });
  });

  test('no hypothesis at all asks', () => {
    expect(chooseRunbooks([], [], policy).kind).toBe('ask');
  });

  test('two hypotheses close together ask, and say what would tell them apart', () => {
    expect(
      chooseRunbooks(
        [
          hypothesis('bad-release', 0.65, ['how old pods fare']),
          hypothesis('hung-or-leaking-pods', 0.6),
        ],
        [],
        policy,
      ),
    ).toEqual({
      kind: 'ask',
      why: 'bad-release (0.65) and hung-or-leaking-pods (0.6) fit alike; what would tell them apart: how old pods fare',
    });
  });

  test('when every answer was tried, a person is asked', () => {
    expect(chooseRunbooks([hypothesis('bad-release', 0.9)], ['rollback'], policy)).toEqual({
      kind: 'ask',
      why: 'every runbook for bad-release was tried: rollback',
    });
  });
});

describe('what is not to be tried again', () => {
  const blamed = { release: 'digest-1', why: 'did not roll out in inventory-1' };

  test('a rollback whose release proved bad may go to another one, while there is one', () => {
    expect(spentRunbooks([{ runbook: 'rollback', blamed }], true)).toEqual([]);
    expect(spentRunbooks([{ runbook: 'rollback', blamed }], false)).toEqual(['rollback']);
  });

  test('a remedy that a person rejected, or that failed for another reason, is', () => {
    expect(spentRunbooks([{ runbook: 'rollback', blamed: null }], true)).toEqual(['rollback']);
  });
});
