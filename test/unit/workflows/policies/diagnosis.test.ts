import { describe, expect, test } from '@jest/globals';
import type { Evidence } from '../../../../workflows/policies/diagnosis.js';
import { diagnose } from '../../../../workflows/policies/diagnosis.js';
import { rememberCounts } from '../../../../workflows/policies/template-counts.js';
import {
  at,
  breached,
  facts,
  health,
  noon,
  pod,
  podReading,
  revision,
} from '../../../support/facts.js';

const policy = { floor: 0.5, margin: 0.15, recentRollout: 1_800_000 };
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  now: noon,
  facts: facts(),
  health: breached(),
  dependencies: [],
  blamed: [],
  counted: rememberCounts([], (changes.health ?? breached()).pods),
  ...changes,
});
const score = (name: string, changes: Partial<Evidence> = {}) =>
  diagnose(evidence(changes), policy).find((hypothesis) => hypothesis.name === name)!;

describe('bad-release', () => {
  test('a breach right after a release points at it', () => {
    const hypothesis = score('bad-release');
    expect(hypothesis.score).toBe(0.55);
    expect(hypothesis.for).toEqual(['the breach began 20 s after revision 2 (inventory-api:1.2)']);
    expect(hypothesis.unknown).toContain(
      'whether revision 1 (inventory-api:1.1) ever served well: it has served nothing that monitoring still knows of',
    );
  });

  test('failing new pods beside healthy old ones make it near certain', () => {
    const pods = [
      podReading('new', { errors: 100 }),
      podReading('old', { templateHash: 'hash-1' }),
    ];
    expect(score('bad-release', { health: breached({ pods }) }).score).toBe(0.9);
  });

  test('a release before it that served well speaks for it, and says by how much', () => {
    const pods = [
      podReading('new', { errors: 100 }),
      podReading('old', { templateHash: 'hash-1' }),
    ];
    expect(score('bad-release', { health: breached({ pods }) }).for).toEqual([
      'the breach began 20 s after revision 2 (inventory-api:1.2)',
      'revision 1 (inventory-api:1.1) served 250 requests, 0 % failed or slow',
      'new pods fail or are slow on 40 % of requests, old pods on 0 %',
    ]);
  });

  test('of two bad releases in a row the one to go back to is compared, not the other bad one', () => {
    const twoBad = facts({
      revisions: [revision(3, { current: true, createdAt: at(-60) }), revision(2), revision(1)],
    });
    const pods = [
      podReading('new', { templateHash: 'hash-3', errors: 100 }),
      podReading('bad too', { errors: 100 }),
      podReading('good', { templateHash: 'hash-1' }),
    ];
    expect(score('bad-release', { facts: twoBad, health: breached({ pods }) })).toMatchObject({
      score: 0.9,
      for: [
        expect.any(String),
        expect.stringMatching(/^revision 1 /),
        expect.stringMatching('0 %'),
      ],
      against: [],
    });
  });

  test('pods of a bad release just before it are no old pods that speak against it', () => {
    const twoBad = facts({
      revisions: [
        revision(3, { current: true, createdAt: at(-60) }),
        revision(2, { createdAt: at(-62), replacedAfterMs: 2_000 }),
        revision(1),
      ],
    });
    const pods = [
      podReading('new', { templateHash: 'hash-3', errors: 100 }),
      podReading('bad too', { requests: 44, errors: 18 }),
    ];
    expect(score('bad-release', { facts: twoBad, health: breached({ pods }) })).toMatchObject({
      score: 0.55,
      against: [],
    });
  });

  test('where every earlier release is known to be bad it says so', () => {
    const known = facts({
      revisions: [
        revision(2, { current: true, createdAt: at(-60) }),
        revision(1, { knownBad: 'did not roll out in inventory-1' }),
      ],
    });
    expect(score('bad-release', { facts: known }).unknown).toContain(
      'which earlier revision works: of each it is known that it does not',
    );
  });

  test('old pods that fail as much speak against it', () => {
    const pods = [
      podReading('new', { errors: 100 }),
      podReading('old', { templateHash: 'hash-1', errors: 100 }),
    ];
    expect(score('bad-release', { health: breached({ pods }) }).score).toBe(0.15);
  });

  test('a breach that began before the release clears the release', () => {
    expect(score('bad-release', { health: breached({ breachedSince: at(-90) }) }).score).toBe(0);
  });

  test('a breach within the clock tolerance of the release still counts as after it', () => {
    expect(score('bad-release', { health: breached({ breachedSince: at(-61) }) }).score).toBe(0.55);
  });

  test('a release long ago is no suspect', () => {
    expect(score('bad-release', { facts: facts({ releasedAt: at(-7_200) }) }).score).toBe(0);
  });

  test('without an earlier revision it cannot be', () => {
    const only = facts({ revisions: [revision(1, { current: true })] });
    expect(score('bad-release', { facts: only }).score).toBe(0);
  });

  test('a dependency breached for longer speaks against it', () => {
    const dependency = breached({ service: 'stock', breachedSince: at(-100) });
    const hypothesis = score('bad-release', { dependencies: [dependency] });
    expect(hypothesis.score).toBe(0.15);
    expect(hypothesis.against).toEqual(['stock has been breached for 60 s longer']);
  });

  test('new pods that do not start point at the release', () => {
    const broken = facts({ pods: [pod('a', { waitingReason: 'CrashLoopBackOff' })] });
    expect(score('bad-release', { facts: broken }).score).toBe(0.85);
  });

  test('what is not known is said', () => {
    const dependency = health({ service: 'stock', status: 'unproven' });
    expect(score('bad-release', { dependencies: [dependency] }).unknown).toContain(
      'whether stock is healthy',
    );
  });
});

