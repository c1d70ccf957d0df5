/** One time series, as whoever scrapes it comes to know it. */
export interface ExposedSeries {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch milliseconds of each scrape that showed it, and its values there. */
  readonly at: readonly number[];
  readonly values: readonly number[];
}

/** What alerting rules are made of. They read two buckets; the others are for quantiles, which no alert looks at. */
const wanted =
  /^(?:(http_requests_total|probe_requests_total)|(http_request_duration_seconds_bucket)(?=.*le="(?:0\.5|\+Inf)"))\{(.*)\} (\S+)$/;

/** Collects scrapes of many targets into series. */
export class SeriesLog {
  readonly #series = new Map<
    string,
    { readonly series: ExposedSeries; at: number[]; values: number[] }
  >();

  /** `target`: labels that the scraper adds. */
  add(at: number, target: Readonly<Record<string, string>>, text: string): void {
    const prefix = JSON.stringify(target);
    for (const line of text.split('\n')) {
      const [, counter, bucket, labels, value] = wanted.exec(line) ?? [];
      const metric = counter ?? bucket;
      if (metric === undefined || labels === undefined) continue;
      const key = `${prefix}${metric}{${labels}`;
      let found = this.#series.get(key);
      if (found === undefined) {
        const times: number[] = [];
        const values: number[] = [];
        const series = { metric, labels: { ...target, ...parseLabels(labels) }, at: times, values };
        found = { series, at: times, values };
        this.#series.set(key, found);
      }
      found.at.push(at);
      found.values.push(Number(value));
    }
  }

  all(): ExposedSeries[] {
    return [...this.#series.values()].map(({ series }) => series);
  }
}

/** No value of these families needs escaping. */
export const parseLabels = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
