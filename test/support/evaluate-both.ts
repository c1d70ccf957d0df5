import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { SloName } from '../../activities/contracts/monitoring.contract.js';
import { alertName } from '../../configuration/alert-names.js';
import type { AlertRule } from '../../configuration/alerts.schema.js';
import { effectiveSlo } from '../../configuration/effective-slo.js';
import type { Slo } from '../../configuration/services.schema.js';
import { readEnvironment } from '../../configuration/environment.js';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { freePorts } from '../../deploy/local/ports.js';
import { provideTools } from '../../deploy/local/tools.js';
import { every } from '../../services/monitoring-api/every.js';
import { registerFleetMetrics } from '../../services/monitoring-api/fleet-metrics.js';
import { Monitor } from '../../services/monitoring-api/monitor.js';
import { generatedYaml } from '../../services/monitoring-api/monitoring-files.js';
import { monitoringRoutes } from '../../services/monitoring-api/monitoring.routes.js';
import { prometheusConfig } from '../../services/monitoring-api/prometheus-config.js';
import { prometheusRules } from '../../services/monitoring-api/prometheus-rules.js';
import type { ServiceStore } from '../../services/monitoring-api/service-store.js';
import {
  budgetPercent,
  exceeds,
  minimumSamples,
  shareOf,
  sloNames,
} from '../../services/monitoring-api/slo.js';
import { watchService } from '../../services/monitoring-api/watch-service.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import { serve } from '../../services/shared/http/server.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { playerOf } from './alert-traces.js';
import type { Trace } from './alert-traces.js';
import { silent } from './api.js';
import { compare } from './compare-alerts.js';
import type { BothSaid, OwnEvaluation } from './compare-alerts.js';
import { eventually } from './eventually.js';
import { startMonitoredService } from './monitored-service.js';

const tickMs = 50;
/** Starting everything is no part of what is compared. */
const startMs = 5_000;

/**
 * Plays traces, each as a service of its own, before our evaluator and a real Prometheus on the generated rules. Both
 * scrape the same processes.
 */
export async function evaluateBoth(traces: readonly Trace[], seconds: number): Promise<BothSaid> {
  const cleanUps: (() => unknown)[] = [];
  try {
    return await run(traces, seconds, cleanUps);
  } finally {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  }
}

async function run(
  traces: readonly Trace[],
  seconds: number,
  cleanUps: (() => unknown)[],
): Promise<BothSaid> {
  const { alerts, ...local } = loadConfiguration(['configuration', 'configuration/local']);
  const template = local.services['inventory'];
  if (template === undefined) throw new Error('no service inventory');
  const played = await Promise.all(
    traces.map(async (trace) => {
      const process = await startMonitoredService();
      cleanUps.push(process.stop);
      return { trace, process, play: playerOf(trace, process) };
    }),
  );
  const services = Object.fromEntries(
    played.map(({ trace: { name }, process }) => [
      name,
      {
        ...template,
        deployment: { ...template.deployment, name },
        url: `http://${process.address}`,
      },
    ]),
  );
  const monitor = new Monitor({ services, alerts });

  const stopping = new AbortController();
  const startedAt = Date.now();
  let worstDelayMs = 0;
  const playing = every(tickMs, stopping.signal, (due) => {
    if (due - startedAt > startMs) worstDelayMs = Math.max(worstDelayMs, Date.now() - due);
    for (const { play } of played) play((Date.now() - startedAt) / 1_000);
  });
  const watching = played.map(({ trace: { name }, process }) =>
    watchService({
      service: name,
      settings: { ...template, url: `http://${process.address}` },
      alerts,
      pods: {
        list: () =>
          Promise.resolve([
            { name: podOf(name), templateHash: 'abc', ready: true, address: process.address },
          ]),
      },
      store: monitor.store(name),
      signals: monitor.signals(name),
      token: null,
      onSignals: () => undefined,
      logger: silent,
      signal: stopping.signal,
    }),
  );
  const own: OwnEvaluation[] = [];
  const rules = new Map(
    alerts.rules.flatMap((rule) => sloNames.map((slo) => [alertName(slo, rule), { rule, slo }])),
  );
  let newest: OwnEvaluation[] = [];
  const evaluating = every(alerts.evaluationInterval, stopping.signal, (at) => {
    // One evaluation later, when it is known what a later scrape has seen.
    for (const evaluation of newest) {
      const { service, alert } = evaluation;
      const judged = rules.get(alert)!;
      evaluation.borderline = isBorderline(monitor.store(service), {
        ...judged,
        at: evaluation.at,
        objective: effectiveSlo({ services, alerts }, service),
        minSamples: minimumSamples(judged.slo, alerts.minimumSamples),
        scrapeInterval: alerts.scrapeInterval,
      });
    }
    monitor.evaluate(at);
    newest = monitor.rules().map(({ service, name, state, note }) => ({
      at,
      service,
      alert: name,
      firing: state === 'firing',
      undecided: note !== undefined,
      borderline: false,
    }));
    own.push(...newest);
  });
  cleanUps.push(async () => {
    stopping.abort();
    await Promise.all([playing, ...watching, evaluating]);
  });

  const prometheus = await startPrometheus({ services, alerts, monitor, played, cleanUps });
  await eventually(
    'the traces are over',
    () => (Date.now() - startedAt > seconds * 1_000 ? true : undefined),
    seconds * 1_000 + 10_000,
  );
  stopping.abort();
  const firing = await readFiring(prometheus, seconds + 5);
  const { scrapeInterval, evaluationInterval } = alerts;
  const longestKept = Math.max(...alerts.rules.map((rule) => rule.keepFiringFor));
  return {
    said: compare(own, firing, { startedAt, evaluationInterval, longestKept }),
    toleranceSeconds: (scrapeInterval + evaluationInterval + 2 * worstDelayMs) / 1_000,
    worstDelayMs,
  };
}

