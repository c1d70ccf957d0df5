import type { SloName } from '../../activities/contracts/monitoring.contract.js';
import { alertName } from '../../configuration/alert-names.js';
import type { AlertRule, AlertSettings } from '../../configuration/alerts.schema.js';
import { effectiveSlo } from '../../configuration/effective-slo.js';
import type { ServiceSettings, Slo } from '../../configuration/services.schema.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { registerFleetMetrics } from '../../services/monitoring-api/fleet-metrics.js';
import { Monitor } from '../../services/monitoring-api/monitor.js';
import { generatedYaml } from '../../services/monitoring-api/monitoring-files.js';
import { parseExposition } from '../../services/monitoring-api/parse-exposition.js';
import type { PodSample } from '../../services/monitoring-api/parse-exposition.js';
import { prometheusRules } from '../../services/monitoring-api/prometheus-rules.js';
import type { RuleState } from '../../services/monitoring-api/rules.js';
import { shareOf, sloNames } from '../../services/monitoring-api/slo.js';
import type { Share } from '../../services/monitoring-api/slo.js';
import { formatDuration } from '../../services/monitoring-api/format-duration.js';
import { SeriesLog } from './exposed-series.js';
import type { ExposedSeries } from './exposed-series.js';
import type { Recording } from './play-trace.js';
import { evaluateRules } from './promtool.js';
import type { Recorded } from './promtool.js';
import { Counted, Estimated } from './window-arithmetic.js';

export interface WatchedConfiguration {
  readonly services: Readonly<Record<string, ServiceSettings>>;
  readonly alerts: AlertSettings;
}

/** One alert of one recording, through time. */
export interface AlertHistory {
  readonly recording: string;
  readonly alert: string;
  readonly slo: SloName;
  readonly rule: AlertRule;
  readonly objective: Slo;
  readonly alerts: AlertSettings;
  readonly evaluations: readonly Evaluation[];
}

/** Shares of the rule's two windows; null: nothing to say anything about. */
export interface Windows {
  readonly long: Share | null;
  readonly short: Share | null;
}

export interface Evaluation {
  /** `undecided`: it judged the numbers too few, or not all of them seen. */
  readonly own: Windows & { readonly state: RuleState['state']; readonly undecided: boolean };
  readonly prometheus: Windows & { readonly state: 'inactive' | 'pending' | 'firing' };
  /** By definition: what ours has to count, and what Prometheus makes of the same scrapes. */
  readonly counted: Windows;
  readonly estimated: Windows;
}

const service = 'inventory';
const startsAt = Date.parse('2026-01-01T00:00:00Z');
/** Of a scrape interval. Scrapes and evaluations never coincide: whether a window includes its ends does not matter. */
const phases = { pods: 0.25, probe: 0.5, monitoringApi: 0.75 };

/** Our evaluator, or one that is wrong on purpose: to prove that a comparison notices. */
export interface OwnEvaluator {
  /** If otherwise than the generated rules. */
  readonly configuration?: WatchedConfiguration;
  readonly read?: (text: string, pod: string) => PodSample;
}

/** Shows recordings to our evaluator and to Prometheus' own, each at the same virtual instants. */
export async function evaluateBoth(
  recordings: readonly Recording[],
  configuration: WatchedConfiguration,
  own: OwnEvaluator = {},
): Promise<AlertHistory[]> {
  const { scrapeInterval, evaluationInterval } = configuration.alerts;
  const watched = [];
  for (const recording of recordings) {
    watched.push(await watch(recording, own.configuration ?? configuration, own.read));
  }
  const recorded = await evaluateRules({
    rules: generatedYaml(configuration, prometheusRules(configuration)),
    grid: scrapeInterval / 4,
    scrapeInterval,
    evaluationInterval,
    histories: watched.map(({ series, ends }) => ({ series, startsAt, evaluations: ends.length })),
  });
  return watched.flatMap((one, index) => withPrometheus(one, recorded[index] ?? []));
}

type OwnHistory = Omit<AlertHistory, 'evaluations'> & { readonly own: Evaluation['own'][] };

interface Watched {
  readonly histories: readonly OwnHistory[];
  readonly series: readonly ExposedSeries[];
  /** When each pod was made; null: not known. */
  readonly born: ReadonlyMap<string, number | null>;
  readonly probes: readonly { readonly at: number; readonly ok: boolean }[];
  /** Instants of the evaluations. */
  readonly ends: readonly number[];
}

