import type { SloSeries } from '../../../activities/contracts/monitoring.contract.js';
import type { Phase } from '../../../activities/contracts/registry.contract.js';
import type { PostmortemFacts } from './postmortem-facts.js';
import { sayThreshold, sloTitles } from './wording.js';

const width = 960;
const left = 72;
const right = 24;
const panelHeight = 120;
const panelGap = 44;
const rowHeight = 16;

/** Colours for light pages, and for dark ones where the viewer prefers those. */
const style = `
    .page { fill: #ffffff } text { font: 12px system-ui, sans-serif; fill: #1f2328 }
    /* A halo keeps text legible where a line crosses it. */
    text { stroke: #ffffff; stroke-width: 3; paint-order: stroke } .title { font-weight: 600 }
    .quiet { fill: #59636e } .grid { stroke: #d1d9e0 } .line { stroke: #0969da; fill: none; stroke-width: 2 }
    .dot { fill: #0969da } .limit { stroke: #cf222e; stroke-dasharray: 6 4; stroke-width: 1.5 }
    .breach { fill: #cf222e; fill-opacity: 0.08 } .limit-text { fill: #cf222e }
    .phase { fill: #818b98; fill-opacity: 0.16 } .phase.odd { fill-opacity: 0.32 }
    .mark { stroke: #1f2328; stroke-width: 1 }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117 } text { fill: #f0f6fc; stroke: #0d1117 } .quiet { fill: #9198a1 } .grid { stroke: #3d444d }
      .line { stroke: #4493f8 } .dot { fill: #4493f8 } .limit { stroke: #f85149 } .breach { fill: #f85149 }
      .breach { fill-opacity: 0.14 } .limit-text { fill: #f85149 } .mark { stroke: #f0f6fc }
    }`;

/**
 * The SLO series through the incident, one panel each over a common time axis, with thresholds, the incident's phases
 * and its turning points. Null when there is nothing to draw.
 */
