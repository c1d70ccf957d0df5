import { quantityFactors } from '../../services/shared/kubernetes/quantity-factors.js';

/** A Kubernetes quantity (`250m`, `1.5Gi`, `1e3`) as a number of its base unit; null when absent or unreadable. */
export function parseQuantity(text: string | undefined): number | null {
  const match = /^([+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(text ?? '');
  const factor = quantityFactors[match?.[2] ?? ''];
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
