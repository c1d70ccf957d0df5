import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import type { ServiceSettings } from '../../configuration/services.schema.js';
import { openKubeClient } from '../../services/shared/kubernetes/kube-client.js';
import { applyManifests } from './apply-manifests.js';
import { serveControls } from './control-channel.js';
import { prepareControlPlane } from './control-plane.js';
import { startGuard } from './guard.js';
import { localImages } from './images.js';
import type { ManagedProcess } from './managed-process.js';
import { startNodeAgent } from './node-agent/node-agent.js';
import { packageRoot } from './package-root.js';
import { preparePostgres } from './postgres.js';
import { answers } from './probe.js';
import { identify, type ProcessIdentity } from './process-identity.js';
import { productProcesses, webhookPath } from './product-processes.js';
import { preparePrometheus } from './prometheus.js';
import { startServiceProxy } from './service-proxy/service-proxy.js';
import { stackManifests } from './stack-manifests.js';
import { choosePorts, type StackPorts } from './stack-ports.js';
import {
  processRecordOf,
  provideSecrets,
  secretsFileOf,
  stateFolderOf,
  writeStackInfo,
  writeSupervisor,
  type StackInfo,
} from './state-folder.js';
import type { SupervisorOptions } from './supervisor-options.js';
import { sweepDeadStack } from './sweep.js';
import { prepareTemporal } from './temporal.js';

export interface StackOptions extends SupervisorOptions {
  readonly onProgress: (line: string) => void;
}

export interface Stack {
  /** Resolves when every part is ready and the services answer. @throws Error naming the part that is not. */
  start(): Promise<StackInfo>;
  /** Ends all parts, last started first, at any moment. */
  stop(): Promise<void>;
}

const nodeName = 'local';
const servicesReadyWithinMs = 90_000;

