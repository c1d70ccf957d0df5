import { expect, test } from '@jest/globals';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { blindDescription } from '../../services/monitoring-api/blind-alert.js';
import { labelsForPeople } from '../../services/monitoring-api/for-people.js';
import { judgeRules } from '../support/judge-rules.js';

// The generated rule MonitoringBlind in Prometheus' own engine: the same cases as in the unit tests of our own alert.

const production = loadConfiguration(['configuration']);
const configuration = { ...production, services: { inventory: production.services['inventory']! } };

// Values at scrapes five seconds apart, for ten minutes or until two minutes have gone.
const counting = '0+10x120';
const none = '0x120';
const gone = '0+10x23 stale';
const stopped = '0+10x23 230x96';
const up = '1x120';

const calm: Readonly<Record<string, string>> = {
  'http_requests_total{service="inventory",pod="a"}': counting,
  'http_requests_total{service="inventory",pod="b"}': counting,
  'up{service="inventory",pod="a"}': up,
  'up{service="inventory",pod="b"}': up,
  'probe_requests_total{service="inventory",result="failed"}': none,
  'probe_requests_total{service="inventory",result="ok"}': counting,
};

/** What promtool says to series and to the summaries that are to fire at each of these seconds, null for none. */
function judge(
  series: Readonly<Record<string, string>>,
  summaries: Readonly<Record<number, string | null>>,
): Promise<string> {
  const expected = Object.fromEntries(
    Object.entries(summaries).map(([second, summary]) => [
      second,
      summary === null
        ? null
        : { labels: labelsForPeople('inventory'), summary, description: blindDescription },
    ]),
  );
  return judgeRules(configuration, { alertname: 'MonitoringBlind', series, expected });
}

test('nothing fires while all is seen, nor for two missed scrapes', async () => {
  const missed = { 'up{service="inventory",pod="b"}': '1x11 0x1 1x108' };
  expect(await judge({ ...calm, ...missed }, { 0: null, 65: null, 130: null, 590: null })).toMatch(
    /SUCCESS$/,
  );
});

test('a pod that cannot be scraped fires after a minute, by its name, until a minute after it can', async () => {
  const down = { 'up{service="inventory",pod="b"}': '1x23 0x35 1x60' };
  expect(
    await judge(
      { ...calm, ...down },
      {
        175: null,
        180: 'inventory: not all is seen: no metrics from pods b',
        295: 'inventory: not all is seen: no metrics from pods b',
        350: 'inventory: not all is seen: no metrics from pods b',
        360: null,
      },
    ),
  ).toMatch(/SUCCESS$/);
});

const unseen = 'inventory: not all is seen';

test('no pod at all fires a minute after the last one is gone', async () => {
  const without = {
    'http_requests_total{service="inventory",pod="a"}': gone,
    'http_requests_total{service="inventory",pod="b"}': gone,
    'up{service="inventory",pod="a"}': '1x23 stale',
    'up{service="inventory",pod="b"}': '1x23 stale',
  };
  expect(await judge({ ...calm, ...without }, { 175: null, 180: unseen, 600: unseen })).toMatch(
    /SUCCESS$/,
  );
});

test('probes that are no longer counted by anybody fire', async () => {
  const without = {
    'probe_requests_total{service="inventory",result="failed"}': '0x23 stale',
    'probe_requests_total{service="inventory",result="ok"}': gone,
  };
  expect(await judge({ ...calm, ...without }, { 175: null, 180: unseen, 600: unseen })).toMatch(
    /SUCCESS$/,
  );
});

test('probes that stand still fire', async () => {
  const still = { 'probe_requests_total{service="inventory",result="ok"}': stopped };
  expect(await judge({ ...calm, ...still }, { 180: null, 185: unseen, 600: unseen })).toMatch(
    /SUCCESS$/,
  );
});

test('probes that all fail are seen', async () => {
  const failing = {
    'probe_requests_total{service="inventory",result="ok"}': none,
    'probe_requests_total{service="inventory",result="failed"}': counting,
  };
  expect(await judge({ ...calm, ...failing }, { 300: null, 600: null })).toMatch(/SUCCESS$/);
});
