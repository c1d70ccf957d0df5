import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';

/** Where something is written. `line` and `column` begin at 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Fault {
  readonly place: Place;
  /** Dotted path of the key, `rules[0].burnRate`; empty for the file as a whole. */
  readonly key: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** A value that remembers where it was written. In maps every entry also remembers the place of its key. */
export interface Located {
  readonly place: Place;
  readonly keyPlace: Place;
  readonly value: LocatedValue;
}
type LocatedValue =
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Located> }
  | { readonly kind: 'list'; readonly items: readonly Located[] }
  | { readonly kind: 'scalar'; readonly scalar: unknown };

/** Reads one YAML text. Syntax errors and duplicate keys come back as faults; an empty file is an empty map. */
export function parseLocated(file: string, text: string): { root: Located; faults: Fault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [...document.errors, ...document.warnings].map((error): Fault => {
    const place = placeAt(error.pos[0]);
    if (error.code !== 'DUPLICATE_KEY') {
      return { place, key: '', message: `could not read YAML: ${error.message}` };
    }
    // The parser tells where the second key begins, not how it is called.
    const key = /^["']?([\w.-]+)/.exec(text.slice(error.pos[0]))?.[1] ?? '';
    return { place, key, message: 'duplicate key; keep one of the two entries' };
  });
  const start = placeAt(0);
  const root = document.contents === null ? null : locate(document.contents, document, placeAt);
  return {
    root: root ?? { place: start, keyPlace: start, value: { kind: 'map', entries: new Map() } },
    faults,
  };
}

/** Lays `over` on `base`: maps are merged key by key, everything else is replaced whole. */
export function overlay(base: Located, over: Located): Located {
  if (base.value.kind !== 'map' || over.value.kind !== 'map') return over;
  const entries = new Map(base.value.entries);
  for (const [key, entry] of over.value.entries) {
    const below = entries.get(key);
    entries.set(key, below === undefined ? entry : overlay(below, entry));
  }
  return { ...base, value: { kind: 'map', entries } };
}

/** The plain value, places forgotten. */
export function toPlain({ value }: Located): unknown {
  switch (value.kind) {
    case 'scalar':
      return value.scalar;
    case 'list':
      return value.items.map(toPlain);
    case 'map':
      return Object.fromEntries([...value.entries].map(([key, entry]) => [key, toPlain(entry)]));
  }
}

/** What is written at `path`, or null. */
export function find(root: Located, path: Path): Located | null {
  let at: Located | undefined = root;
  for (const step of path) {
    if (at === undefined) return null;
    at =
      at.value.kind === 'map'
        ? at.value.entries.get(String(step))
        : at.value.kind === 'list'
          ? at.value.items[Number(step)]
          : undefined;
  }
  return at ?? null;
}

/** Place of the value at `path`; where it is missing, of the key it should stand under. */
export function placeOf(root: Located, path: Path): Place {
  const found = find(root, path);
  if (found !== null) return found.place;
  for (let depth = path.length - 1; depth > 0; depth -= 1) {
    const parent = find(root, path.slice(0, depth));
    if (parent !== null) return parent.keyPlace;
  }
  return root.keyPlace;
}

export function formatPath(path: Path): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`,
    )
    .join('');
}

function locate(
  node: Node,
  document: Document,
  placeAt: (offset: number) => Place,
  keyPlace?: Place,
): Located {
  const place = placeAt(node.range?.[0] ?? 0);
  const key = keyPlace ?? place;
  if (isAlias(node)) {
    const target = node.resolve(document);
    if (target !== undefined) return locate(target, document, placeAt, key);
  }
  if (isMap<Node, Node | null>(node)) {
    const entries = node.items.map(({ key: name, value }): [string, Located] => {
      const nameAt = placeAt(name.range?.[0] ?? 0);
      return [
        isScalar(name) ? String(name.value) : name.toString(),
        value === null
          ? { place: nameAt, keyPlace: nameAt, value: { kind: 'scalar', scalar: null } }
          : locate(value, document, placeAt, nameAt),
      ];
    });
    return { place, keyPlace: key, value: { kind: 'map', entries: new Map(entries) } };
  }
  if (isSeq<Node>(node)) {
    const items = node.items.map((item) => locate(item, document, placeAt));
    return { place, keyPlace: key, value: { kind: 'list', items } };
  }
  return {
    place,
    keyPlace: key,
    value: { kind: 'scalar', scalar: isScalar(node) ? node.value : null },
  };
}
