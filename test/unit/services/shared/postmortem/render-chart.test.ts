import { describe, expect, test } from '@jest/globals';
import { renderChart } from '../../../../../services/shared/postmortem/render-chart.js';
import { curedByRollback } from '../../../../support/postmortem-facts.js';

const facts = curedByRollback();
const chart = renderChart(facts) ?? '';

describe('the chart of a post-mortem', () => {
  test('shows every SLO with its objective', () => {
    for (const text of [
      'Latency, 95th percentile',
      'objective: at most 500 ms',
      'Error rate',
      'objective: below 1 %',
      'Availability',
      'objective: at least 99.5 %',
    ]) {
      expect(chart).toContain(text);
    }
    expect(chart.match(/class="limit"/g)).toHaveLength(3);
  });

  test('marks the turning points and the phases', () => {
    for (const text of [
      'first failure 09:59:58',
      'breach found 10:00:00',
      'detected 10:00:08',
      'change applied 10:00:15',
      'recovery proven 10:00:31',
      '<title>verify</title>',
    ]) {
      expect(chart).toContain(text);
    }
  });

  test('leaves a gap where there was no data', () => {
    // Latency and error rate in one stretch each, availability before and after the gap.
    expect(chart.match(/<polyline/g)).toHaveLength(4);
  });

  test('adapts to dark pages', () => {
    expect(chart).toContain('prefers-color-scheme: dark');
  });

  test('escapes names', () => {
    const named = { ...facts, incident: { ...facts.incident, name: 'a<b>"c"' } };
    expect(renderChart(named)).toContain('a&lt;b>&quot;c&quot;: service level');
  });

  test('is none without points', () => {
    expect(renderChart({ ...facts, series: [] })).toBeNull();
  });
});
