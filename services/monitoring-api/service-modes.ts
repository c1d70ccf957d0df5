import type {
  ModeInForce,
  RefusedFlag,
  ServiceModes,
} from '../../activities/contracts/monitoring.contract.js';
import type { PodMode, PodModes } from './pod-modes.js';
import type { ServiceStore } from './service-store.js';

/** Pods that are named for not obeying a mode that others obey. */
const maxNamed = 5;

/** What the pods of a service obey, together, and what they refused in `[from, to]`. Null when none of them tells. */
export function readModes(store: ServiceStore, from: number, to: number): ServiceModes | null {
  const pods = store
    .livePods()
    .flatMap(({ name, modes }) => (modes === null ? [] : [{ name, modes }]));
  if (pods.length === 0) return null;
  const inForce = gather(pods, ({ modes }) => modes.inForce.filter((mode) => isOn(mode, to)));
  const refusedFlags = gather(pods, ({ modes }) => modes.refusedFlags);
  return {
    pods: pods.length,
    inForce: inForce.map(({ told, on }) => asModeInForce(told, on, pods)),
    refusedFlags: refusedFlags.map(({ told, on }): RefusedFlag => ({ ...told, pods: on.size })),
    refusedRequests: store
      .parties('refused', from, to)
      .map(({ name, requests }) => ({ why: name, requests })),
  };
}

interface Pod {
  readonly name: string;
  readonly modes: PodModes;
}

/** What several pods tell in the same words, and which pods do. */
function gather<Told>(
  pods: readonly Pod[],
  tell: (pod: Pod) => readonly Told[],
): { readonly told: Told; readonly on: Set<string> }[] {
  const gathered = new Map<string, { told: Told; on: Set<string> }>();
  for (const pod of pods) {
    for (const told of tell(pod)) {
      const key = JSON.stringify(told);
      const known = gathered.get(key);
      if (known === undefined) gathered.set(key, { told, on: new Set([pod.name]) });
      else known.on.add(pod.name);
    }
  }
  return [...gathered.values()];
}

/** A scrape may be a little old. */
const isOn = ({ until }: PodMode, now: number): boolean => until === null || now < until;

function asModeInForce(
  { mode, until, isolation }: PodMode,
  on: ReadonlySet<string>,
  pods: readonly Pod[],
): ModeInForce {
  const others = pods.map(({ name }) => name).filter((name) => !on.has(name));
  return {
    mode,
    until: until === null ? null : new Date(until).toISOString(),
    isolation,
    pods: on.size,
    notOn: others.slice(0, maxNamed),
  };
}
