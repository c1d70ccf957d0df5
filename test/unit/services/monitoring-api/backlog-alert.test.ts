import { describe, expect, test } from '@jest/globals';
import { standingFindings } from '../../../../services/monitoring-api/standing-findings.js';
import { FedMonitor } from '../../../support/fed-monitor.js';
import type { Traffic } from '../../../support/fed-monitor.js';

const minute = 12;
/** In production's own windows: a scrape, a probe and an evaluation every five seconds. Both pods tell of one queue. */
const production = () => new FedMonitor(['configuration'], 5_000, 'outbound');
const waiting = (...oldest: (number | null)[]): Record<string, Traffic> =>
  Object.fromEntries(
    oldest.map((oldestSeconds, index) => [
      `api-old-${index}`,
      { reads: 80, ...(oldestSeconds !== null && { oldestSeconds }) },
    ]),
  );
const seen = { probes: [true] };
const backlog = (fed: FedMonitor) =>
  fed.alerts().find(({ labels }) => labels['alertname'] === 'BacklogTooOld');
const findings = (fed: FedMonitor) =>
  standingFindings(
    fed.service,
    fed.monitor.store(fed.service),
    fed.monitor.backlog(fed.service),
    fed.now,
  );

describe('BacklogTooOld', () => {
  test('fires beyond the limit by what any pod tells, for people, while health stays ok', () => {
    const fed = production();
    fed.seconds(2 * minute, waiting(12, 300), seen);
    expect(backlog(fed)).toBeUndefined();
    expect(findings(fed)).toEqual([]);
    fed.second(waiting(12, 300.5), seen);
    expect(backlog(fed)).toMatchObject({
      state: 'firing',
      labels: {
        alertname: 'BacklogTooOld',
        automation: 'manual',
        service: 'outbound',
        severity: 'warning',
      },
      annotations: {
        summary: 'outbound: work waits for too long: the oldest for 300 s, 300 s are allowed',
      },
    });
    expect(Object.keys(backlog(fed)!.labels)).toHaveLength(4);
    expect(fed.health()).toMatchObject({
      status: 'ok',
      backlog: { oldestSeconds: 300.5, limitSeconds: 300 },
    });
    expect(findings(fed)).toMatchObject([{ kind: 'backlog', subject: 'queue' }]);
    expect(fed.monitor.rules().find(({ name }) => name === 'BacklogTooOld')).toMatchObject({
      ...{ service: 'outbound', slo: null, severity: 'warning', automation: 'manual' },
      ...{ limit: 300, unit: 'seconds', windows: null, state: 'firing' },
      note: 'work waits for too long: the oldest for 300 s, 300 s are allowed',
    });
  });

  test('is resolved after a minute within the limit, and not by what is unknown', () => {
    const fed = production();
    fed.seconds(2, waiting(400, 400), seen);
    fed.seconds(2 * minute, waiting(null, null), seen);
    expect(backlog(fed)).toMatchObject({ state: 'firing' });
    expect(fed.health().backlog).toEqual({ oldestSeconds: null, limitSeconds: 300 });
    const unreachable = { 'api-old-0': 'unreachable', 'api-old-1': 'unreachable' } as const;
    fed.seconds(2 * minute, unreachable, seen);
    expect(backlog(fed)).toMatchObject({ state: 'firing' });
    fed.seconds(minute, waiting(2, 2), seen);
    expect(backlog(fed)).toMatchObject({ state: 'firing' });
    fed.second(waiting(2, 2), seen);
    expect(backlog(fed)).toMatchObject({
      state: 'resolved',
      endsAt: fed.now,
      annotations: {
        summary: 'outbound: no work waits too long: the oldest for 2 s, 300 s are allowed',
      },
    });
  });

  test('is of no service without a queue', () => {
    const fed = new FedMonitor();
    fed.seconds(10, waiting(1_000_000));
    expect(fed.alerts()).toEqual([]);
    expect(fed.health().backlog).toBeNull();
  });
});
