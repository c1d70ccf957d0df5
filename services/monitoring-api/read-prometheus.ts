import type { MetricsSource, ScrapeOutcome } from './metrics-source.js';
import { exposedFamilies, parseExposition } from './parse-exposition.js';
import { causeOf, readBounded } from './pod-answer.js';

export interface PrometheusSourceOptions {
  /** Base URL of a Prometheus that scrapes the pods and labels them as `runbook rules` configures it. */
  readonly url: string;
  readonly service: string;
  /** The gauge of its oldest waiting work, if it has one. */
  readonly oldest?: string | null;
  readonly timeoutMs: number;
  /** What Prometheus last saw longer ago than this says nothing about now. */
  readonly maxAgeMs: number;
}

/**
 * Asks Prometheus, which has scraped the pods already, for their newest raw counters (`/federate`). Windows and verdicts
 * are made of them here, as of scrapes of our own: one arithmetic, whoever scrapes.
 */
export function prometheusSource(options: PrometheusSourceOptions): MetricsSource {
  const { service, oldest = null, timeoutMs, maxAgeMs } = options;
  const target = new URL('/federate', options.url);
  const families = exposedFamilies(oldest).join('|');
  target.searchParams.set(
    'match[]',
    `{__name__=~"${families}",service="${escapeValue(service)}",pod!=""}`,
  );
  let toldUntil: ReadonlyMap<string, number> = new Map();

  return {
    async read(pods, tell) {
      let byPod: Map<string, PodText>;
      try {
        byPod = splitByPod(await federate(target, timeoutMs));
      } catch (error) {
        const failure = `could not ask Prometheus: ${causeOf(error, timeoutMs)}`;
        for (const { name } of pods) tell(name, { failure });
        return;
      }
      const now = Date.now();
      const told = new Map<string, number>();
      for (const { name } of pods) {
        const text = byPod.get(name);
        if (text === undefined) {
          tell(name, { failure: 'Prometheus has no counters of it' });
          continue;
        }
        const { at } = text;
        told.set(name, at);
        if (now - at > maxAgeMs) {
          tell(name, {
            failure: `Prometheus last scraped it ${Math.round((now - at) / 1_000)} s ago`,
          });
        } else if (at > (toldUntil.get(name) ?? 0)) {
          tell(name, read(text, oldest));
        }
      }
      toldUntil = told;
    },
  };
}

async function federate(target: URL, timeoutMs: number): Promise<string> {
  const response = await fetch(target, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`/federate answered ${response.status}`);
  }
  return readBounded(response);
}

interface PodText {
  readonly lines: string[];
  /** When Prometheus scraped it, epoch milliseconds. */
  at: number;
}

/** Every sample stands with its labels and the instant of its scrape: `name{…,pod="…"} value milliseconds`. */
function splitByPod(text: string): Map<string, PodText> {
  const byPod = new Map<string, PodText>();
  for (const line of text.split('\n')) {
    const pod = /[{,]pod="([^"]*)"/.exec(line)?.[1];
    if (pod === undefined) continue;
    const at = Number(line.slice(line.lastIndexOf(' ') + 1));
    const found = byPod.get(pod);
    if (found === undefined) {
      byPod.set(pod, { lines: [line], at });
    } else {
      found.lines.push(line);
      found.at = Math.max(found.at, at);
    }
  }
  return byPod;
}

function read({ lines, at }: PodText, oldest: string | null): ScrapeOutcome {
  try {
    return { at, sample: parseExposition(lines.join('\n'), oldest) };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

const escapeValue = (value: string): string => value.replace(/["\\]/g, '\\$&');
