import type { PostmortemFacts } from './postmortem-facts.js';
import { newestAlerts, readFindings } from './read-findings.js';
import type { Findings, SloFinding } from './read-findings.js';
import { renderImpact } from './render-impact.js';
import {
  cell,
  notRecorded,
  sayDuration,
  sayInstant,
  sayNumber,
  sayThreshold,
  sloTitles,
} from './wording.js';

/**
 * The post-mortem as Markdown: a rendering of the registry's record and nothing else. What the record does not hold
 * is said to be not recorded.
 * `chart`: address of the SVG of `renderChart`, as the Markdown shall name it.
 */
export function renderPostmortem(facts: PostmortemFacts, chart: string): string {
  const findings = readFindings(facts.timeline);
  return [
    ...headline(facts, findings),
    ...renderImpact(facts, findings),
    ...chartSection(facts, chart),
    ...seen(findings),
    ...causes(facts, findings),
    ...plan(findings),
    ...decision(findings),
    ...changeTable(findings),
    ...verification(findings),
    ...checklist(facts, findings),
    ...timeline(facts),
  ]
    .join('\n')
    .concat('\n');
}

function headline({ incident }: PostmortemFacts, { changes }: Findings): string[] {
  const { name, service, environment, outcome, severity, trigger, summary } = incident;
  const tried = [...new Set(changes.flatMap(({ runbook }) => runbook ?? []))].join(', ');
  return [
    `# Post-mortem ${name}`,
    '',
    `**${outcome === null ? `still open, in phase ${incident.phase}` : outcome}**${incident.closingSummary === null ? '' : `: ${cell(incident.closingSummary)}`}`,
    '',
    '| | |',
    '|---|---|',
    `| Service | ${service} |`,
    `| Environment | ${environment} |`,
    `| Severity | ${severity ?? notRecorded} |`,
    `| Opened by | ${trigger === null ? notRecorded : cell(trigger)}${summary === null ? '' : `: ${cell(summary)}`} |`,
    `| Runbook | ${incident.runbook ?? (tried === '' ? 'none' : `none led to recovery; tried: ${tried}`)} |`,
    `| Changes made | ${incident.mutations ?? notRecorded} |`,
    ...(incident.configurationOverride === null
      ? []
      : [
          `| Configuration | overridden by \`${incident.configurationOverride}\`: windows and holds are not those of production |`,
        ]),
    `| Workflow | \`${incident.workflowId}\`, run \`${incident.runId}\` |`,
    '',
  ];
}

function chartSection({ series, note }: PostmortemFacts, chart: string): string[] {
  const body =
    series.length > 0
      ? `![Service level through the incident, with its phases](${chart})`
      : `No chart: ${note ?? 'series are kept when the incident closes'}.`;
  return ['## Service level through the incident', '', body, ''];
}

function seen({ readings }: Findings): string[] {
  if (readings.length === 0) return [];
  // Readings of `watchVerdict` have their own section; these are the looks before anything was changed.
  const looks = readings.filter(({ event }) => event.phase !== 'verify' && event.phase !== 'act');
  return [
    '## What was seen',
    '',
    ...looks.flatMap(({ event, told }) => [
      `${sayInstant(event.at)}: ${event.summary}`,
      '',
      ...sloTable(told.slos),
      '',
    ]),
  ];
}

function sloTable(slos: readonly SloFinding[]): string[] {
  return [
    '| SLO | value | objective | state | samples | window |',
    '|---|---|---|---|---|---|',
    ...slos.map((slo) => {
      const value = slo.value === null ? 'no data' : sayNumber(slo.value, slo.unit);
      return `| ${sloTitles[slo.slo] ?? slo.slo} | ${value} | ${sayThreshold(slo)} | ${slo.state} | ${slo.samples} of ${slo.minSamples} needed | ${sayDuration(slo.windowMs)} |`;
    }),
  ];
}

function causes({ incident }: PostmortemFacts, { hypotheses, changeByOthers }: Findings): string[] {
  return [
    '## Root cause',
    '',
    incident.rootCause === null
      ? `No cause was established.${changeByOthers === null ? '' : ` But ${cell(changeByOthers)}, and the service recovered after it: who did it knows more.`}`
      : `**${incident.rootCause}**: the hypothesis whose remedy led to a proven recovery.`,
    '',
    ...hypotheses.flatMap((hypothesis) => [
      `- **${hypothesis.name}**, score ${hypothesis.score}`,
      ...hypothesis.for.map((text) => `  - for: ${text}`),
      ...hypothesis.against.map((text) => `  - against: ${text}`),
      ...hypothesis.unknown.map((text) => `  - not known: ${text}`),
    ]),
    ...(hypotheses.length > 0 ? [''] : []),
  ];
}

