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

/** Reads a Kubernetes quantity: `500m` → 0.5 (cores), `512Mi` → 536870912 (bytes). @throws Error when it is none. */
export function parseQuantity(quantity: string): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(
    quantity,
  );
  const factor = factors[match?.[2] ?? ''];
  if (match === null || factor === undefined) {
    throw new Error(
      `could not read quantity ${quantity}: expected a number such as 500m, 2 or 512Mi`,
    );
  }
  return Number(match[1]) * factor;
}

/** Cores as metrics-server writes them, in nano-cores. */
export function formatCpu(cores: number): string {
  return `${Math.round(cores * 1e9)}n`;
}

/** Bytes as metrics-server writes them, in kibibytes. */
export function formatMemory(bytes: number): string {
  return `${Math.ceil(bytes / 1024)}Ki`;
}
