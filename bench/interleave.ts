/** One measurement of a variant; lower or higher is the benchmark's business. */
export type Sample = () => number | Promise<number>;

/** Measures every variant once a round, in a new random order each time. @returns values by variant, in rounds' order. */
export async function interleave<Name extends string>(
  variants: Readonly<Record<Name, Sample>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(variants) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  // The first round meets code that is not compiled yet: it warms up and does not count.
  for (const name of names) await variants[name]();
  for (let round = 0; round < rounds; round += 1) {
    for (const name of shuffled(names)) values[name].push(await variants[name]());
  }
  return values;
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item);
}
