import { expect, test } from '@jest/globals';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { backlogDescription } from '../../services/monitoring-api/backlog-alert.js';
import { labelsForPeople } from '../../services/monitoring-api/for-people.js';
import { judgeRules } from '../support/judge-rules.js';

// The generated rule BacklogTooOld in Prometheus' own engine: the same cases as in the unit tests of our own alert.

const configuration = loadConfiguration(['configuration']);

const judge = (
  ages: Readonly<Record<string, string>>,
  expected: Readonly<Record<number, number | null>>,
): Promise<string> =>
  judgeRules(configuration, {
    alertname: 'BacklogTooOld',
    series: Object.fromEntries(
      Object.entries(ages).map(([pod, values]) => [
        `outbound_queue_oldest_seconds{service="outbound",pod="${pod}"}`,
        values,
      ]),
    ),
    expected: Object.fromEntries(
      Object.entries(expected).map(([second, age]) => [
        second,
        age === null
          ? null
          : {
              labels: labelsForPeople('outbound'),
              summary: `outbound: work waits for too long: the oldest for ${age} s, 300 s are allowed`,
              description: backlogDescription(300),
            },
      ]),
    ),
  });

test('fires beyond the limit by what any pod tells, once, and until a minute after it', async () => {
  // One minute within the limit, one beyond it, then all delivered.
  const ages = { a: '240+5x24 0x60', b: '12x84' };
  const verdict = await judge(ages, { 60: null, 65: 305, 120: 360, 180: 360, 190: null });
  expect(verdict).toMatch(/SUCCESS$/);
});

test('does not fire within the limit, nor for an age that is not known', async () => {
  const verdict = await judge(
    { a: '300x60', b: Array<string>(61).fill('NaN').join(' ') },
    { 0: null, 60: null, 295: null },
  );
  expect(verdict).toMatch(/SUCCESS$/);
});
