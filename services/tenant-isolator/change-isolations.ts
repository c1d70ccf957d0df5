import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException } from '@kubernetes/client-node';
import { z } from 'zod';
import type { RawKubeApi } from '../shared/kubernetes/kube-client.js';
import type { IsolationOrder } from './arguments.js';
import type { PlannedChange } from './plan-change.js';
import { planChange } from './plan-change.js';

/** By it whoever looks for temporary changes finds the object. */
const label = { 'durable-runbooks.io/temporary': 'isolation' };

const attempts = 10;

const configMapSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
});

export interface ChangeOptions {
  readonly api: RawKubeApi;
  readonly namespace: string;
  readonly configMap: string;
  readonly request: string;
  readonly now?: () => number;
}

/** Carries out an order on the ConfigMap. Whoever writes at the same time loses nothing: the change is planned again on
 *  what they left. @throws Error saying what to do. */
export async function changeIsolations(
  order: IsolationOrder,
  options: ChangeOptions,
): Promise<PlannedChange> {
  const { api, namespace, configMap, request, now = Date.now } = options;
  const path = `/api/v1/namespaces/${namespace}/configmaps/${configMap}`;
  try {
    for (let attempt = 1; ; attempt += 1) {
      const { metadata, data } = configMapSchema.parse(await api.get(path));
      const planned = planChange(data, order, { request, now: now() });
      if (Object.keys(planned.data).length === 0) return planned;
      const { resourceVersion } = metadata;
      const patch = { metadata: { resourceVersion, labels: label }, data: planned.data };
      try {
        await api.patch(path, patch, 'application/merge-patch+json', {
          fieldManager: 'tenant-isolator',
        });
        return planned;
      } catch (error) {
        if (!(error instanceof ApiException && error.code === 409) || attempt === attempts) {
          throw error;
        }
        await sleep(Math.random() * 50 * attempt);
      }
    }
  } catch (error) {
    throw new Error(`could not change configmap ${namespace}/${configMap}: ${causeOf(error)}`, {
      cause: error,
    });
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof ApiException)) return (error as Error).message;
  switch (error.code) {
    case 404:
      return 'it does not exist; apply deploy/kubernetes/tenant-isolator.yml';
    case 401:
    case 403:
      return 'the API server refused; the program needs get and patch on it';
    case 409:
      return `others kept changing it, ${attempts} times; run it again`;
    default:
      return `the API server answered ${error.code}`;
  }
}
