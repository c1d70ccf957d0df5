import { canonicalJson, digest } from './digest.js';
import type { RawPodTemplate } from './raw-objects.js';

export const hashLabel = 'pod-template-hash';
/** What `kubectl rollout restart` writes, so that everybody recognises our restarts too. */
export const restartAnnotation = 'kubectl.kubernetes.io/restartedAt';

export function withoutKey(
  map: Readonly<Record<string, string>>,
  key: string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
}

/** The template as the Deployment had it: the controller adds one label to each ReplicaSet's copy. Nothing else is touched. */
export function withoutHashLabel(template: RawPodTemplate): RawPodTemplate {
  const { labels } = template.metadata;
  if (labels === undefined) return template;
  return {
    ...template,
    metadata: { ...template.metadata, labels: withoutKey(labels, hashLabel) },
  };
}

/** Equal as the Deployment controller sees it. */
export function isSameTemplate(a: RawPodTemplate, b: RawPodTemplate): boolean {
  return canonicalJson(withoutHashLabel(a)) === canonicalJson(withoutHashLabel(b));
}

/** Digest of what is released: the same for a template and its restarted self, since a restart is no release. */
export function digestRelease(template: RawPodTemplate): string {
  const { metadata, spec } = withoutHashLabel(template);
  const annotations = withoutKey(metadata.annotations ?? {}, restartAnnotation);
  return digest({ metadata: { ...metadata, annotations }, spec });
}

/** Image of the named container; of all of them when an old template has no such container. */
export function imageOf({ spec }: RawPodTemplate, container: string): string {
  const found = spec.containers.find(({ name }) => name === container);
  return found?.image ?? spec.containers.map(({ image }) => image).join(', ');
}
