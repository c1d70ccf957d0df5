import { generatedYaml } from '../../services/monitoring-api/monitoring-files.js';
import { prometheusRules } from '../../services/monitoring-api/prometheus-rules.js';
import type { RulesConfiguration } from '../../services/monitoring-api/prometheus-rules.js';
import { testRules } from './promtool.js';

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
  const test = {
    interval: '5s',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: Object.entries(expected).map(([seconds, alert]) => ({
      alertname,
      eval_time: `${seconds}s`,
      exp_alerts: alert === null ? [] : [inPromtoolsWords(alert)],
    })),
  };
  const rules = generatedYaml(configuration, prometheusRules(configuration));
  const { all } = await testRules(rules, {
    rule_files: ['rules.yml'],
    evaluation_interval: '5s',
    tests: [test],
  });
  return all.trim();
}

const inPromtoolsWords = ({ labels, summary, description }: ExpectedAlert): object => ({
  exp_labels: labels,
  exp_annotations: { summary, description },
});
