import type { RawMetadata } from './raw-objects.js';

interface Owned {
  readonly metadata: RawMetadata;
}

/** Those of `items` that one of `owners` controls: a selector alone may match what belongs to others. */
export function controlledBy<T extends Owned>(items: readonly T[], owners: readonly Owned[]): T[] {
  const uids = new Set(owners.map(({ metadata }) => metadata.uid));
  return items.filter(({ metadata: { ownerReferences = [] } }) =>
    ownerReferences.some(({ uid, controller }) => controller === true && uids.has(uid)),
  );
}
