import type { AlertSettings } from '../../configuration/alerts.schema.js';
import type { ServiceSettings } from '../../configuration/services.schema.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { PodSource } from './discovery.js';
import { every } from './every.js';
import { probe } from './probe.js';
import { readPodSignals } from './read-pod-signals.js';
import type { MetricsSource, ScrapeOutcome } from './metrics-source.js';
import { scrapeTimeoutMs } from './scrape.js';
import type { DiscoveredPod, ServiceStore } from './service-store.js';
import { maxPods } from './service-store.js';
import type { PodSignal, SignalLog } from './signal-log.js';
import { StateLog } from './state-log.js';

export interface WatchServiceOptions {
  readonly service: string;
  readonly settings: Pick<ServiceSettings, 'url' | 'probePath'>;
  readonly alerts: AlertSettings;
  readonly pods: PodSource;
  /** Where their counters come from. */
  readonly metrics: MetricsSource;
  readonly store: ServiceStore;
  readonly signals: SignalLog;
  /** Bearer token for the signals of the pods; null sends none. */
  readonly token: string | null;
  readonly onSignals: (signals: readonly PodSignal[]) => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Feeds the store of one service until the signal aborts: discovers its pods, scrapes each and asks it for its signals,
 *  probes it from outside. */
export async function watchService(options: WatchServiceOptions): Promise<void> {
  const { service, settings, alerts, metrics, store, signals, signal } = options;
  const logger = options.logger.child({ service });
  const log = new StateLog();
  const podLog = new StateLog();
  let pods: readonly DiscoveredPod[] = [];

  const discover = async (): Promise<void> => {
    try {
      pods = (await options.pods.list()).slice(0, 2 * maxPods);
      store.updatePods(pods, Date.now());
      const names = pods.map(({ name }) => name);
      signals.updatePods(names);
      podLog.keepOnly(names);
      log.note('discovery', null, () => {
        logger.info({ pods: pods.length }, 'pods found');
      });
    } catch (error) {
      // The last known pods may still answer.
      const cause = error instanceof Error ? error.message : String(error);
      log.note('discovery', 'failed', () => {
        logger.warn({ cause }, 'could not list pods; going on with those known');
      });
    }
  };

  const timeoutMs = scrapeTimeoutMs(alerts.scrapeInterval);
  const record = (pod: string, reading: ScrapeOutcome): void => {
    if ('sample' in reading) {
      store.recordScrape(pod, reading.at, reading.sample);
      podLog.note(pod, null, () => undefined);
      return;
    }
    store.recordFailedScrape(pod, reading.failure);
    podLog.note(pod, 'failed', () => {
      logger.warn({ pod, cause: reading.failure }, 'could not read the counters of pod');
    });
  };

  const collectSignals = async ({ name, address }: DiscoveredPod): Promise<void> => {
    if (address === null) {
      signals.recordFailure(name, 'it has no address yet');
      return;
    }
    try {
      const since = signals.cursorOf(name);
      const page = await readPodSignals({ address, since, token: options.token, timeoutMs });
      options.onSignals(signals.record(name, page));
    } catch (error) {
      signals.recordFailure(name, (error as Error).message);
    }
  };

  const target = new URL(settings.probePath, settings.url);
  const probeOnce = async (): Promise<void> => {
    const result = await probe(target, alerts.probeTimeout);
    if (result !== 'void') store.recordProbe(Date.now(), result === 'ok');
    log.note('probe', result === 'ok' ? null : result, () => {
      if (result === 'ok') logger.info('probe succeeds again');
      else logger.warn({ result }, 'probe failed');
    });
  };

  await Promise.all([
    every(Math.min(alerts.scrapeInterval, 5_000), signal, discover),
    every(alerts.scrapeInterval, signal, async () => {
      await Promise.all([metrics.read(pods, record), ...pods.map(collectSignals)]);
    }),
    // Not awaited: a probe may take longer than the pause between two.
    every(alerts.probeInterval, signal, () => void probeOnce()),
  ]);
}