const podOf = (service: string): string => `${service}-abc12-xyz12`;

async function startPrometheus({
  services,
  alerts,
  monitor,
  played,
  cleanUps,
}: {
  readonly services: Parameters<typeof prometheusRules>[0]['services'];
  readonly alerts: Parameters<typeof prometheusRules>[0]['alerts'];
  readonly monitor: Monitor;
  readonly played: readonly {
    readonly trace: Trace;
    readonly process: { readonly address: string };
  }[];
  readonly cleanUps: (() => unknown)[];
}): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'differential-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const registry = new MetricsRegistry();
  const now = () => Date.now();
  registerFleetMetrics(registry, monitor, now);
  const server = await serve(monitoringRoutes({ monitor, registry, now }), {
    host: '127.0.0.1',
    port: 0,
    readiness: new Readiness(),
    drainMs: 0,
  });
  cleanUps.push(() => server.stop());

  const { prometheus } = await provideTools(['prometheus'], {
    environment: readEnvironment(),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const [port = 0, nobody = 0] = await freePorts(2);
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const podsFile = await write(
    'pods.json',
    JSON.stringify(
      played.map(({ trace, process: { address } }) => ({
        targets: [address],
        labels: { namespace: 'supply-chain', pod: podOf(trace.name) },
      })),
    ),
  );
  const configuration = { services, alerts };
  const rulesFile = await write(
    'rules.yml',
    generatedYaml(configuration, prometheusRules(configuration)),
  );
  const config = prometheusConfig(configuration, {
    rulesFile,
    alertmanager: `127.0.0.1:${nobody}`,
    monitoringApi: `127.0.0.1:${server.port}`,
    podsFile,
  });
  const child = execa(
    prometheus,
    [
      `--config.file=${await write('prometheus.yml', generatedYaml(configuration, config))}`,
      `--storage.tsdb.path=${path.join(folder, 'metrics')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { reject: false, all: true, buffer: false },
  );
  cleanUps.push(async () => {
    child.kill('SIGTERM');
    await child;
  });
  return `http://127.0.0.1:${port}`;
}

/** When each alert fired at Prometheus, epoch milliseconds of its evaluations: by `service alert`. */
async function readFiring(url: string, seconds: number): Promise<Map<string, number[]>> {
  const query = `ALERTS{alertstate="firing",slo!=""}[${seconds}s]`;
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await response.json()) as {
    readonly data: {
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>;
        readonly values: readonly [at: number, value: string][];
      }[];
    };
  };
  return new Map(
    data.result.map(({ metric, values }) => [
      `${metric['service'] ?? ''} ${metric['alertname'] ?? ''}`,
      values.map(([at]) => at * 1_000),
    ]),
  );
}

interface Judged {
  readonly rule: AlertRule;
  readonly slo: SloName;
  readonly objective: Slo;
  readonly minSamples: number;
  readonly at: number;
  readonly scrapeInterval: number;
}

/** Whether a rule would burn by some, but not by all scrapes that might have been taken instead: up to one apart. */
function isBorderline(
  store: ServiceStore,
  { rule, slo, objective, minSamples, at, scrapeInterval }: Judged,
): boolean {
  const shifts = [-scrapeInterval, 0, scrapeInterval];
  const verdicts = (window: number, atLeast: number): boolean[] =>
    shifts.flatMap((early) =>
      shifts.map((late) => {
        const share = shareOf(slo, store.counts(at - window + early, at + late), objective);
        const budget = budgetPercent(slo, objective);
        return share.total >= atLeast && exceeds(slo, share, budget, rule.burnRate);
      }),
    );
  const long = verdicts(rule.longWindow, minSamples);
  const short = verdicts(rule.shortWindow, 1);
  const may = long.includes(true) && short.includes(true);
  const must = !long.includes(false) && !short.includes(false);
  return may && !must;
}