export function renderChart(facts: PostmortemFacts): string | null {
  const series = facts.series.filter(({ points }) => points.length > 0);
  const instants = series.flatMap(({ points }) => points.map(({ at }) => Date.parse(at)));
  if (instants.length === 0) return null;
  const from = Math.min(...instants);
  const to = Math.max(...instants, from + 1_000);
  const x = (at: number): number => left + ((at - from) / (to - from)) * (width - left - right);
  const within = (at: number): boolean => at >= from && at <= to;

  const marks = turningPoints(facts).filter(({ at }) => within(at));
  const labels = stack(marks.map(({ at, text }) => ({ x: x(at), text })));
  const phasesTop = labelTop(1 + Math.max(0, ...labels.map(({ row }) => row)));
  const panelsTop = phasesTop + 44;
  const height = panelsTop + series.length * (panelHeight + panelGap) + 12;
  const bottom = height - panelGap - 12;

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Service level through incident ${escape(facts.incident.name)}">`,
    `  <style>${style}\n  </style>`,
    `  <rect class="page" width="${width}" height="${height}" rx="6"/>`,
    `  <text x="${left}" y="22" class="title">${escape(facts.incident.name)}: service level and phases, times in UTC</text>`,
    ...phaseStrip(facts, x, { from, to, top: phasesTop, bottom }),
    ...marks.map(({ at }, index) => {
      const top = labelTop(labels[index]?.row ?? 0);
      return `  <line class="mark" x1="${round(x(at))}" x2="${round(x(at))}" y1="${top}" y2="${bottom}"/>`;
    }),
    ...series.flatMap((one, index) =>
      panel(one, x, panelsTop + index * (panelHeight + panelGap), { from, to }),
    ),
    ...labels.map(
      ({ text, row, anchor, textX }) =>
        `  <text x="${round(textX)}" y="${labelTop(row) + 10}" text-anchor="${anchor}">${escape(text)}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

const labelTop = (row: number): number => 34 + row * rowHeight;

interface Span {
  readonly from: number;
  readonly to: number;
}
type Scale = (at: number) => number;

function turningPoints({ incident }: PostmortemFacts): { at: number; text: string }[] {
  const points = [
    [incident.impactKnownBy === 'breach' ? null : incident.impactFrom, 'first failure'],
    [incident.breachedFrom, 'breach found'],
    [incident.detectedAt, 'detected'],
    [incident.mitigatedAt, 'change applied'],
    [incident.recoveredAt, 'recovery proven'],
  ] as const;
  return points.flatMap(([at, text]) =>
    at === null ? [] : [{ at: Date.parse(at), text: `${text} ${at.slice(11, 19)}` }],
  );
}

/** Labels that would overlap go into rows below each other; those near the right edge stand left of their line. */
function stack(labels: readonly { x: number; text: string }[]) {
  const rowEnds: number[] = [];
  return labels.map(({ x, text }) => {
    const length = text.length * 6.6 + 12;
    const anchor = x + length > width ? ('end' as const) : ('start' as const);
    const start = anchor === 'end' ? x - length : x;
    let row = rowEnds.findIndex((end) => end < start);
    if (row === -1) row = rowEnds.length;
    rowEnds[row] = start + length;
    return { text, row, anchor, textX: anchor === 'end' ? x - 5 : x + 5 };
  });
}

function phaseStrip(
  { timeline, incident }: PostmortemFacts,
  x: Scale,
  { from, to, top, bottom }: Span & { readonly top: number; readonly bottom: number },
): string[] {
  const starts = timeline.reduce<{ phase: Phase; at: number }[]>((found, { phase, at }) => {
    if (found.at(-1)?.phase !== phase) found.push({ phase, at: Date.parse(at) });
    return found;
  }, []);
  const end = incident.closedAt === null ? to : Math.min(Date.parse(incident.closedAt), to);
  return starts.flatMap(({ phase, at }, index) => {
    const begin = Math.max(at, from);
    const until = Math.min(starts[index + 1]?.at ?? end, to);
    if (until <= begin) return [];
    const wide = x(until) - x(begin);
    const shade = index % 2 === 0 ? 'phase' : 'phase odd';
    return [
      `  <rect class="${shade}" x="${round(x(begin))}" y="${top}" width="${round(wide)}" height="20"><title>${phase}</title></rect>`,
      ...(wide > phase.length * 6.6 + 6
        ? [
            `  <text x="${round(x(begin) + wide / 2)}" y="${top + 14}" text-anchor="middle">${phase}</text>`,
          ]
        : []),
      `  <line class="grid" x1="${round(x(begin))}" x2="${round(x(begin))}" y1="${top}" y2="${bottom}" stroke-opacity="0.5"/>`,
    ];
  });
}

function panel(series: SloSeries, x: Scale, top: number, span: Span): string[] {
  const { slo, threshold, unit } = series;
  const values = series.points.flatMap(({ value }) => (value === null ? [] : [value]));
  const [low, high, step] = valueRange(slo, threshold, values);
  const bottom = top + panelHeight;
  const y = (value: number): number =>
    bottom - ((Math.min(Math.max(value, low), high) - low) / (high - low)) * panelHeight;
  const limit = round(y(threshold));
  const breachTop = slo === 'availability' ? limit : top;
  const breachBottom = slo === 'availability' ? bottom : limit;
  const ticks = range(low, high, step);
  return [
    `  <text x="${left}" y="${top - 8}" class="title">${escape(sloTitles[slo] ?? slo)}</text>`,
    `  <text class="limit-text" x="${width - right}" y="${top - 8}" text-anchor="end">objective: ${escape(sayThreshold(series))}</text>`,
    `  <rect class="breach" x="${left}" y="${breachTop}" width="${width - left - right}" height="${round(breachBottom - breachTop)}"/>`,
    ...ticks.map(
      (tick) =>
        `  <line class="grid" x1="${left}" x2="${width - right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/><text class="quiet" x="${left - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${tick} ${unit === 'ms' ? 'ms' : '%'}</text>`,
    ),
    ...timeTicks(span).map(
      (at) =>
        `  <line class="grid" x1="${round(x(at))}" x2="${round(x(at))}" y1="${bottom}" y2="${bottom + 4}"/><text class="quiet" x="${round(x(at))}" y="${bottom + 17}" text-anchor="middle">${new Date(at).toISOString().slice(11, 19)}</text>`,
    ),
    `  <line class="limit" x1="${left}" x2="${width - right}" y1="${limit}" y2="${limit}"/>`,
    ...runs(series).map((points) =>
      points.length === 1
        ? points.map(
            ([at, value]) =>
              `  <circle class="dot" cx="${round(x(at))}" cy="${round(y(value))}" r="2.5"/>`,
          )[0]
        : `  <polyline class="line" points="${points.map(([at, value]) => `${round(x(at))},${round(y(value))}`).join(' ')}"/>`,
    ),
  ].filter((line) => line !== undefined);
}

/** Stretches of neighbouring points that have values: where there was no data there is a gap, not a line. */
function runs({ points }: SloSeries): [number, number][][] {
  return points
    .reduce<[number, number][][]>(
      (found, { at, value }) => {
        if (value === null) found.push([]);
        else found.at(-1)?.push([Date.parse(at), value]);
        return found;
      },
      [[]],
    )
    .filter((run) => run.length > 0);
}

/** Low, high and distance of grid lines. Starts at zero, except availability, which would be a flat line there. */
function valueRange(
  slo: string,
  threshold: number,
  values: readonly number[],
): [number, number, number] {
  if (slo === 'availability') {
    const lowest = Math.min(threshold, ...values);
    const step = niceStep((100 - lowest) * 1.1 || 1);
    return [Math.max(0, Math.floor(lowest / step) * step), 100, step];
  }
  const highest = Math.max(threshold * 1.25, ...values) * 1.05;
  const step = niceStep(highest);
  return [0, Math.ceil(highest / step) * step, step];
}

/** 1, 2 or 5 times a power of ten, so that three to six steps span the length. */
function niceStep(length: number): number {
  const rough = length / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
}

const range = (low: number, high: number, step: number): number[] =>
  Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) =>
    Number((low + index * step).toFixed(6)),
  );

const timeSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400,
];

function timeTicks({ from, to }: Span): number[] {
  const step =
    (timeSteps.find((seconds) => (to - from) / (seconds * 1_000) <= 9) ?? 86_400) * 1_000;
  const first = Math.ceil(from / step) * step;
  return Array.from(
    { length: Math.floor((to - first) / step) + 1 },
    (_, index) => first + index * step,
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
