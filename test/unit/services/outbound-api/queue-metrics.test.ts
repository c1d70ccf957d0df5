import { expect, test } from '@jest/globals';
import { registerQueueMetrics } from '../../../../services/outbound-api/queue-metrics.js';
import { MetricsRegistry } from '../../../../services/shared/telemetry/metrics-registry.js';

test('a database that does not answer makes no zeros, and the scrape goes on', async () => {
  const registry = new MetricsRegistry();
  const metrics = registerQueueMetrics(registry, () => Promise.reject(new Error('gone')));
  metrics.countRetry();

  const text = await registry.metrics();

  expect(text).toContain('outbound_queue_orders{state="waiting"} Nan\n');
  expect(text).toContain('outbound_queue_oldest_seconds Nan\n');
  expect(text).toContain('outbound_retries_total 1\n');
});

test('a refusal counts once for each precondition, however many reasons it has', async () => {
  const registry = new MetricsRegistry();
  const metrics = registerQueueMetrics(registry, () => Promise.reject(new Error('gone')));
  metrics.countRefusal([
    { precondition: 'queue-stable', detail: 'one' },
    { precondition: 'queue-stable', detail: 'another' },
  ]);

  const text = await registry.metrics();

  expect(text).toContain('outbound_retry_refusals_total{precondition="queue-stable"} 1\n');
  expect(text).toContain('outbound_retry_refusals_total{precondition="health-ok"} 0\n');
});
