import { readFileSync } from 'node:fs';
import type { Recording } from './play-trace.js';

/** A recording as it is kept: what alerts read of each scrape, series by series. */
export interface RecordedScrapes {
  readonly ticks: readonly { readonly pods: readonly string[]; readonly probe: boolean }[];
  /** `line`: name and labels. `values`: one a tick; null where the series was not seen. */
  readonly series: readonly {
    readonly pod: string;
    readonly line: string;
    readonly values: readonly (number | null)[];
  }[];
}

export const recordingsFolder = new URL('../monitoring/recordings/', import.meta.url);

/** Gives a kept recording back as the texts that were scraped. */
export function readRecording(name: string): Recording {
  const text = readFileSync(new URL(`${name}.json`, recordingsFolder), 'utf8');
  const { ticks, series } = JSON.parse(text) as RecordedScrapes;
  const textOf = (pod: string, tick: number): string | null => {
    const lines = series.flatMap((one) => {
      const value = one.pod === pod ? (one.values[tick] ?? null) : null;
      return value === null ? [] : [`${one.line} ${value}`];
    });
    return lines.length === 0 ? null : lines.join('\n');
  };
  return {
    name,
    ticks: ticks.map(({ pods, probe }, tick) => ({
      pods: new Map(pods.map((pod) => [pod, textOf(pod, tick)])),
      probe,
    })),
  };
}
