import { describe, expect, test } from '@jest/globals';
import type { WhileInBreach } from '../../../../workflows/policies/change-by-others.js';
import { findChangeByOthers } from '../../../../workflows/policies/change-by-others.js';
import { at, facts, revision } from '../../../support/facts.js';

/** In breach from second 0 to second 60. */
const during = (changes: Partial<WhileInBreach> = {}) =>
  findChangeByOthers({
    now: facts(),
    diagnosed: facts(),
    breachedFrom: at(0),
    recoveredAt: at(60),
    changedByUs: false,
    ...changes,
  });
/** Revision 1, used again as revision 3. */
const undone = (releasedAt: string) =>
  facts({
    generation: 3,
    releasedAt,
    revisions: [
      revision(3, { current: true, createdAt: at(-600), changeCause: 'release 1.0' }),
      revision(2),
    ],
  });
const restarted = facts({
  generation: 3,
  revisions: [revision(3, { current: true, createdAt: at(20) }), revision(2), revision(1)],
});

describe('what others changed', () => {
  test('is not the release that broke it, by a clock that is a little ahead', () => {
    expect(during({ now: undone(at(1)), diagnosed: null })).toBeNull();
  });

  test('is nothing where all is as it was', () => {
    expect(during()).toBeNull();
    expect(during({ diagnosed: null })).toBeNull();
  });

  test('is an undo by hand, with both revisions and its time', () => {
    const told = {
      at: at(30),
      summary: `somebody changed deployment supply-chain/inventory-api from revision 2 (inventory-api:1.2) to revision 3 (release 1.0) at ${at(30)}`,
    };
    expect(during({ now: undone(at(30)) })).toEqual(told);
    expect(during({ now: undone(at(30)), diagnosed: null })).toEqual(told);
  });

  test('is a restart by hand, which is no release', () => {
    expect(during({ now: restarted })).toMatchObject({ at: at(20) });
    expect(during({ now: restarted, changedByUs: true })).toBeNull();
  });

  test('is a release by others beside a remedy of ours', () => {
    expect(during({ now: undone(at(30)), changedByUs: true })).toMatchObject({ at: at(30) });
  });

  test.each([
    ['before the breach: that may have caused it', at(-5)],
    ['after the recovery', at(61)],
  ])('is not what was released %s', (_when, releasedAt) => {
    expect(during({ now: undone(releasedAt), diagnosed: null })).toBeNull();
  });

  test('is told by the generation where the template is the same', () => {
    const scaled = facts({ generation: 4 });
    expect(during({ now: scaled })).toEqual({
      at: null,
      summary:
        'somebody changed deployment supply-chain/inventory-api (generation 2 to 4) but not its template',
    });
    const owners = { horizontalPodAutoscaler: 'inventory-api', gitOps: null };
    expect(during({ now: { ...scaled, owners } })).toBeNull();
    expect(during({ now: scaled, diagnosed: null })).toBeNull();
    expect(during({ now: scaled, changedByUs: true })).toBeNull();
  });
});