describe('hung-or-leaking-pods', () => {
  const old = facts({ releasedAt: at(-7_200) });

  test('pods that are not ready and do not answer, with no recent release', () => {
    const hypothesis = score('hung-or-leaking-pods', {
      facts: { ...old, pods: [pod('a', { ready: false }), pod('b')] },
      health: breached({ pods: [podReading('a', { up: false }), podReading('b')] }),
    });
    expect(hypothesis.score).toBe(0.9);
    expect(hypothesis.for).toEqual([
      '1 of 2 running pods are not ready',
      '1 of 2 pods do not answer monitoring',
    ]);
  });

  test('a pod that has only just started is not hung yet', () => {
    const starting = { ...old, pods: [pod('a', { ready: false, startedAt: at(-5) })] };
    const silent = breached({ pods: [podReading('a', { up: false })] });
    expect(score('hung-or-leaking-pods', { facts: starting, health: silent }).score).toBe(0);
  });

  test('a pod that has left and no longer answers is no evidence', () => {
    const leaving = breached({ pods: [podReading('gone', { up: false }), podReading('a')] });
    expect(score('hung-or-leaking-pods', { facts: old, health: leaving }).score).toBe(0);
  });

  test('a pod killed for lack of memory counts for it', () => {
    const killed = facts({
      releasedAt: at(-7_200),
      pods: [pod('a', { lastTerminationReason: 'OOMKilled', restarts: 1 })],
    });
    expect(score('hung-or-leaking-pods', { facts: killed }).score).toBe(0.4);
  });

  test('memory near the limit counts for it', () => {
    const full = { ...old, pods: [pod('a', { memoryBytes: 500_000_000 })] };
    expect(score('hung-or-leaking-pods', { facts: full }).score).toBe(0.3);
  });

  test('a stalled event loop counts for it', () => {
    const stalled = breached({ pods: [podReading('a', { eventLoopLagMs: 4_000 })] });
    expect(score('hung-or-leaking-pods', { facts: old, health: stalled }).score).toBe(0.3);
  });

  test('a recent release makes hung pods its symptom rather than a cause of their own', () => {
    const hung = { facts: facts({ pods: [pod('a', { ready: false })] }) };
    expect(score('hung-or-leaking-pods', hung).score).toBe(0.1);
  });

  test('healthy pods give nothing', () => {
    expect(score('hung-or-leaking-pods', { facts: old }).score).toBe(0);
  });
});

test('the likeliest hypothesis comes first', () => {
  expect(diagnose(evidence(), policy).map(({ name }) => name)).toEqual([
    'bad-release',
    'hung-or-leaking-pods',
  ]);
});
