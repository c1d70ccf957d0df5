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

/** What both said of one alert of one trace from an instant on. */
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
  /** One evaluation interval and one scrape, seconds: as far as two that know nothing of each other's clocks may be
   *  apart; and a little for timers that are late. */
  readonly toleranceSeconds: number;
}

const tickMs = 50;
const lateMs = 300;

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
  const evaluating = every(alerts.evaluationInterval, stopping.signal, (at) => {
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
    toleranceSeconds: (scrapeInterval + evaluationInterval + lateMs) / 1_000,
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

interface Times {
  readonly startedAt: number;
  readonly evaluationInterval: number;
  readonly longestKept: number;
}

function compare(
  own: readonly OwnEvaluation[],
  firing: ReadonlyMap<string, readonly number[]>,
  times: Times,
): Map<string, Map<string, Said[]>> {
  const said = new Map<string, Map<string, Said[]>>();
  const evaluations = new Map<string, OwnEvaluation[]>();
  for (const evaluation of own) {
    const key = `${evaluation.service} ${evaluation.alert}`;
    const list = evaluations.get(key) ?? [];
    evaluations.set(key, list);
    list.push(evaluation);
  }
  for (const [key, list] of evaluations) {
    const [service = '', alert = ''] = key.split(' ');
    const byAlert = said.get(service) ?? new Map<string, Said[]>();
    said.set(service, byAlert);
    byAlert.set(alert, merge(list, firing.get(key) ?? [], times));
  }
  return said;
}

/** Both on one time line: an entry whenever either evaluates to something. */
function merge(
  own: readonly OwnEvaluation[],
  firing: readonly number[],
  { startedAt, evaluationInterval, longestKept }: Times,
): Said[] {
  const spans: { from: number; to: number }[] = [];
  for (const at of firing) {
    const last = spans.at(-1);
    // An evaluation that says nothing ends it.
    if (last !== undefined && at - last.to < evaluationInterval / 2)
      last.to = at + evaluationInterval;
    else spans.push({ from: at, to: at + evaluationInterval });
  }
  const changes = spans.flatMap(({ from, to }) => [from, to]);
  const lastAt = own.at(-1)?.at ?? 0;
  const points = [...new Set([...own.map(({ at }) => at), ...changes])]
    .filter((at) => at >= (own[0]?.at ?? 0) && at <= lastAt)
    .sort((one, other) => one - other);

  let index = 0;
  let undecidedAt = -Infinity;
  return points.map((at) => {
    while (index + 1 < own.length && own[index + 1]!.at <= at) index += 1;
    const { firing: fires, undecided } = own[index]!;
    if (undecided) undecidedAt = at;
    return {
      at: (at - startedAt) / 1_000,
      own: fires,
      held: fires && at - undecidedAt <= longestKept + 2 * evaluationInterval,
      prometheus: spans.some(({ from, to }) => from <= at && at < to),
    };
  });
}

/**
 * Where the two differed for longer than their clocks explain: `trace alert: who fires, from when to when`. A start or
 * an end may differ by the tolerance. So may both sides of a pause that is about as long as `keep_firing_for`: then one
 * sees a pause, of up to twice the tolerance, where the other just went on firing.
 */
export function disagreements({ said, toleranceSeconds }: BothSaid): string[] {
  return [...said].flatMap(([trace, alerts]) =>
    [...alerts].flatMap(([alert, list]) =>
      runsOf(list).flatMap(({ first, end }) => {
        const { own, prometheus, at } = list[first]!;
        const seconds = (list[end]?.at ?? list[end - 1]!.at) - at;
        const silent = own ? 'prometheus' : 'own';
        const isPause = list[first - 1]?.[silent] === true && list[end]?.[silent] === true;
        if (own === prometheus || seconds <= toleranceSeconds * (isPause ? 2 : 1)) return [];
        const who = own ? 'ours' : 'Prometheus';
        return [
          `${trace} ${alert}: only ${who} fires for ${seconds.toFixed(1)} s from ${at.toFixed(1)} s`,
        ];
      }),
    ),
  );
}

/** Stretches in which the two neither change nor are excused: from `first` up to, not including, `end`. */
function runsOf(list: readonly Said[]): { readonly first: number; readonly end: number }[] {
  const runs: { first: number; end: number }[] = [];
  let first = 0;
  for (let index = 1; index <= list.length; index += 1) {
    const [before, one] = [list[first], list[index]];
    if (before === undefined) break;
    if (
      one?.own === before.own &&
      one.prometheus === before.prometheus &&
      isHeld(one) === isHeld(before)
    )
      continue;
    if (!isHeld(before)) runs.push({ first, end: index });
    first = index;
  }
  return runs;
}

/** Ours goes on firing only since it could not decide: by design, and more careful than Prometheus. */
const isHeld = ({ own, held, prometheus }: Said): boolean => own && held && !prometheus;

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
