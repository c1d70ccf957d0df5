import type { Mutation } from '../../activities/contracts/kubernetes.contract.js';

/** The mutation that takes another one back; null where undo has no meaning. */
export function inverseOf(mutation: Mutation): Mutation | null {
  if (mutation.undo === null) return null;
  return {
    ...mutation,
    ...mutation.undo,
    id: undoId(mutation.id),
    undo: null,
    digestBefore: mutation.digestAfter,
    digestAfter: mutation.digestBefore,
    diff: '',
    summary: `undo of ${mutation.summary}`,
  };
}

export const isUndoOf = (id: string, of: string): boolean => id === undoId(of);

const undoId = (id: string): string => `${id}/undo`;
