import { rmSync } from 'node:fs';
import path from 'node:path';
import { ApiException, V1DeleteOptions, V1Preconditions } from '@kubernetes/client-node';
import type { Container, Pod, PodStatus } from '../kubernetes-json.js';
import { addressAnnotation, pidAnnotation } from '../pod-annotations.js';
import { freePorts } from '../ports.js';
import type { AgentContext } from './agent-context.js';
import { ContainerRunner, wireTime } from './container-runner.js';
import type { ValueSources } from './environment-of.js';
import { boundLog } from './log-file.js';
import { pause } from './pause.js';
import { podMetrics, usageBetween, type UsageSample } from './pod-metrics.js';
import { podStatus } from './pod-status.js';
import { mountVolumes } from './volumes.js';

const fieldManager = 'local-node-agent';
const firstRetryMs = 100;
const longestRetryMs = 3_000;
/** The processes end even when the API server does not take the news first. */
const newsWithinMs = 1_000;

/** The life of one pod on this node, from its binding to the deletion of its object. */
export class PodRunner {
  private readonly containers: readonly ContainerRunner[];
  private readonly samples = new Map<string, UsageSample>();
  private readonly ended = new AbortController();
  private readonly podIP: string;
  private readonly startTime: string;
  private port: number | null = null;
  private terminating: Promise<void> | null = null;
  private publishing: Promise<void> | null = null;
  private dirty = false;
  private published = '';
  private conditions: NonNullable<PodStatus['conditions']>;

  constructor(
    private pod: Pod,
    private readonly context: AgentContext,
    private readonly onAddress: () => void,
  ) {
    this.podIP = context.podIps.take(pod.status?.podIP);
    this.startTime = pod.status?.startTime ?? wireTime();
    this.conditions = pod.status?.conditions ?? [];
    const sources = this.valueSources();
    this.containers = (pod.spec?.containers ?? []).map(
      (container) =>
        new ContainerRunner(
          {
            pod,
            container,
            podIP: this.podIP,
            port: () => (hasPort(container) ? this.port : null),
            podFolder: this.folder,
            volumesFolder: path.join(this.folder, 'volumes'),
            logFile: this.logFile(container.name),
            sources,
            onChange: () => void this.publish(),
          },
          context,
        ),
    );
  }

  /** `127.0.0.1:<port>` while the pod has a port and runs. */
  get address(): string | null {
    return this.port !== null && this.mainPid !== null ? `127.0.0.1:${this.port}` : null;
  }

  get object(): Pod {
    return this.pod;
  }

  /** Runs the pod until its containers have ended for good. */
  async run(): Promise<void> {
    try {
      await this.prepare();
    } catch (error) {
      for (const container of this.containers) {
        container.wait('ContainerCreating', (error as Error).message);
      }
      return;
    }
    await Promise.all(this.containers.map((container) => container.run()));
    await this.publish();
  }