/** Our evaluator, from the text of a scrape to the state of each rule. */
async function watch(
  recording: Recording,
  configuration: WatchedConfiguration,
  read: NonNullable<OwnEvaluator['read']> = parseExposition,
): Promise<Watched> {
  const { alerts } = configuration;
  const objective = effectiveSlo(configuration, service);
  const monitor = new Monitor(configuration);
  const store = monitor.store(service);
  const registry = new MetricsRegistry();
  let now = startsAt;
  registerFleetMetrics(registry, monitor, () => now);
  const log = new SeriesLog();
  const probes: { at: number; ok: boolean }[] = [];
  const born = new Map<string, number | null>();
  // Those of the start are as old as may be. A moment later than the evaluation before: not on the edge of a window.
  const bornAt = (tickAt: number): number | null => (tickAt === startsAt ? null : tickAt + 1);
  const ends: number[] = [];
  const histories = alerts.rules.flatMap((rule) =>
    sloNames.map((slo): OwnHistory => ({
      recording: recording.name,
      alert: alertName(slo, rule),
      slo,
      rule,
      objective,
      alerts,
      own: [],
    })),
  );

  for (const { pods, probe } of recording.ticks) {
    const tickAt = now;
    const instant = (phase: number): number => tickAt + phase * alerts.scrapeInterval;
    for (const name of pods.keys()) if (!born.has(name)) born.set(name, bornAt(tickAt));
    store.updatePods(
      [...pods.keys()].map((name) => ({
        name,
        templateHash: null,
        createdAt: born.get(name) ?? null,
        ready: true,
        address: null,
      })),
      tickAt,
    );
    for (const [pod, text] of pods) {
      if (text === null) {
        store.recordFailedScrape(pod, 'no answer');
        continue;
      }
      const at = instant(phases.pods);
      store.recordScrape(pod, at, read(text, pod));
      log.add(at, { namespace: 'supply-chain', pod, service }, text);
    }
    if (probe !== null) {
      store.recordProbe(instant(phases.probe), probe);
      probes.push({ at: instant(phases.probe), ok: probe });
    }
    now = instant(phases.monitoringApi);
    log.add(now, { job: 'monitoring-api' }, await registry.metrics());
    now = tickAt + alerts.evaluationInterval;
    ends.push(now);
    monitor.evaluate(now);
    const views = new Map(monitor.rules().map((view) => [view.name, view]));
    const share = byWindow((slo, window) =>
      shareOf(slo, store.counts(now - window, now), objective),
    );
    for (const { alert, slo, rule, own } of histories) {
      own.push({
        state: views.get(alert)?.state ?? 'inactive',
        undecided: views.get(alert)?.note !== undefined,
        long: share(slo, rule.longWindow),
        short: share(slo, rule.shortWindow),
      });
    }
  }
  return { histories, series: log.all(), born, probes, ends };
}

function withPrometheus(
  { histories, series, born, probes, ends }: Watched,
  recorded: readonly Recorded[],
): AlertHistory[] {
  const valueOf = (index: number, metric: string, labels: Readonly<Record<string, string>>) =>
    recorded[index]?.find(
      (one) =>
        one.metric === metric &&
        Object.entries(labels).every(([name, value]) => one.labels[name] === value),
    )?.value;
  return histories.map(({ own, ...history }): AlertHistory => {
    const { slo, rule, alert, objective } = history;
    const counted = new Counted(series, born, probes, objective.latencyP95Ms / 1_000);
    const estimated = new Estimated(series, objective.latencyP95Ms / 1_000);
    const windows = (share: (window: number) => Share | null): Windows => ({
      long: share(rule.longWindow),
      short: share(rule.shortWindow),
    });
    const recordedShare = (index: number, window: number): Share | null => {
      const labels = { slo, service, window: formatDuration(window) };
      const bad = valueOf(index, 'slo:bad:increase', labels);
      const total = valueOf(index, 'slo:total:increase', labels);
      return bad === undefined || total === undefined ? null : { bad, total };
    };
    const state = (index: number) =>
      (['firing', 'pending'] as const).find(
        (alertstate) => valueOf(index, 'ALERTS', { alertname: alert, alertstate }) !== undefined,
      ) ?? 'inactive';
    return {
      ...history,
      evaluations: ends.map((at, index) => ({
        own: own[index] ?? { state: 'inactive', undecided: true, long: null, short: null },
        prometheus: {
          state: state(index),
          ...windows((window) => recordedShare(index, window)),
        },
        counted: windows((window) => counted.share(slo, at - window, at)),
        estimated: windows((window) => estimated.share(slo, at - window, at)),
      })),
    };
  });
}

/** Asks once for each SLO and window. */
function byWindow(ask: (slo: SloName, window: number) => Share): typeof ask {
  const answers = new Map<string, Share>();
  return (slo, window) => {
    const key = `${slo} ${window}`;
    const share = answers.get(key) ?? ask(slo, window);
    answers.set(key, share);
    return share;
  };
}
