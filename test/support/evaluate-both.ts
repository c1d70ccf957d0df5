import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { Registry } from 'prom-client';
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
import { watchService } from '../../services/monitoring-api/watch-service.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import { serve } from '../../services/shared/http/server.js';
import { playerOf } from './alert-traces.js';
import type { Trace } from './alert-traces.js';
import { silent } from './api.js';
import { eventually } from './eventually.js';
import { startMonitoredService } from './monitored-service.js';

/** What both said of one alert of one trace at one evaluation. */
export interface Said {
  /** Seconds from the start of the traces. */
  readonly at: number;
  /** Our rule fires; `held`: only since it could not decide lately, which Prometheus does not know. */
  readonly own: boolean;
  readonly held: boolean;
  readonly prometheus: boolean;
}

export interface BothSaid {
  /** By trace, then by name of the alert. */
  readonly said: ReadonlyMap<string, ReadonlyMap<string, readonly Said[]>>;
  /** One evaluation interval and one scrape, seconds: as far as two clocks that know nothing of each other may be apart. */
  readonly toleranceSeconds: number;
}

const tickMs = 50;

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
  const playing = every(tickMs, stopping.signal, () => {
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
  const evaluating = every(alerts.evaluationInterval, stopping.signal, () => {
    const at = Date.now();
    monitor.evaluate(at);
    for (const { service, name, state, note } of monitor.rules()) {
      own.push({
        at,
        service,
        alert: name,
        firing: state === 'firing',
        undecided: note !== undefined,
      });
    }
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
    toleranceSeconds: (scrapeInterval + evaluationInterval) / 1_000,
  };
}

const podOf = (service: string): string => `${service}-abc12-xyz12`;

interface OwnEvaluation {
  readonly at: number;
  readonly service: string;
  readonly alert: string;
  readonly firing: boolean;
  readonly undecided: boolean;
}

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
  const registry = new Registry();
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

function compare(
  own: readonly OwnEvaluation[],
  firing: ReadonlyMap<string, readonly number[]>,
  {
    startedAt,
    evaluationInterval,
    longestKept,
  }: {
    readonly startedAt: number;
    readonly evaluationInterval: number;
    readonly longestKept: number;
  },
): Map<string, Map<string, Said[]>> {
  const said = new Map<string, Map<string, Said[]>>();
  const undecidedAt = new Map<string, number>();
  for (const { at, service, alert, firing: fires, undecided } of own) {
    const key = `${service} ${alert}`;
    if (undecided) undecidedAt.set(key, at);
    const lately = at - (undecidedAt.get(key) ?? -Infinity);
    const times = firing.get(key) ?? [];
    const byAlert = said.get(service) ?? new Map<string, Said[]>();
    said.set(service, byAlert);
    const list = byAlert.get(alert) ?? [];
    byAlert.set(alert, list);
    list.push({
      at: (at - startedAt) / 1_000,
      own: fires,
      held: fires && lately <= longestKept + 2 * evaluationInterval,
      // Between two of its evaluations Prometheus says what it said at the first.
      prometheus: times.some((time) => time <= at && at - time < evaluationInterval * 1.5),
    });
  }
  return said;
}

/** Times during which the two differed for longer than allowed: `trace alert: who fired, from when to when`. */
export function disagreements({ said, toleranceSeconds }: BothSaid): string[] {
  return [...said].flatMap(([trace, alerts]) =>
    [...alerts].flatMap(([alert, list]) => {
      const found: string[] = [];
      let since: number | null = null;
      for (const { at, own, held, prometheus } of list) {
        if (own === prometheus || (held && own)) {
          since = null;
          continue;
        }
        since ??= at;
        if (at - since > toleranceSeconds) {
          found.push(
            `${trace} ${alert}: only ${own ? 'ours' : 'Prometheus'} fires at ${at.toFixed(1)} s`,
          );
          since = Infinity;
        }
      }
      return found;
    }),
  );
}

/** The same as if Prometheus had said something else: to prove that the comparison would notice. */
export function withPrometheus(
  both: BothSaid,
  say: (before: boolean, at: number) => boolean,
): BothSaid {
  const said = [...both.said].map(
    ([trace, alerts]) =>
      [
        trace,
        new Map(
          [...alerts].map(([alert, list]) => [
            alert,
            list.map((one) => ({ ...one, prometheus: say(one.prometheus, one.at) })),
          ]),
        ),
      ] as const,
  );
  return { ...both, said: new Map(said) };
}

/** How many times an alert began or ended, of ours. */
export function transitions({ said }: BothSaid, trace: string): number {
  return [...(said.get(trace)?.values() ?? [])].reduce(
    (sum, list) =>
      sum + list.filter(({ own }, index) => own !== (list[index - 1]?.own ?? false)).length,
    0,
  );
}
