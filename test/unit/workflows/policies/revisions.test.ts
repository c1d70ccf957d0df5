import { describe, expect, test } from '@jest/globals';
import type { RevisionFacts } from '../../../../activities/contracts/kubernetes.contract.js';
import type { RevisionEvidence } from '../../../../workflows/policies/revisions.js';
import { rollbackTarget, weighRevisions } from '../../../../workflows/policies/revisions.js';
import { rememberCounts } from '../../../../workflows/policies/template-counts.js';
import { at, breached, facts, pod, podReading, revision } from '../../../support/facts.js';

const evidence = (
  revisions: readonly RevisionFacts[],
  changes: Partial<RevisionEvidence> = {},
): RevisionEvidence => ({
  facts: facts({ revisions }),
  health: breached({ pods: [] }),
  blamed: [],
  counted: rememberCounts([], changes.health?.pods ?? []),
  ...changes,
});

const targetOf = (...args: Parameters<typeof evidence>): number | undefined =>
  rollbackTarget(weighRevisions(evidence(...args)))?.revision.revision;

const known = (number: number, ...args: Parameters<typeof evidence>) => {
  const { standing, known: words } = weighRevisions(evidence(...args)).find(
    ({ revision: one }) => one.revision === number,
  )!;
  return [standing, words];
};

/** Good, then one that comes before the bad release that is in force. */
const three = (between: Partial<RevisionFacts> = {}) => [
  revision(3, { current: true, createdAt: at(-30) }),
  revision(2, { createdAt: at(-40), ...between }),
  revision(1),
];
const bad = podReading('bad', { templateHash: 'hash-3', errors: 75 });
const good = podReading('good', { templateHash: 'hash-1' });

describe('a release that could never be pulled, before the bad one', () => {
  test('is passed over for the one that served, by what monitoring counted of pods that are gone', () => {
    const health = breached({ pods: [bad, { ...good, up: false }] });
    expect(targetOf(three(), { health })).toBe(1);
    expect(known(2, three(), { health })).toEqual([
      'unknown',
      'has served nothing that monitoring still knows of',
    ]);
    expect(known(1, three(), { health })).toEqual([
      'served',
      'served 250 requests, 0 % failed or slow',
    ]);
  });

  test('is passed over by what was counted earlier in the incident, when monitoring has forgotten it', () => {
    const counted = rememberCounts(rememberCounts([], [good]), [bad]);
    expect(targetOf(three(), { health: breached({ pods: [bad] }), counted })).toBe(1);
  });

  test('is passed over while its pods are there and do not start', () => {
    const pods = [
      pod('stuck', { templateHash: 'hash-2', ready: false, waitingReason: 'ErrImagePull' }),
    ];
    const stuck = { facts: facts({ revisions: three(), pods }) };
    expect(targetOf(three(), stuck)).toBe(1);
    expect(known(2, three(), stuck)).toEqual(['bad', 'has pods that do not start: ErrImagePull']);
  });

  test('is gone to where nothing is known of either, and after it failed to roll out to the one before', () => {
    expect(targetOf(three())).toBe(2);
    const blamed = [{ release: 'digest-2', why: 'did not roll out in inventory-1' }];
    expect(targetOf(three(), { blamed })).toBe(1);
    expect(targetOf(three({ knownBad: 'did not roll out in inventory-1' }))).toBe(1);
  });
});

