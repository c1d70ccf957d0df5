export interface Accepted {
  readonly id: string;
  /** Its own, so that it is known again whatever key it comes under. */
  readonly reference: string;
}

export interface Received {
  readonly key: string;
  readonly reference: string;
}

/** What is wrong, a sentence each: every accepted order must have been received exactly once, under its id as key. */
export function deliveryFaults(
  accepted: readonly Accepted[],
  received: readonly Received[],
): string[] {
  const keysOf = new Map<string, string[]>();
  for (const { key, reference } of received) {
    keysOf.set(reference, [...(keysOf.get(reference) ?? []), key]);
  }
  const known = new Set(accepted.map(({ reference }) => reference));
  return [
    ...accepted.flatMap(({ id, reference }) => {
      const [key, ...more] = keysOf.get(reference) ?? [];
      if (key === undefined) return [`order ${reference} was lost`];
      if (more.length > 0) return [`order ${reference} was delivered ${more.length + 1} times`];
      return key === id ? [] : [`order ${reference} was delivered under key ${key}, not ${id}`];
    }),
    ...[...keysOf.keys()]
      .filter((reference) => !known.has(reference))
      .map((reference) => `order ${reference} was delivered and never accepted`),
  ];
}
