import { describe, expect, test } from '@jest/globals';
import { readFindings } from '../../services/monitoring-api/findings.js';
import { FedMonitor } from '../support/fed-monitor.js';
import type { Traffic } from '../support/fed-monitor.js';

// One tenant, or one warehouse, that fails while all others are well: told apart, and over once it is isolated.

const minute = 12;
type Parties = NonNullable<Traffic['tenants']>;

/** What each of two pods gets in five seconds: 100 requests of four parties. */
const traffic = (
  kind: 'tenants' | 'warehouses',
  parties: Parties,
): Readonly<Record<string, Traffic>> => {
  const counts = Object.values(parties);
  const sum = (index: 0 | 1): number => counts.reduce((total, count) => total + count[index], 0);
  const one = { reads: sum(0), readErrors: sum(1), [kind]: parties };
  return { 'api-one-a': one, 'api-one-b': one };
};
const calm: Parties = { one: [40, 0], two: [30, 0], three: [20, 0], four: [10, 0] };
/** Nine in ten of its requests fail: 9 % of all. */
const failing: Parties = { ...calm, four: [10, 9] };
/** Its requests are refused by its isolation, and so no longer counted. */
const isolated: Parties = { one: [40, 0], two: [30, 0], three: [20, 0] };

describe.each([
  ['tenant', 'tenants'],
  ['warehouse', 'warehouses'],
] as const)('one bad %s', (name, kind) => {
  const calmHour = (): FedMonitor => {
    const fed = new FedMonitor(['configuration'], 5_000);
    fed.seconds(60 * minute, traffic(kind, calm), { probes: [true] });
    expect(fed.states()).toEqual(['ok', 'ok', 'ok']);
    return fed;
  };
  const found = (fed: FedMonitor) =>
    readFindings(fed.service, fed.monitor.store(fed.service), fed.now).filter(
      (finding) => finding.kind === `failing-${name}`,
    );
  const firing = (fed: FedMonitor): (string | undefined)[] =>
    fed
      .alerts()
      .filter(({ state }) => state === 'firing')
      .map(({ labels }) => labels['alertname']);

  test('raises the error rate and is named, with what all others fail', () => {
    const fed = calmHour();
    expect(found(fed)).toEqual([]);
    fed.seconds(5 * minute, traffic(kind, failing), { probes: [true] });
    expect(firing(fed)).toContain('ErrorRateFastBurn');
    expect(fed.states()).toEqual(['ok', 'breached', 'ok']);
    expect(fed.health()[kind]?.[0]).toEqual({ name: 'four', requests: 240, errors: 216 });
    expect(found(fed)).toEqual([
      expect.objectContaining({
        subject: 'four',
        summary: '1080 of 1200 of its requests failed, 0 of 10800 of all others',
      }),
    ]);
  });

  test('that is isolated leaves a healthy service: the others are well within a minute', () => {
    const fed = calmHour();
    fed.seconds(5 * minute, traffic(kind, failing), { probes: [true] });
    fed.seconds(minute, traffic(kind, isolated), { probes: [true] });
    expect(fed.states()).toEqual(['ok', 'ok', 'ok']);
    fed.seconds(10 * minute, traffic(kind, isolated), { probes: [true] });
    expect(firing(fed)).not.toContain('ErrorRateFastBurn');
    expect(found(fed)).toEqual([]);
  });

  test('is not named when all fail alike, nor for a few failures', () => {
    const fed = calmHour();
    const alike: Parties = { one: [40, 8], two: [30, 6], three: [20, 4], four: [10, 2] };
    fed.seconds(5 * minute, traffic(kind, alike), { probes: [true] });
    expect(found(fed)).toEqual([]);
    const lucky = calmHour();
    lucky.seconds(1, traffic(kind, { ...calm, four: [10, 2] }), { probes: [true] });
    expect(found(lucky)).toEqual([]);
  });
});
