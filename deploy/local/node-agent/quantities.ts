import { quantityFactors } from '../../../services/shared/kubernetes/quantity-factors.js';

/** Reads a Kubernetes quantity: `500m` → 0.5 (cores), `512Mi` → 536870912 (bytes). @throws Error when it is none. */
export function parseQuantity(quantity: string): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(
    quantity,
  );
  const factor = quantityFactors[match?.[2] ?? ''];
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
