import type { Intent } from '../contracts/kubernetes.contract.js';
import { createFailure } from '../failure.js';
import { setKeys } from './marks.js';
import type { JsonPatchOperation, RawDeployment, RawReplicaSet } from './raw-objects.js';
import { imageOf, restartAnnotation, withoutHashLabel } from './templates.js';

export interface MaterialisedPatch {
  /** Without the test of the resourceVersion, which is added with the version that was read. */
  readonly patch: readonly JsonPatchOperation[];
  readonly summary: string;
}

/**
 * What an intent means for the object as it is now. Only `/spec/template` is ever touched.
 * @throws TargetNotFound when the revision is gone, InvalidResource when the object refuses rollouts (both final).
 */
export function materialisePatch(
  intent: Intent,
  live: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
): MaterialisedPatch {
  const { namespace, name, container } = intent.target;
  const deployment = `deployment ${namespace}/${name}`;
  if (live.spec.paused === true) {
    throw createFailure(
      'InvalidResource',
      `could not change ${deployment}: its rollouts are paused. Resume it (kubectl rollout resume) or leave it to who paused it`,
    );
  }
  switch (intent.change) {
    case 'restore-revision': {
      const revision = replicaSets.find(({ metadata }) => metadata.uid === intent.replicaSetUid);
      if (revision === undefined) {
        throw createFailure(
          'TargetNotFound',
          `could not change ${deployment}: revision ${intent.revision} is no longer kept (replicaset ${intent.replicaSetUid})`,
        );
      }
      const template = withoutHashLabel(revision.spec.template);
      return {
        patch: [{ op: 'replace', path: '/spec/template', value: template }],
        summary: `${deployment}: back to revision ${intent.revision} (image ${imageOf(template, container)})`,
      };
    }
    case 'restart-pods':
      return {
        patch: setKeys(
          '/spec/template/metadata/annotations',
          live.spec.template.metadata.annotations,
          { [restartAnnotation]: intent.restartedAt },
        ),
        summary: `${deployment}: restart its ${live.spec.replicas} pods (${live.spec.strategy.type})`,
      };
  }
}
