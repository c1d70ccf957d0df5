import type { Container, Pod } from '../kubernetes-json.js';
import { parseQuantity } from './quantities.js';

type EnvVar = NonNullable<Container['env']>[number];
type EnvSource = NonNullable<EnvVar['valueFrom']>;

/** Where values come from. An object that does not exist answers undefined. */
export interface ValueSources {
  configMap(name: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Decoded. */
  secret(name: string): Promise<Readonly<Record<string, string>> | undefined>;
}

/** The environment a container declares (`envFrom`, then `env`, with `$(NAME)` expanded), in the kubelet's order.
 *  @throws Error naming the object or key that does not exist and is not optional. */
export async function environmentOf(
  pod: Pod,
  container: Container,
  podIP: string,
  sources: ValueSources,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const ref = configMapRef ?? secretRef;
    if (ref?.name === undefined) continue;
    const kind = configMapRef === undefined ? 'secret' : 'configmap';
    const data = await (kind === 'secret' ? sources.secret(ref.name) : sources.configMap(ref.name));
    if (data === undefined && ref.optional !== true)
      throw new Error(`${kind} "${ref.name}" not found`);
    for (const [key, value] of Object.entries(data ?? {})) env[prefix + key] = value;
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const resolved =
      valueFrom === undefined
        ? expand(value ?? '', env)
        : await valueOf(valueFrom, pod, container, podIP, sources);
    if (resolved !== undefined) env[name] = resolved;
  }
  return env;
}

/** Replaces `$(NAME)` by its value; an unknown name stays as written, and `$$(NAME)` means the text `$(NAME)`. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (env[name] ?? whole),
  );
}

async function valueOf(
  source: EnvSource,
  pod: Pod,
  container: Container,
  podIP: string,
  sources: ValueSources,
): Promise<string | undefined> {
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = source;
  if (fieldRef !== undefined) return fieldOf(pod, podIP, fieldRef.fieldPath);
  if (resourceFieldRef !== undefined) {
    return resourceOf(container, resourceFieldRef.resource, resourceFieldRef.divisor);
  }
  const ref = configMapKeyRef ?? secretKeyRef;
  if (ref?.name === undefined) throw new Error('unsupported source of an environment variable');
  const kind = configMapKeyRef === undefined ? 'secret' : 'configmap';
  const data = await (kind === 'secret' ? sources.secret(ref.name) : sources.configMap(ref.name));
  const value = data?.[ref.key];
  if (value !== undefined || ref.optional === true) return value;
  throw new Error(
    data === undefined
      ? `${kind} "${ref.name}" not found`
      : `couldn't find key ${ref.key} in ${kind} "${ref.name}"`,
  );
}

function fieldOf(pod: Pod, podIP: string, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) return pod.metadata?.[keyed[1] as 'labels']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata?.name ?? '';
    case 'metadata.namespace':
      return pod.metadata?.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata?.uid ?? '';
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return podIP;
    case 'status.hostIP':
    case 'status.hostIPs':
      return '127.0.0.1';
    default:
      throw new Error(`unsupported field ${path} of an environment variable`);
  }
}

function resourceOf(container: Container, resource: string, divisor = '1'): string {
  const [kind, name] = resource.split('.', 2);
  const quantity = container.resources?.[kind as 'limits' | 'requests']?.[name ?? ''] ?? '0';
  const unit = parseQuantity(divisor === '0' ? '1' : divisor);
  return String(Math.ceil(parseQuantity(quantity) / unit));
}