function plan({ plans, refusals }: Findings): string[] {
  if (plans.length === 0 && refusals.length === 0) return [];
  return [
    '## Plan',
    '',
    ...refusals.flatMap(({ event }) => [`- ${event.summary}`]),
    ...(refusals.length > 0 ? [''] : []),
    ...plans.flatMap(({ told }) => [
      `**${told.runbook}**, risk ${told.risk}: ${told.summary}`,
      '',
      `Expected effect: ${told.expectedEffect}. Undo: ${told.undo}. Plan hash \`${told.hash}\`.`,
      '',
      ...told.mutations.flatMap(({ summary, diff }) => [summary, '', ...fenced('diff', diff), '']),
    ]),
  ];
}

function decision({ decisions }: Findings): string[] {
  return [
    '## Decision',
    '',
    ...(decisions.length === 0 ? ['Nobody decided anything.'] : []),
    ...decisions.map(({ event, told }) => {
      const who = told.by ?? 'an unnamed person';
      const how = told.identity === undefined ? '' : ` (identity ${told.identity})`;
      const hash = told.planHash === undefined ? '' : `, plan \`${told.planHash}\``;
      const why = told.reason === undefined ? '' : `: ${told.reason}`;
      return `- ${sayInstant(event.at)}: **${told.decision}** by ${who}${how}${hash}${why}`;
    }),
    '',
  ];
}

function changeTable({ changes }: Findings): string[] {
  if (changes.length === 0) return ['## Changes', '', 'Nothing was changed.', ''];
  return [
    '## Changes',
    '',
    '| applied | target | what | resourceVersion | generation | mutation |',
    '|---|---|---|---|---|---|',
    ...changes.map(
      ({ target, appliedAt, resourceVersion, generation, mutationId, summary }) =>
        `| ${sayInstant(appliedAt)} | ${target.namespace}/${target.name} | ${cell(summary)} | ${resourceVersion} | ${generation} | \`${mutationId}\` |`,
    ),
    '',
  ];
}

function verification({ verdicts }: Findings): string[] {
  if (verdicts.length === 0) return [];
  return [
    '## Verification',
    '',
    ...verdicts.flatMap(({ told }) => [
      `**${told.kind}**: ${told.summary}`,
      '',
      `Measured from ${sayInstant(told.since)} on${told.heldForMs > 0 ? `, held for ${sayDuration(told.heldForMs)}` : ''}.`,
      '',
      ...sloTable(told.slos),
      '',
    ]),
  ];
}

/** The checklist of the written runbook. Ticked is only what the record proves. */
function checklist(facts: PostmortemFacts, findings: Findings): string[] {
  const { incident, timeline } = facts;
  const green = provenGreen(facts, findings);
  const explained = incident.rootCause !== null && timeline.length > 0;
  const item = (done: boolean, what: string, evidence: string): string =>
    `- [${done ? 'x' : ' '}] ${what}: ${evidence}`;
  return [
    '## Checklist',
    '',
    item(green !== null, 'Alerts returned to green', green ?? 'not proven by the record'),
    item(
      explained,
      'Root cause and chronology documented',
      explained
        ? `cause and ${timeline.length} events below, from the record; add what people know beyond it`
        : 'the chronology is below, the cause is open',
    ),
    item(false, 'Resilience tests extended by this incident', 'for people to do'),
    item(false, 'Preventive actions prioritised in the backlog', 'for people to do'),
    '',
  ];
}

/** By the look before closing, or by the alerts themselves: each that was heard of was resolved in the end. */
function provenGreen(
  { incident, timeline, omittedEvents }: PostmortemFacts,
  { lastCheck }: Findings,
): string | null {
  if (incident.outcome === 'recovered' && lastCheck !== null) {
    return `${lastCheck.summary} (${sayInstant(lastCheck.at)})`;
  }
  const newest = newestAlerts(timeline);
  const isWhole = omittedEvents === 0 && newest.length > 0;
  return isWhole && newest.every(({ status }) => status === 'resolved')
    ? `each of the ${newest.length} alerts heard of was resolved (${newest.map(({ event }) => sayInstant(event.at)).join(', ')})`
    : null;
}

function timeline({ timeline: events, omittedEvents }: PostmortemFacts): string[] {
  return [
    '## Timeline',
    '',
    ...(omittedEvents === 0
      ? []
      : [
          `Too long to be whole: ${omittedEvents} events are left out after the first ${events.length / 2}.`,
          '',
        ]),
    '| time (UTC) | phase | kind | what |',
    '|---|---|---|---|',
    ...events.map(
      ({ at, phase, kind, summary }) =>
        `| ${at.slice(0, 10)} ${at.slice(11, 23)} | ${phase} | ${kind} | ${cell(summary)} |`,
    ),
  ];
}

/** A code block whose fence is longer than any run of backticks inside. */
function fenced(language: string, text: string): string[] {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, text.trimEnd(), fence];
}
