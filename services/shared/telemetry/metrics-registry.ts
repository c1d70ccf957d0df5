import { setImmediate as nextTurn } from 'node:timers/promises';
import { Registry } from 'prom-client';

/** What a metric is called, what it says and how it counts. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'histogram';
}

/** Metrics that write their own lines: prom-client spends microseconds on each, mostly on labels that never change. */
export interface TextSource {
  readonly families: readonly MetricFamily[];
  /** Whole lines for each of `families`, part by part. One part is written in one turn: its figures agree. */
  parts(): Iterable<readonly string[]>;
}

/** A piece of the exposition as it is sent. */
type Page = Uint8Array<ArrayBuffer>;

/** After so long, what else the process has to do comes first. */
const longestTurnMs = 2;

/** Characters on a page: larger ones cost more to put together (measured from 4 to 64 thousand). */
const pageLength = 16_384;

/** prom-client's registry, for few series, together with sources of many, which never hold up the event loop. */
export class MetricsRegistry extends Registry {
  readonly #sources: TextSource[] = [];
  #rendering: Promise<readonly Page[]> | undefined;

  addSource(source: TextSource): void {
    this.#sources.push(source);
  }

  /** The exposition, to be sent one page after the other. While it is being written, all who ask get the same one. */
  pages(): Promise<readonly Page[]> {
    this.#rendering ??= this.#render().finally(() => {
      this.#rendering = undefined;
    });
    return this.#rendering;
  }

  /** The exposition as one text. */
  override async metrics(): Promise<string> {
    return Buffer.concat(await this.pages()).toString();
  }

  async #render(): Promise<readonly Page[]> {
    const pages: Page[] = [Buffer.from(await super.metrics())];
    for (const source of this.#sources) {
      await nextTurn();
      pages.push(...(await renderSource(source)));
    }
    return pages;
  }
}

/** A label with its value, escaped for the text format. */
export function label(name: string, value: string | number): string {
  const escaped = String(value)
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('"', '\\"');
  return `${name}="${escaped}"`;
}

async function renderSource(source: TextSource): Promise<Page[]> {
  const written = source.families.map(({ name, help, type }) => ({
    pages: [] as Page[],
    text: `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`,
  }));
  let startedAt = performance.now();
  for (const part of source.parts()) {
    written.forEach((family, index) => {
      family.text += part[index] ?? '';
      if (family.text.length > pageLength) turnPage(family);
    });
    if (performance.now() - startedAt < longestTurnMs) continue;
    await nextTurn();
    startedAt = performance.now();
  }
  written.forEach(turnPage);
  return written.flatMap(({ pages }) => pages);
}

function turnPage(family: { readonly pages: Page[]; text: string }): void {
  family.pages.push(Buffer.from(family.text));
  family.text = '';
}
