import { pino, type Logger } from 'pino';
import { openKubeClient } from '../../../services/shared/kubernetes/kube-client.js';
import { follow } from '../follow.js';
import type { Pod } from '../kubernetes-json.js';
import { endpointsOf, serviceNameLabel, type EndpointSlice } from './endpoints.js';
import { startForwarder } from './forwarder.js';

export interface ServiceProxyOptions {
  readonly kubeconfigPath: string;
  /** Services to proxy; port 0 picks a free one. */
  readonly listeners: readonly {
    readonly namespace: string;
    readonly service: string;
    readonly port: number;
  }[];
  readonly log?: Logger;
}

export interface ServiceProxy {
  /** Base URL of each service, by its name. */
  readonly urls: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Gives every service a stable loopback address and sends its connections to ready pods, as kube-proxy does on a node.
 *  Resolves when the ports are open; endpoints follow as the API server tells them. @throws Error when a port is taken. */
export async function startServiceProxy({
  kubeconfigPath,
  listeners,
  log = pino({ level: 'silent' }),
}: ServiceProxyOptions): Promise<ServiceProxy> {
  const { config } = openKubeClient({
    kubeconfigPath,
    userAgent: 'durable-runbooks-service-proxy',
  });
  const stopping = new AbortController();
  const forwarders = await Promise.all(
    listeners.map(async (listener) => ({
      ...listener,
      forwarder: await startForwarder(listener.port),
    })),
  );

  const following = [...new Set(listeners.map(({ namespace }) => namespace))].flatMap(
    (namespace) => {
      const inNamespace = forwarders.filter((entry) => entry.namespace === namespace);
      let slices: readonly EndpointSlice[] = [];
      let pods: readonly Pod[] = [];
      const refresh = (): void => {
        for (const { service, forwarder } of inNamespace) {
          const endpoints = endpointsOf(service, slices, pods);
          forwarder.setEndpoints(endpoints);
          log.trace({ service, endpoints }, 'endpoints');
        }
      };
      const services = inNamespace.map(({ service }) => service).join(',');
      const { signal } = stopping;
      return [
        follow<EndpointSlice>({
          config,
          path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
          query: { labelSelector: `${serviceNameLabel} in (${services})` },
          onState: (current) => {
            slices = current;
            refresh();
          },
          signal,
          log,
        }),
        follow<Pod>({
          config,
          path: `/api/v1/namespaces/${namespace}/pods`,
          onState: (current) => {
            pods = current;
            refresh();
          },
          signal,
          log,
        }),
      ];
    },
  );

  return {
    urls: Object.fromEntries(forwarders.map(({ service, forwarder }) => [service, forwarder.url])),
    stop: async () => {
      stopping.abort();
      await Promise.all(forwarders.map(({ forwarder }) => forwarder.stop()));
      await Promise.all(following);
    },
  };
}
