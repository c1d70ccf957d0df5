import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { readEnvironment } from '../../configuration/environment.js';
import { provideTools } from '../../deploy/local/tools.js';
import { generatedYaml } from '../../services/monitoring-api/monitoring-files.js';
import { prometheusRules } from '../../services/monitoring-api/prometheus-rules.js';
import type { RulesConfiguration } from '../../services/monitoring-api/prometheus-rules.js';

export interface ExpectedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
}

/**
 * What Prometheus' own engine says of the generated rules: its text ends in SUCCESS when exactly `expected` fires at each
 * of these seconds, null for none. `series`: values at scrapes five seconds apart, as promtool writes them.
 */
export async function judgeRules(
  configuration: RulesConfiguration,
  {
    alertname,
    series,
    expected,
  }: {
    readonly alertname: string;
    readonly series: Readonly<Record<string, string>>;
    readonly expected: Readonly<Record<number, ExpectedAlert | null>>;
  },
): Promise<string> {
  const { promtool } = await provideTools(['promtool'], {
    environment: readEnvironment(),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'judge-rules-'));
  try {
    const rules = generatedYaml(configuration, prometheusRules(configuration));
    await writeFile(path.join(folder, 'rules.yml'), rules);
    const file = path.join(folder, 'test.yml');
    const test = {
      interval: '5s',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: Object.entries(expected).map(([seconds, alert]) => ({
        alertname,
        eval_time: `${seconds}s`,
        exp_alerts: alert === null ? [] : [inPromtoolsWords(alert)],
      })),
    };
    // JSON is YAML.
    const content = { rule_files: ['rules.yml'], evaluation_interval: '5s', tests: [test] };
    await writeFile(file, JSON.stringify(content));
    const { all } = await execa(promtool, ['test', 'rules', file], {
      reject: false,
      all: true,
      timeout: 60_000,
    });
    return all.trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const inPromtoolsWords = ({ labels, summary, description }: ExpectedAlert): object => ({
  exp_labels: labels,
  exp_annotations: { summary, description },
});