describe('two bad releases in a row', () => {
  const alsoBad = podReading('also bad', { requests: 40, errors: 12 });

  test('lead to the one before both when monitoring counted what the first served', () => {
    const health = breached({ pods: [bad, alsoBad, good] });
    expect(targetOf(three(), { health })).toBe(1);
    expect(known(2, three(), { health })).toEqual([
      'bad',
      'served 40 requests, 30 % failed or slow, about as many as now',
    ]);
  });

  test('lead past one that was replaced before it could have served', () => {
    const quick = three({ replacedAfterMs: 2_000 });
    expect(targetOf(quick)).toBe(1);
    expect(known(2, quick)).toEqual(['doubtful', 'was replaced 2 s after it was made']);
    expect(targetOf(three({ replacedAfterMs: 60_000 }))).toBe(2);
  });

  test('one that must be ready for a minute before it counts was replaced too soon after 65 s', () => {
    const revisions = three({ replacedAfterMs: 65_000 });
    expect(targetOf(revisions, { facts: facts({ revisions, minReadyMs: 60_000 }) })).toBe(1);
  });

  test('after the first was tried in vain and the second put back, the next is the one before both', () => {
    const putBack = [
      revision(5, { current: true, createdAt: at(-30), templateDigest: 'second' }),
      revision(4, { createdAt: at(-40), knownBad: 'did not bring recovery in inventory-1' }),
      revision(1),
    ];
    expect(targetOf(putBack)).toBe(1);
  });

  test('one that is replaced soon is still better than none', () => {
    expect(targetOf(three({ replacedAfterMs: 2_000 }).slice(0, 2))).toBe(2);
  });
});

describe('the revision a rollback goes to', () => {
  test('is the one in force before the present release', () => {
    expect(targetOf([revision(2, { current: true, createdAt: at(-60) }), revision(1)])).toBe(1);
  });

  test('is never one that was itself rolled back from, whoever did it', () => {
    const rolledBack = [
      revision(3, { current: true, createdAt: at(-3_000), templateDigest: 'good' }),
      revision(2, { createdAt: at(-60), templateDigest: 'bad' }),
    ];
    expect(targetOf(rolledBack)).toBeUndefined();
    expect(known(2, rolledBack)[0]).toBe('bad');
  });

  test('skips restarts, which are no releases, and counts their requests together', () => {
    const restarted = [
      revision(4, { current: true, createdAt: at(-30), templateDigest: 'bad' }),
      revision(3, { createdAt: at(-60), templateDigest: 'bad' }),
      revision(2, { createdAt: at(-80), templateDigest: 'good' }),
      revision(1, { createdAt: at(-90), templateDigest: 'good' }),
    ];
    const health = breached({ pods: [good, podReading('restarted')] });
    expect(targetOf(restarted, { health })).toBe(2);
    expect(known(2, restarted, { health })[1]).toBe('served 500 requests, 0 % failed or slow');
  });

  test('after a rollback and a new release is the revision rolled back to', () => {
    const next = [
      revision(4, { current: true, createdAt: at(-10), templateDigest: 'newer' }),
      revision(3, { createdAt: at(-3_000), templateDigest: 'good' }),
      revision(2, {
        createdAt: at(-60),
        templateDigest: 'bad',
        knownBad: 'was rolled back from in inventory-1',
      }),
    ];
    expect(targetOf(next)).toBe(3);
  });

  test('is not called proven by a handful of requests, but they count for more than none', () => {
    const health = breached({ pods: [bad, { ...good, requests: 12 }] });
    expect(targetOf(three(), { health })).toBe(1);
    expect(known(1, three(), { health })).toEqual([
      'seen',
      'served 12 requests, 0 % failed or slow: too few for a proof',
    ]);
  });
});

test('a release that somebody went back from is not offered, though the present one was restarted since', () => {
  const left = [
    revision(7, { ...revision(1), revision: 7, current: true, createdAt: at(-10) }),
    revision(6, { ...revision(1), revision: 6, createdAt: at(-600) }),
    revision(5, { createdAt: at(-60) }),
  ];
  expect(known(5, left)[0]).toBe('bad');
  expect(targetOf(left)).toBeUndefined();
});

test('a release that served badly, though better than now, comes after one of which nothing is known', () => {
  const failing = podReading('some', { templateHash: 'hash-2', requests: 500, errors: 200 });
  const health = breached({
    pods: [podReading('all', { templateHash: 'hash-3', requests: 250, errors: 250 }), failing],
  });
  expect(known(2, three(), { health })[0]).toBe('doubtful');
  expect(targetOf(three(), { health })).toBe(1);
});
