import type { Mutation } from '../../activities/contracts/kubernetes.contract.js';

/** The mutation that takes another one back; null where undo has no meaning. */
export function inverseOf(mutation: Mutation): Mutation | null {
  if (mutation.undo.length === 0) return null;
  return {
    ...mutation,
    id: `${mutation.id}/undo`,
    patch: mutation.undo,
    undo: [],
    digestBefore: mutation.digestAfter,
    digestAfter: mutation.digestBefore,
    diff: '',
    summary: `undo of ${mutation.summary}`,
  };
}
