/** Requests of one party (a tenant, a warehouse) since it was named; `errors` of them failed. */
export interface PartyCount {
  readonly name: string;
  readonly requests: number;
  readonly errors: number;
}

/** The name under which all parties without one of their own are counted. No real one can look like it. */
export const otherParties = '(other)';

/** At most so many have a name, whoever calls: the bound on the series of a process. */
export const maxNamed = 20;

/** Parties that are weighed, most of them in silence. A weight is wrong by a share of 1/64 at most. */
const maxWeighed = 64;

/** A failure weighs as much as so many requests: a small party that always fails matters more than a large sound one. */
const failureWeight = 100;

/** At this sum all weights are halved: who was heavy once makes room for who is heavy now. */
const weightWindow = 20_000;

const partyName = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Whether a party can have this name: names come from callers, and what no party is called is told to nobody. */
export function isPartyName(name: string): boolean {
  return partyName.test(name);
}

interface Weighed {
  name: string;
  weight: number;
  /** The part of `weight` that may belong to the party that held this slot before. */
  inherited: number;
  isNamed: boolean;
  requests: number;
  errors: number;
}

/**
 * Counts requests by party with a bounded number of names, since names come from callers. Space-Saving (Metwally
 * et al., 2005) finds the heavy parties in a stream of any length: one with more than 1/20 + 1/64 of the recent
 * weight is certainly named, and nobody is named below 1/20.
 */
export class PartyCounts {
  readonly #weighed = new Map<string, Weighed>();
  readonly #others = { requests: 0, errors: 0 };
  #named = 0;
  #total = 0;

  record(name: string, failed: boolean): void {
    const weight = failed ? failureWeight : 1;
    const party = this.#weighed.get(name) ?? this.#weigh(name);
    if (party === undefined) return;
    this.#total += weight;
    party.weight += weight;
    if (!party.isNamed && this.#isHeavy(party)) this.#giveName(party);
    const counted = party.isNamed ? party : this.#others;
    counted.requests += 1;
    if (failed) counted.errors += 1;
    if (this.#total >= weightWindow) this.#halve();
  }

  /** The named parties, and all others under `otherParties`. */
  read(): PartyCount[] {
    const named = [...this.#weighed.values()].filter(({ isNamed }) => isNamed);
    return [
      ...named.map(({ name, requests, errors }) => ({ name, requests, errors })),
      { name: otherParties, ...this.#others },
    ];
  }

  #weigh(name: string): Weighed | undefined {
    if (!isPartyName(name)) return undefined;
    let party: Weighed;
    if (this.#weighed.size < maxWeighed) {
      party = { name, weight: 0, inherited: 0, isNamed: false, requests: 0, errors: 0 };
    } else {
      party = lightest(this.#weighed.values());
      this.#weighed.delete(party.name);
      if (party.isNamed) this.#takeName(party);
      party.name = name;
      party.inherited = party.weight;
    }
    this.#weighed.set(name, party);
    return party;
  }

  #isHeavy({ weight, inherited }: Weighed): boolean {
    return (weight - inherited) * maxNamed >= this.#total;
  }

  #giveName(party: Weighed): void {
    if (this.#named === maxNamed) {
      const named = [...this.#weighed.values()].filter(({ isNamed }) => isNamed);
      this.#takeName(lightest(named));
    }
    this.#named += 1;
    party.isNamed = true;
  }

  /** It would count from zero if it were named again, as a counter may. */
  #takeName(party: Weighed): void {
    this.#named -= 1;
    party.isNamed = false;
    party.requests = 0;
    party.errors = 0;
  }

  #halve(): void {
    this.#total /= 2;
    for (const party of this.#weighed.values()) {
      party.weight /= 2;
      party.inherited /= 2;
    }
  }
}

function lightest(parties: Iterable<Weighed>): Weighed {
  let found: Weighed | undefined;
  for (const party of parties) {
    if (found === undefined || party.weight < found.weight) found = party;
  }
  if (found === undefined) throw new Error('could not find the lightest party: there is none');
  return found;
}
