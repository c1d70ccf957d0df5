const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity (`250m`, `1.5Gi`, `1e3`) as a number of its base unit; null when absent or unreadable. */
export function parseQuantity(text: string | undefined): number | null {
  const match = /^([+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(text ?? '');
  const factor = factors[match?.[2] ?? ''];
  return match === null || factor === undefined ? null : Number(match[1]) * factor;
}

/** CPU in thousandths of a core, whole. */
export function toMillicores(text: string | undefined): number | null {
  const cores = parseQuantity(text);
  return cores === null ? null : Math.round(cores * 1_000);
}

/** Whole bytes. */
export function toBytes(text: string | undefined): number | null {
  const bytes = parseQuantity(text);
  return bytes === null ? null : Math.round(bytes);
}