/** One stack in this process: all parts are children of it or live in it. */
export function createStack(options: StackOptions): Stack {
  const { name, onProgress } = options;
  const stateFolder = stateFolderOf(name);
  const logFolder = path.join(stateFolder, 'logs');
  /** The running pods, for Prometheus. */
  const podsFile = path.join(stateFolder, 'pods.json');
  const startedAt = new Date();
  const self = identify(process.pid) as ProcessIdentity; // we live
  const guard = startGuard(processRecordOf(stateFolder));
  const managed = new Map<string, ManagedProcess>();
  /** What to end, in turn; all of one stage at once. Filled as parts start. */
  const stages: Record<'outer' | 'pods' | 'servers' | 'store', (() => Promise<void>)[]> = {
    outer: [],
    pods: [],
    servers: [],
    store: [],
  };
  let stopping = false;
  let starting: Promise<StackInfo> | undefined;
  let info: StackInfo | undefined;

  async function run(stage: keyof typeof stages, process: ManagedProcess): Promise<void> {
    requireGoingOn();
    managed.set(process.name, process);
    stages[stage].push(() => process.stop());
    await process.start();
    progress(`${process.name} is ready`);
  }

  function requireGoingOn(): void {
    if (stopping) throw new Error(`could not start stack ${name}: it was told to stop`);
  }

  function progress(line: string): void {
    const seconds = ((Date.now() - startedAt.getTime()) / 1000).toFixed(1);
    onProgress(`${seconds.padStart(5)} s  ${line}`);
  }

  function find(process: string): ManagedProcess {
    const found = managed.get(process);
    if (found !== undefined) return found;
    throw new Error(
      `could not find process ${process}: this stack runs ${[...managed.keys()].join(', ')}`,
    );
  }

  async function start(): Promise<StackInfo> {
    await mkdir(logFolder, { recursive: true });
    const swept = await sweepDeadStack(processRecordOf(stateFolder));
    if (swept > 0) progress(`ended ${swept} processes that an earlier stack had left`);
    await writeSupervisor(stateFolder, self);

    const secrets = await provideSecrets(stateFolder);
    const baseFolders = ['configuration', 'configuration/local'].map((folder) =>
      path.join(packageRoot, folder),
    );
    const { services } = loadConfiguration([...baseFolders, ...options.configurationLayers]);
    const reserved = await choosePorts(name, Object.keys(services), options.withPrometheus);
    stages.store.push(() => reserved.release());
    const { ports } = reserved;
    const serviceUrls = Object.fromEntries(
      Object.entries(ports.services).map(([service, port]) => [
        service,
        `http://127.0.0.1:${port}`,
      ]),
    );
    const addresses = path.join(stateFolder, 'addresses');
    await writeAddresses(addresses, serviceUrls);
    const configuration = [...baseFolders, addresses, ...options.configurationLayers];

    const controls = await serveControls(
      {
        status: () => [...managed.values()].map((process) => process.status()),
        start: (process) => find(process).start(),
        stop: (process) => find(process).stop(),
        kill: (process, signal) => {
          find(process).kill(signal);
        },
      },
      secrets.controlToken,
    );
    stages.store.push(async () => controls.close());
    const [postgres, temporal, controlPlane] = await Promise.all([
      preparePostgres({
        stateFolder,
        logFolder,
        port: ports.postgres,
        password: secrets.databasePassword,
        guard,
      }),
      prepareTemporal({
        program: options.tools.temporal,
        stateFolder,
        logFolder,
        port: ports.temporal,
        uiPort: ports.temporalUi,
        guard,
      }),
      prepareControlPlane({
        folder: path.join(stateFolder, 'kubernetes'),
        logFolder,
        tools: options.tools,
        tokens: secrets.kubernetes,
        ports,
        guard,
      }),
    ]);
    const { admin, reader, remediator } = controlPlane.kubeconfigs;
    info = {
      name,
      status: 'starting',
      startedAt: startedAt.toISOString(),
      supervisor: self,
      stateFolder,
      logFolder,
      databaseFolder: postgres.dataFolder,
      databaseAddress: postgres.address,
      kubeconfigs: { admin, reader, remediator },
      secretsFile: secretsFileOf(stateFolder),
      configuration,
      temporalAddress: temporal.address,
      urls: {
        temporalUi: `http://127.0.0.1:${ports.temporalUi}`,
        incidentApi: `http://127.0.0.1:${ports.incidentApi}`,
        monitoringApi: `http://127.0.0.1:${ports.monitoringApi}`,
        worker: `http://127.0.0.1:${ports.worker}`,
        services: serviceUrls,
        downstream: `http://127.0.0.1:${ports.downstream}`,
        control: controls.url,
        ...(options.withPrometheus && {
          prometheus: `http://127.0.0.1:${ports.prometheus}`,
          alertmanager: `http://127.0.0.1:${ports.alertmanager}`,
        }),
      },
    };
    await writeStackInfo(info);

    const kube = openKubeClient({
      kubeconfigPath: admin,
      userAgent: 'durable-runbooks-local-stack',
    });
    await Promise.all([
      run('servers', postgres.process).then(() => postgres.createDatabases()),
      run('servers', temporal.process).then(() => temporal.setRetention()),
      run('store', controlPlane.etcd).then(() => run('servers', controlPlane.apiServer)),
    ]);
    await applyManifests(
      kube.raw,
      await stackManifests({
        databaseUrl: postgres.url,
        downstreamUrl: info.urls.downstream,
        monitoringUrl: info.urls.monitoringApi,
        secrets,
      }),
    );
    progress('manifests are applied');

    const product = productProcesses({
      ports,
      secrets,
      configuration,
      temporalAddress: temporal.address,
      databaseUrl: postgres.url('runbooks'),
      kubeconfigs: { reader, remediator },
      monitoringSendsAlerts: !options.withPrometheus,
      logFolder,
      logLevel: options.logLevel,
      guard,
    });
    await Promise.all([
      run('servers', controlPlane.controllerManager),
      run('servers', controlPlane.scheduler),
      startPods(controlPlane.kubeconfigs, services, ports).then(() =>
        untilServicesAnswer(services, serviceUrls),
      ),
      run('outer', product.worker),
      run('outer', product.incidentApi),
    ]);
    progress('the services answer');
    // Not before: services that are still starting would look like an outage.
    await run('outer', product.monitoringApi);
    if (options.withPrometheus) {
      const { prometheus, alertmanager } = await preparePrometheus({
        folder: path.join(stateFolder, 'prometheus'),
        logFolder,
        tools: options.tools,
        ports,
        configuration: loadConfiguration(configuration),
        podsFile,
        webhookUrl: `http://127.0.0.1:${ports.incidentApi}${webhookPath}`,
        webhookToken: secrets.alertWebhookToken,
        guard,
      });
      await run('outer', alertmanager);
      await run('outer', prometheus);
    }
    requireGoingOn();
    info = { ...info, status: 'ready' };
    await writeStackInfo(info);
    return info;
  }

  /** The node and its pods, and the way to them. */
  async function startPods(
    kubeconfigs: Readonly<Record<'admin' | 'isolator', string>>,
    services: Readonly<Record<string, ServiceSettings>>,
    ports: StackPorts,
  ): Promise<void> {
    requireGoingOn();
    const kubeconfigPath = kubeconfigs.admin;
    const log = pino(
      { level: options.logLevel },
      pino.destination(path.join(logFolder, 'pods-and-proxy.log')),
    );
    const agent = await startNodeAgent({
      kubeconfigPath,
      nodeName,
      stateDir: path.join(stateFolder, 'node'),
      images: localImages(kubeconfigs.isolator),
      fileSdPath: podsFile,
      onSpawn: (pid) => {
        guard.add(pid);
      },
      onExit: (pid) => {
        guard.remove(pid);
      },
      log,
    });
    stages.pods.push(() => agent.stop());
    progress('node agent is ready');
    requireGoingOn();
    const proxy = await startServiceProxy({
      kubeconfigPath,
      listeners: [
        ...Object.entries(services).map(([service, { deployment }]) => ({
          namespace: deployment.namespace,
          service: deployment.name, // deploy/kubernetes names a Service like its Deployment
          port: ports.services[service] ?? 0,
        })),
        { namespace: 'downstream', service: 'downstream', port: ports.downstream },
      ],
      log,
    });
    stages.outer.push(() => proxy.stop());
    progress('service proxy is ready');
  }

  /** @throws Error naming the services that do not, in time. */
  async function untilServicesAnswer(
    services: Readonly<Record<string, ServiceSettings>>,
    urls: Readonly<Record<string, string>>,
  ): Promise<void> {
    const deadline = Date.now() + servicesReadyWithinMs;
    let silent = Object.keys(services);
    for (;;) {
      const up = await Promise.all(
        silent.map((service) =>
          answers(`${urls[service] ?? ''}${services[service]?.probePath ?? ''}`),
        ),
      );
      silent = silent.filter((_, index) => up[index] !== true);
      if (silent.length === 0) return;
      requireGoingOn();
      if (Date.now() > deadline) {
        throw new Error(
          `could not reach service ${silent.join(', ')} within ${servicesReadyWithinMs / 1000} s: see its pods with KUBECONFIG=${info?.kubeconfigs.admin ?? ''} kubectl -n supply-chain get pods, and their logs in ${path.join(stateFolder, 'node/logs')}`,
        );
      }
      await sleep(100);
    }
  }

  async function endParts(): Promise<void> {
    for (const stage of ['outer', 'pods', 'servers', 'store'] as const) {
      await Promise.all(stages[stage].map((end) => end()));
    }
  }

  return {
    start: () => (starting ??= start()),
    async stop() {
      stopping = true;
      await endParts();
      // A start under way fails for it; what it began meanwhile is ended too.
      await starting?.catch(() => undefined);
      await endParts();
      guard.close();
      if (info !== undefined) await writeStackInfo({ ...info, status: 'stopped' });
    },
  };
}

/** The configuration layer that tells where the services are on this machine. */
async function writeAddresses(
  folder: string,
  urls: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const services = Object.fromEntries(
    Object.entries(urls).map(([service, url]) => [service, { url }]),
  );
  await writeFile(path.join(folder, 'services.yml'), stringify({ services }));
}