  /** Takes a newer version of the object: only its deletion matters to a running pod. */
  update(pod: Pod): void {
    this.pod = pod;
    if (pod.metadata?.deletionTimestamp === undefined) return;
    this.terminating ??= this.terminate((pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000);
  }

  /** Ends the processes without a word to the API server: the object is gone, or the agent goes. */
  async stop(graceMs: number): Promise<void> {
    this.ended.abort();
    await Promise.all(this.containers.map((container) => container.stop(graceMs)));
    this.context.podIps.release(this.podIP);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Publishes what the pod used since the last call, and keeps its logs within bounds. */
  async report(windowMs: number): Promise<void> {
    const usages = this.containers.flatMap((container) => {
      const { name } = container.view;
      boundLog(this.logFile(name));
      const { process } = container;
      if (process === null) return [];
      const { pid, startedAt } = process;
      const sample = {
        pid,
        takenAt: performance.now(),
        cpuMs: this.context.processes.cpuMs(pid),
        memoryBytes: this.context.processes.residentBytes(pid),
      };
      const before = this.samples.get(name);
      const usage = usageBetween(
        name,
        before?.pid === pid ? before : atStart(pid, startedAt),
        sample,
      );
      this.samples.set(name, sample);
      return [usage];
    });
    if (usages.length === 0 || this.isEnded) return;
    const { namespace = '', name = '' } = this.pod.metadata ?? {};
    await this.context.kube.raw.patch(
      `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods/${name}`,
      podMetrics(this.pod, usages, new Date(), windowMs),
      'application/apply-patch+yaml',
      { fieldManager },
    );
  }

  /** What must be in place before a container can start. @throws Error when this agent cannot give it. */
  private async prepare(): Promise<void> {
    const fault = unsupported(this.pod);
    if (fault !== null) throw new Error(fault);
    if (this.pod.spec?.containers.some(hasPort) === true) [this.port = null] = await freePorts(1);
    await mountVolumes(this.pod, {
      config: this.context.kube.config,
      folder: path.join(this.folder, 'volumes'),
      signal: this.ended.signal,
      log: this.context.log,
    });
  }

  /** Not ready first, so that traffic turns away; then the processes; then the last status; then the object. */
  private async terminate(graceMs: number): Promise<void> {
    await Promise.race([this.publish(), pause(newsWithinMs, this.ended.signal)]);
    await Promise.all(this.containers.map((container) => container.stop(graceMs)));
    await this.publish();
    await this.deleteObject();
  }

  private async deleteObject(): Promise<void> {
    const { namespace = '', name = '', uid = '' } = this.pod.metadata ?? {};
    for (let retryMs = firstRetryMs; !this.isEnded; retryMs = longer(retryMs)) {
      try {
        await this.context.kube.core.deleteNamespacedPod({
          namespace,
          name,
          body: Object.assign(new V1DeleteOptions(), {
            gracePeriodSeconds: 0,
            preconditions: Object.assign(new V1Preconditions(), { uid }),
          }),
        });
        return;
      } catch (error) {
        // Gone, or another pod of that name by now.
        if (error instanceof ApiException && [404, 409].includes(error.code)) return;
        this.context.log.warn({ namespace, name, error: reasonOf(error) }, 'could not delete pod');
        await pause(retryMs, this.ended.signal);
      }
    }
  }

  /** Sends the status as it is now. Calls while one is on its way are answered by one more sending. */
  private publish(): Promise<void> {
    this.dirty = true;
    this.onAddress();
    this.publishing ??= this.sendWhileDirty().finally(() => {
      this.publishing = null;
    });
    return this.publishing;
  }

  private async sendWhileDirty(): Promise<void> {
    const { namespace = '', name = '' } = this.pod.metadata ?? {};
    let retryMs = firstRetryMs;
    while (this.dirty && !this.isEnded) {
      this.dirty = false;
      const status = this.status();
      const patch = {
        metadata: { uid: this.pod.metadata?.uid, annotations: this.annotations() },
        status,
      };
      const text = JSON.stringify(patch);
      if (text === this.published) continue;
      try {
        await this.context.kube.raw.patch(
          `/api/v1/namespaces/${namespace}/pods/${name}/status`,
          patch,
          'application/strategic-merge-patch+json',
          { fieldManager },
        );
        this.published = text;
        this.conditions = status.conditions ?? [];
        retryMs = firstRetryMs;
      } catch (error) {
        // The object is gone: the agent stops this runner when the watch says so.
        if (error instanceof ApiException && error.code === 404) return;
        this.context.log.warn(
          { namespace, name, error: reasonOf(error) },
          'could not patch pod status',
        );
        this.dirty = true;
        await pause(retryMs * (0.5 + Math.random() / 2), this.ended.signal);
        retryMs = longer(retryMs);
      }
    }
  }

  private status(): PodStatus {
    return podStatus({
      restartPolicy: this.pod.spec?.restartPolicy ?? 'Always',
      containers: this.containers.map(({ view }) => view),
      terminating: this.terminating !== null || this.pod.metadata?.deletionTimestamp !== undefined,
      generation: this.pod.metadata?.generation,
      podIP: this.podIP,
      startTime: this.startTime,
      conditions: this.conditions,
      now: wireTime(),
    });
  }

  private annotations(): Record<string, string | null> {
    const pid = this.mainPid;
    return {
      [pidAnnotation]: pid === null ? null : String(pid),
      ...(this.port !== null && { [addressAnnotation]: `127.0.0.1:${this.port}` }),
    };
  }

  private valueSources(): ValueSources {
    const { core } = this.context.kube;
    const { namespace = '' } = this.pod.metadata ?? {};
    return {
      configMap: async (name) => {
        const configMap = await found(core.readNamespacedConfigMap({ name, namespace }));
        return configMap === undefined ? undefined : (configMap.data ?? {});
      },
      secret: async (name) => {
        const secret = await found(core.readNamespacedSecret({ name, namespace }));
        return secret === undefined ? undefined : decoded(secret.data ?? {});
      },
    };
  }

  private logFile(container: string): string {
    return path.join(this.context.stateDir, 'logs', this.id, `${container}.log`);
  }

  private get folder(): string {
    return path.join(this.context.stateDir, 'pods', this.id);
  }

  private get id(): string {
    const { namespace = '', name = '', uid = '' } = this.pod.metadata ?? {};
    return `${namespace}_${name}_${uid.slice(0, 8)}`;
  }

  private get mainPid(): number | null {
    return this.containers.find(({ process }) => process !== null)?.process?.pid ?? null;
  }

  private get isEnded(): boolean {
    return this.ended.signal.aborted;
  }
}

function atStart(pid: number, startedAt: number): UsageSample {
  return { pid, takenAt: startedAt, cpuMs: 0, memoryBytes: 0 };
}

function hasPort({ ports = [] }: Container): boolean {
  return ports.length > 0;
}

/** What a pod asks for that this agent cannot give: better said than left out silently. Null when there is nothing. */
function unsupported({ spec }: Pod): string | null {
  const containers = spec?.containers ?? [];
  const wishes: [boolean, string][] = [
    [(spec?.initContainers ?? []).length > 0, 'initContainers'],
    [containers.filter(hasPort).length > 1, 'ports in more than one container'],
    [containers.some(({ ports = [] }) => ports.length > 1), 'more than one containerPort'],
    [(spec?.readinessGates ?? []).length > 0, 'readinessGates'],
    [spec?.activeDeadlineSeconds !== undefined, 'activeDeadlineSeconds of a pod'],
    [containers.some(({ lifecycle }) => lifecycle !== undefined), 'lifecycle hooks'],
  ];
  const found = wishes.filter(([wished]) => wished).map(([, wish]) => wish);
  return found.length === 0 ? null : `the local node agent does not support ${found.join(', ')}`;
}

async function found<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

function decoded(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, base64]) => [key, Buffer.from(base64, 'base64').toString()]),
  );
}

function longer(retryMs: number): number {
  return Math.min(longestRetryMs, retryMs * 2);
}

function reasonOf(error: unknown): string {
  return error instanceof ApiException ? String(error.body) : (error as Error).message;
}
