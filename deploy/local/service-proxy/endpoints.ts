import type { V1EndpointSlice } from '@kubernetes/client-node';
import type { AsJson, Pod } from '../kubernetes-json.js';
import { addressAnnotation } from '../pod-annotations.js';

type Slice = AsJson<V1EndpointSlice>;

/** Empty lists stand as null on the wire. */
export interface EndpointSlice extends Omit<Slice, 'endpoints' | 'ports'> {
  endpoints?: Slice['endpoints'] | null;
  ports?: Slice['ports'] | null;
}

export const serviceNameLabel = 'kubernetes.io/service-name';

/** Where new connections to a service may go, `host:port` each, in a stable order: ready endpoints that are not
 *  terminating, by the address their pod announces or else by pod IP and port. */
export function endpointsOf(
  service: string,
  slices: readonly EndpointSlice[],
  pods: readonly Pod[],
): string[] {
  const announced = new Map(
    pods.map(({ metadata }) => [metadata?.uid, metadata?.annotations?.[addressAnnotation]]),
  );
  const addresses = slices
    .filter(({ metadata }) => metadata?.labels?.[serviceNameLabel] === service)
    .flatMap(({ endpoints, ports }) =>
      (endpoints ?? [])
        // An absent `ready` means ready.
        .filter(({ conditions }) => conditions?.ready !== false && conditions?.terminating !== true)
        .flatMap(({ targetRef, addresses: [ip] }) => {
          const address = announced.get(targetRef?.uid);
          if (address !== undefined) return [address];
          const port = ports?.[0]?.port;
          return ip === undefined || port === undefined ? [] : [`${ip}:${port}`];
        }),
    );
  return [...new Set(addresses)].sort();
}
