/** The fields this product reads of Kubernetes objects, as the API server writes them. Everything else is carried along untouched. */

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

export interface RawMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly uid: string; readonly controller?: boolean }[];
}

export interface RawContainer {
  readonly name: string;
  readonly image: string;
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
}

export interface RawPodTemplate {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly containers: readonly RawContainer[] };
}

export interface RawLabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface RawCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
}

export interface RawDeployment {
  readonly metadata: RawMetadata;
  readonly spec: {
    readonly replicas: number;
    readonly paused?: boolean;
    readonly minReadySeconds?: number;
    readonly progressDeadlineSeconds?: number;
    readonly selector: RawLabelSelector;
    readonly strategy: { readonly type: string };
    readonly template: RawPodTemplate;
  };
  /** The server leaves out counts that are zero. */
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly RawCondition[];
  };
}

export interface RawReplicaSet {
  readonly metadata: RawMetadata;
  readonly spec: { readonly template: RawPodTemplate };
  readonly status: { readonly replicas?: number; readonly readyReplicas?: number };
}

export interface RawContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly state?: RawContainerState;
  readonly lastState?: RawContainerState;
}

export interface RawContainerState {
  readonly waiting?: { readonly reason?: string };
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
}

export interface RawPod {
  readonly metadata: RawMetadata & { readonly deletionTimestamp?: string };
  readonly status: {
    readonly phase?: string;
    readonly startTime?: string;
    readonly conditions?: readonly RawCondition[];
    readonly containerStatuses?: readonly RawContainerStatus[];
    readonly initContainerStatuses?: readonly RawContainerStatus[];
  };
}

export interface RawPodMetrics {
  readonly metadata: { readonly name: string };
  readonly containers: readonly {
    readonly name: string;
    readonly usage: { readonly cpu?: string; readonly memory?: string };
  }[];
}

export interface RawAutoscaler {
  readonly metadata: RawMetadata;
  readonly spec: { readonly scaleTargetRef: { readonly kind: string; readonly name: string } };
}
