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
    [
      'the impact window, and how its beginning is known',
      'From 2026-11-24 09:59:58 UTC to 2026-11-24 10:00:31 UTC: **33 s**. It begins with the first write that failed',
    ],
    ['the first failure', '| First failure | 2026-11-24 09:59:58 UTC |  |'],
    ['when the breach was found', '| Breach found | 2026-11-24 10:00:00 UTC | 2 s |'],
    [
      'how many writes failed',
      '**63 writes failed** within the impact window; of 5 more the caller gave up',
    ],
    ['whose writes failed where', '| acme | POST /inventory/reservations | 42 | 5 |'],
    ['failed writes counted together', '| not named, or several | several | 18 | 0 |'],
    ['the smaller groups together', '| 2 further of both | | 3 | 0 |'],
    [
      'where each failed write is read',
      '`GET /audit/events?kind=failed-writes&service=inventory&since=2026-11-24T09:59:58.000Z&until=2026-11-24T10:00:31.000Z`',
    ],
    [
      'how many failed when it was confirmed, of reads too',
      'of the 4 s before: 7 of 26 writes failed, 0 of 64 reads failed; by tenant: acme (5 of 10).',
    ],
    ['time to detect', '| Detected | 2026-11-24 10:00:08 UTC | 10 s |'],
    ['time to the change', '| Change applied | 2026-11-24 10:00:15 UTC | 17 s |'],
    ['time to recovery', '| Recovery proven | 2026-11-24 10:00:31 UTC | 33 s |'],
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

describe('the post-mortem of an incident that nothing cured', () => {
  const applied = facts.timeline.find(({ kind }) => kind === 'mutation')!;
  const receipt = (applied.details as { receipts: object[] }).receipts[0];
  const change = (sequence: number, kind: 'mutation' | 'rollout', second: number) => ({
    ...applied,
    sequence,
    kind,
    summary: `change ${sequence}`,
    details: { receipts: [{ ...receipt, appliedAt: `2026-11-24T10:00:${second}.000Z` }] },
  });
  const plain = facts.timeline.filter(({ kind }) => kind !== 'mutation' && kind !== 'rollout');
  const failed = {
    ...facts,
    incident: {
      ...facts.incident,
      outcome: 'unresolved' as const,
      runbook: null,
      mitigatedAt: null,
    },
    timeline: [
      ...plain,
      change(20, 'mutation', 20),
      change(21, 'rollout', 30),
      change(22, 'mutation', 40),
      change(23, 'rollout', 50),
    ],
  };

  test('lists changes and their undoing in order of time', () => {
    const rows = renderPostmortem(failed, 'x.svg').matchAll(/\| (change \d+) \| 4711/g);
    expect([...rows].map(([, what]) => what)).toEqual(
      [20, 21, 22, 23].map((sequence) => `change ${sequence}`),
    );
  });

  test('names the runbook that was tried and when it first changed something', () => {
    const told = renderPostmortem(failed, 'x.svg');
    expect(told).toContain('| Runbook | none led to recovery; tried: rollback |');
    expect(told).toContain(
      '| Change applied | none that led to recovery; the first one 2026-11-24 10:00:20 UTC |',
    );
  });

  describe('and that recovered by itself', () => {
    const alert = (sequence: number, key: string) => ({
      ...facts.timeline[0]!,
      sequence,
      at: `2026-11-24T10:00:${sequence}.000Z`,
      details: { key },
    });
    const green = (...more: (typeof facts.timeline)[number][]) =>
      renderPostmortem(
        {
          ...facts,
          incident: { ...facts.incident, outcome: 'self-recovered' },
          timeline: [...facts.timeline.slice(0, 2), ...more],
        },
        'x.svg',
      );

    test('says what somebody else changed before it did', () => {
      const summary = 'somebody changed deployment a/b from revision 4 to revision 5';
      const note = { ...facts.timeline[1]!, sequence: 20, kind: 'note' as const, summary };
      const incident = { ...facts.incident, rootCause: null, mitigatedAt: null, mutations: 0 };
      const changed = {
        ...facts,
        incident: { ...incident, outcome: 'self-recovered' as const },
        timeline: [{ ...note, details: { changeByOthers: { summary, at: null } } }],
      };
      expect(renderPostmortem(changed, 'x.svg')).toContain(
        `No cause was established. But ${summary}, and the service recovered after it`,
      );
      expect(renderPostmortem(changed, 'x.svg')).toContain('| Change applied | none |');
    });

    test('has green alerts when each one heard of was resolved in the end', () => {
      expect(
        green(alert(20, 'ba2|firing|2'), alert(21, 'ba2|resolved|2'), alert(22, 'f00|resolved|1')),
      ).toContain('- [x] Alerts returned to green: each of the 2 alerts heard of was resolved');
    });

    test.each([
      ['one was never resolved', [alert(20, 'ba2|firing|2'), alert(21, 'f00|resolved|1')]],
      ['one fired again', [alert(20, 'f00|resolved|1'), alert(21, 'f00|firing|3')]],
    ])('has none when %s', (_what, more) => {
      expect(green(...more)).toContain('- [ ] Alerts returned to green: not proven by the record');
    });
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
        impactKnownBy: null,
        breachedFrom: null,
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
