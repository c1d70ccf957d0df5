import type {
  V1ConfigMap,
  V1Container,
  V1Pod,
  V1PodStatus,
  V1Probe,
} from '@kubernetes/client-node';

/** A generated type as it stands on the wire: the client library only makes dates of its timestamps in typed calls,
 *  not in watches. */
export type AsJson<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? AsJson<Item>[]
    : T extends object
      ? { [Key in keyof T]: AsJson<T[Key]> }
      : T;

export type Pod = AsJson<V1Pod>;
export type PodStatus = AsJson<V1PodStatus>;
export type Container = AsJson<V1Container>;
export type Probe = AsJson<V1Probe>;
export type ConfigMap = AsJson<V1ConfigMap>;
