import {
  ApiException,
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  createConfiguration,
  HttpMethod,
  KubeConfig,
  RequestContext,
  ServerConfiguration,
} from '@kubernetes/client-node';
import { createKubeTransport } from './kube-transport.js';

export interface KubeClientOptions {
  /** A kubeconfig file. Without it the service account of the pod this process runs in. */
  readonly kubeconfigPath?: string | undefined;
  readonly userAgent: string;
  /** For each call, its repeats included. */
  readonly timeoutMs?: number;
}

export type PatchContentType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

export interface RawPatchOptions {
  /** Validates and answers as if it had been applied, but stores nothing. */
  readonly dryRun?: boolean;
  readonly fieldManager: string;
}

/** Objects exactly as the server holds them: the typed APIs drop every field their version does not know. */
export interface RawKubeApi {
  /** `path` starts with `/api` or `/apis` and may carry a query. @throws ApiException, FetchError, AbortError */
  get(path: string): Promise<unknown>;
  /** Answers the object after the change. Unknown fields are refused. @throws ApiException, FetchError, AbortError */
  patch(
    path: string,
    body: unknown,
    contentType: PatchContentType,
    options: RawPatchOptions,
  ): Promise<unknown>;
}

export interface KubeClient {
  /** For watches and informers, which need it as it is. */
  readonly config: KubeConfig;
  readonly apps: AppsV1Api;
  readonly core: CoreV1Api;
  readonly batch: BatchV1Api;
  readonly raw: RawKubeApi;
}

/** Opens no connection yet. @throws Error when there is no usable kubeconfig and no service account. */
export function openKubeClient({
  kubeconfigPath,
  userAgent,
  timeoutMs = 10_000,
}: KubeClientOptions): KubeClient {
  const config = pooled(loadKubeConfig(kubeconfigPath));
  const server = serverOf(config);
  const transport = createKubeTransport({ userAgent, timeoutMs });
  const typed = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: config },
    httpApi: transport,
  });

  async function request(
    method: HttpMethod,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<unknown> {
    const context = new RequestContext(server + path, method);
    context.setHeaderParam('Accept', 'application/json');
    if (contentType !== undefined) {
      context.setHeaderParam('Content-Type', contentType);
      context.setBody(JSON.stringify(body));
    }
    await config.applySecurityAuthentication(context);
    const response = await transport.send(context).toPromise();
    const text = await response.body.text();
    if (response.httpStatusCode >= 300) {
      throw new ApiException(response.httpStatusCode, path, text, response.headers);
    }
    return JSON.parse(text);
  }

  return {
    config,
    apps: new AppsV1Api(typed),
    core: new CoreV1Api(typed),
    batch: new BatchV1Api(typed),
    raw: {
      get: (path) => request(HttpMethod.GET, path),
      patch: (path, body, contentType, { dryRun = false, fieldManager }) => {
        const query = new URLSearchParams({ fieldManager, fieldValidation: 'Strict' });
        if (dryRun) query.set('dryRun', 'All');
        return request(HttpMethod.PATCH, `${path}?${query.toString()}`, body, contentType);
      },
    },
  };
}

function loadKubeConfig(kubeconfigPath: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfigPath === undefined) {
    config.loadFromCluster();
    return config;
  }
  try {
    config.loadFromFile(kubeconfigPath);
  } catch (error) {
    throw new Error(
      `could not read kubeconfig ${kubeconfigPath}: ${(error as Error).message}. Point KUBECONFIG at a readable kubeconfig file`,
      { cause: error },
    );
  }
  return config;
}

function serverOf(config: KubeConfig): string {
  const server = config.getCurrentCluster()?.server;
  // What the library makes of a missing KUBERNETES_SERVICE_HOST.
  if (server === undefined || server.includes('undefined')) {
    throw new Error(
      'could not find a Kubernetes cluster: no kubeconfig with a current context was given and this is not a pod with a service account. Set KUBECONFIG',
    );
  }
  return server.replace(/\/$/, '');
}

/** One agent, hence one pool of connections. The library makes an agent, and with it a TLS connection, for every call:
 *  2 to 10 times slower. Headers such as tokens are still set call by call. */
function pooled(config: KubeConfig): KubeConfig {
  const internals = config as unknown as {
    createAgent: (cluster: unknown, options: object) => unknown;
  };
  const create = internals.createAgent.bind(config);
  let agent: unknown;
  internals.createAgent = (cluster, options) =>
    (agent ??= create(cluster, { ...options, keepAlive: true }));
  return config;
}
