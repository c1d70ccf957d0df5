import { describe, expect, test } from '@jest/globals';
import { renderPostmortem } from '../../../../../services/shared/postmortem/render-postmortem.js';
import { curedByRollback } from '../../../../support/postmortem-facts.js';

const facts = curedByRollback();
const text = renderPostmortem(facts, 'inventory-7.svg');

describe('the post-mortem of a cured incident', () => {
  test.each([
    ['outcome and closing words', '**recovered**: back to revision 1; every SLO held for 4 s'],
    ['severity', '| Severity | critical |'],
    ['the configuration override in force', '| Configuration | overridden by `local`'],
    ['the impact window', 'From 2026-11-24 10:00:00 UTC to 2026-11-24 10:00:31 UTC: **31 s**.'],
    ['time to detect', '| Detected | 2026-11-24 10:00:08 UTC | 8 s |'],
    ['time to the change', '| Change applied | 2026-11-24 10:00:15 UTC | 15 s |'],
    ['time to recovery', '| Recovery proven | 2026-11-24 10:00:31 UTC | 31 s |'],
    ['the chart', '](inventory-7.svg)'],
    [
      'what was seen, with numbers',
      '| Error rate | 12.5 % | below 1 % | breached | 128 of 20 needed | 4 s |',
    ],
    ['the cause', '**bad-release**: the hypothesis whose remedy led to a proven recovery.'],
    ['evidence for a hypothesis', '  - for: the breach began 6 s after the newest rollout'],
    ['what was not known', '  - not known: whether old pods were healthy'],
    [
      'the plan with its diff',
      '```diff\n-image: inventory-api:1.5.0-bad\n+image: inventory-api:1.4.0\n```',
    ],
    ['the decision and who took it', ': **approve** by policy, plan `c0ffee`'],
    [
      'the receipt of the change',
      '| 2026-11-24 10:00:15 UTC | supply-chain/inventory-api | applied: back to revision 1 | 4711 | 3 |',
    ],
    ['the verdict', 'Measured from 2026-11-24 10:00:22 UTC on, held for 4 s.'],
    [
      'green alerts, from the record',
      '- [x] Alerts returned to green: every critical alert is green (2026-11-24 10:00:35 UTC)',
    ],
    ['cause and chronology', '- [x] Root cause and chronology documented'],
    ['what is left for people', '- [ ] Resilience tests extended by this incident'],
    ['actions left for people', '- [ ] Preventive actions prioritised in the backlog'],
    ['the timeline', '| 2026-11-24 10:00:15.000 | act | mutation | applied: back to revision 1 |'],
  ])('tells %s', (_what, expected) => {
    expect(text).toContain(expected);
  });

  test('says each verdict once: readings before the change are not repeated as verification', () => {
    expect(text.match(/\| Availability \|/g)).toHaveLength(1);
  });
});

describe('the post-mortem of an incident of which little is known', () => {
  const bare = renderPostmortem(
    {
      ...facts,
      incident: {
        ...facts.incident,
        outcome: 'unresolved',
        configurationOverride: null,
        rootCause: null,
        mitigatedAt: null,
        recoveredAt: null,
        impactFrom: null,
        trigger: 'somebody | with a\npipe',
      },
      timeline: facts.timeline.slice(0, 2),
      series: [],
      note: 'could not read series inventory: fetch failed',
    },
    'x.svg',
  );

  test('invents nothing', () => {
    expect(bare).toContain('No breach was on record.');
    expect(bare).toContain('| Recovery proven | _not recorded_ |  |');
    expect(bare).toContain('No cause was established.');
    expect(bare).toContain('Nothing was changed.');
    expect(bare).toContain('No chart: could not read series inventory: fetch failed.');
    expect(bare).not.toContain('- [x]');
    expect(bare).not.toContain('| Configuration |');
  });

  test('says how much of a very long timeline is left out, and where', () => {
    const long = { ...facts, timeline: facts.timeline.slice(0, 6), omittedEvents: 1_234 };
    expect(renderPostmortem(long, 'x.svg')).toContain(
      'Too long to be whole: 1234 events are left out after the first 3.',
    );
    expect(text).not.toContain('left out');
  });

  test('keeps the text of others inside its table cell', () => {
    expect(bare).toContain('| Opened by | somebody \\| with a pipe: error rate burns');
  });
});
