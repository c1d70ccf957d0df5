import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PodSignal } from '../../../../services/monitoring-api/signal-log.js';
import { newestSignals, SignalLog } from '../../../../services/monitoring-api/signal-log.js';

const capacity = 12;
const start = Date.parse('2026-01-01T00:00:00Z');
const services = ['inventory', 'outbound'] as const;

type Said = Pick<PodSignal, 'service' | 'pod' | 'severity' | 'tenant'> & { readonly time: number };

/** Few times, so that many are equal; in no order, as pods are read in turn and their clocks differ. */
const said = fc.record<Said>({
  service: fc.constantFrom(...services),
  pod: fc.constantFrom('one', 'two'),
  severity: fc.constantFrom('warning', 'error'),
  tenant: fc.constantFrom(null, 'acme', 'globex'),
  time: fc.integer({ min: 0, max: 9 }).map((second) => start + second * 1_000),
});
/** At the times of signals and between them. */
const half = fc.integer({ min: -1, max: 20 }).map((halves) => start + halves * 500);
const filter = fc.record({
  severity: fc.constantFrom(undefined, 'warning' as const, 'error' as const),
  tenant: fc.constantFrom(undefined, 'acme', 'globex'),
  since: fc.option(half, { nil: undefined }),
});
const asked = fc.constantFrom(['inventory', 'outbound'], ['outbound', 'inventory'], ['outbound']);
const query = fc.record({ filter, asked, limit: fc.integer({ min: 1, max: 30 }) });

const asSignal = ({ time, ...rest }: Said, index: number): PodSignal => ({
  ...rest,
  at: new Date(time).toISOString(),
  kind: 'span',
  method: 'POST',
  route: '/orders',
  status: 500,
  durationMs: 10,
  warehouse: null,
  requestId: `r-${index}`,
  traceId: null,
  spanId: null,
  message: null,
});

describe('SignalLog', () => {
  test('goes on with a pod that was not listed for a while where it left off', () => {
    const log = new SignalLog('inventory');
    log.updatePods(['one', 'two']);
    log.record('one', { next: 'x.7', missed: 0, signals: [] });
    log.updatePods(['two']);
    expect(log.cursorOf('one')).toBeUndefined();
    log.updatePods(['one', 'two']);
    expect(log.cursorOf('one')).toBe('x.7');
    expect(log.cursorOf('two')).toBeUndefined();
  });

  test('remembers a bounded number of pods that are gone', () => {
    const log = new SignalLog('inventory');
    const pods = Array.from({ length: 1_025 }, (_, index) => `pod-${index}`);
    for (const pod of pods) {
      log.updatePods([pod]);
      log.record(pod, { next: pod, missed: 0, signals: [] });
    }
    log.updatePods([]);
    log.updatePods(pods);
    expect(pods.filter((pod) => log.cursorOf(pod) === undefined)).toEqual(['pod-0']);
  });

  test('finds what a plain sort of the newest arrivals finds, whatever is asked between them', () => {
    const steps = fc.array(fc.record({ page: fc.array(said, { maxLength: 10 }), query }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(steps, (steps) => {
        const logs = new Map(services.map((name) => [name, new SignalLog(name, capacity)]));
        const all: PodSignal[] = [];
        for (const { page, query } of steps) {
          for (const signal of page.map((one, index) => asSignal(one, all.length + index))) {
            all.push(signal);
            logs.get(signal.service as (typeof services)[number])?.record(signal.pod, {
              next: String(all.length),
              missed: 0,
              signals: [signal],
            });
          }
          const found = newestSignals(
            query.asked.flatMap((name) => logs.get(name) ?? []),
            query.filter,
            query.limit,
          );
          expect(found).toEqual(plainly(all, query));
        }
      }),
    );
  });
});

/** The same by definition. */
function plainly(
  all: readonly PodSignal[],
  {
    filter: { severity, tenant, since = 0 },
    asked,
    limit,
  }: {
    filter: {
      severity?: string | undefined;
      tenant?: string | undefined;
      since?: number | undefined;
    };
    asked: readonly string[];
    limit: number;
  },
): PodSignal[] {
  return asked
    .flatMap((name) => all.filter(({ service }) => service === name).slice(-capacity))
    .filter((signal) => severity !== 'error' || signal.severity === 'error')
    .filter((signal) => tenant === undefined || signal.tenant === tenant)
    .filter(({ at }) => Date.parse(at) >= since)
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at))
    .slice(0, limit);
}
