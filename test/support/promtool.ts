import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { readEnvironment } from '../../configuration/environment.js';
import { provideTools } from '../../deploy/local/tools.js';
import { parseLabels } from './exposed-series.js';
import type { ExposedSeries } from './exposed-series.js';

export interface RulesRun {
  /** A rules file, as Prometheus reads it. */
  readonly rules: string;
  /** Milliseconds. Every scrape falls on a multiple of `grid` since its history's start. */
  readonly grid: number;
  readonly scrapeInterval: number;
  readonly evaluationInterval: number;
  readonly histories: readonly {
    readonly series: readonly ExposedSeries[];
    /** Epoch milliseconds; the first evaluation is an interval later. */
    readonly startsAt: number;
    readonly evaluations: number;
  }[];
}

/** What the rules wrote at an evaluation, `ALERTS` among it, in the order of the evaluations. */
export type Recorded = readonly {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}[];

/**
 * Evaluates rules by Prometheus' own engine under a clock of ours (`promtool test rules`), each history on its own.
 * Answers what they recorded in each at each evaluation. @throws Error with what promtool says when it refuses something.
 */
export async function evaluateRules(run: RulesRun): Promise<Recorded[][]> {
  const { stderr } = await testRules(run.rules, testFile(run));
  return readAnswers(stderr, run);
}

/** What `promtool test rules` says of a test file whose rules, in YAML, lie beside it as `rules.yml`. */
export async function testRules(
  rules: string,
  content: object,
): Promise<{ readonly stderr: string; readonly all: string }> {
  const { promtool } = await provideTools(['promtool'], {
    environment: readEnvironment(),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'promtool-'));
  try {
    await writeFile(path.join(folder, 'rules.yml'), rules);
    const file = path.join(folder, 'test.yml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify(content));
    const { stderr, all } = await execa(promtool, ['test', 'rules', file], {
      reject: false,
      all: true,
      timeout: 600_000,
      maxBuffer: 1_000_000_000,
    });
    return { stderr, all };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function testFile({
  rules,
  grid,
  scrapeInterval,
  evaluationInterval,
  histories,
}: RulesRun): object {
  const recorded = [...new Set(rules.match(/(?<=record: )\S+/g))].join('|');
  return {
    rule_files: ['rules.yml'],
    evaluation_interval: `${evaluationInterval}ms`,
    tests: histories.map(({ series, startsAt, evaluations }, history) => ({
      interval: `${grid}ms`,
      start_timestamp: new Date(startsAt).toISOString(),
      input_series: series.map((one) => ({
        series: `${one.metric}${JSON.stringify(one.labels).replaceAll(/"(\w+)":/g, '$1=')}`,
        values: valuesOf(one, startsAt, grid, scrapeInterval),
      })),
      // Nothing is expected, so that promtool says what there is instead. The number tells its answers apart.
      promql_expr_test: Array.from({ length: evaluations }, (_, index) => ({
        expr: `{__name__=~"ALERTS|${recorded}"} or vector(${history * maxEvaluations + index})`,
        eval_time: `${(index + 1) * evaluationInterval}ms`,
      })),
    })),
  };
}

const maxEvaluations = 100_000;

function readAnswers(text: string, { histories }: RulesRun): Recorded[][] {
  const answers = histories.map(({ evaluations }) => Array<Recorded | undefined>(evaluations));
  for (const [, number, vector = ''] of text.matchAll(
    /or vector\((\d+)\)", time:.*\n *exp: nil\n *got: (.*)/g,
  )) {
    const history = Math.floor(Number(number) / maxEvaluations);
    answers[history]![Number(number) % maxEvaluations] = [
      ...vector.matchAll(/\{([^}]*)\} ([^ ,]+)/g),
    ].map(([, inner = '', value]) => {
      const { __name__: metric = '', ...labels } = parseLabels(inner);
      return { metric, labels, value: Number(value) };
    });
  }
  return answers.map((evaluations) =>
    Array.from(evaluations, (recorded) => {
      if (recorded === undefined)
        throw new Error(`could not evaluate rules: ${text.slice(0, 2_000)}`);
      return recorded;
    }),
  );
}

/** `_x3 7 _x3 stale`: a value at each scrape; a scrape without the series, or none at all, makes it stale. */
function valuesOf(
  { at, values }: ExposedSeries,
  startsAt: number,
  grid: number,
  interval: number,
): string {
  const items: string[] = [];
  let next = 0;
  const put = (time: number, item: string): void => {
    const index = (time - startsAt) / grid;
    if (index > next) items.push(`_x${index - next}`);
    items.push(item);
    next = index + 1;
  };
  at.forEach((time, sample) => {
    const before = at[sample - 1];
    if (before !== undefined && time - before > interval) put(before + interval, 'stale');
    put(time, String(values[sample] ?? 0));
  });
  const last = at.at(-1);
  if (last !== undefined) put(last + interval, 'stale');
  return items.join(' ');
}
