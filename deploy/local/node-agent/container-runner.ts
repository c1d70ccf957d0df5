import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Container, Pod } from '../kubernetes-json.js';
import type { Image } from '../images.js';
import type { AgentContext } from './agent-context.js';
import { countCrash, describeDelay, restartDelayMs } from './backoff.js';
import { startProcess, type ContainerProcess, type ProcessLaunch } from './container-process.js';
import { throttleCpu } from './cpu-throttle.js';
import { environmentOf, expand, type ValueSources } from './environment-of.js';
import { watchHealth } from './health.js';
import { watchMemory } from './memory-watch.js';
import { pause } from './pause.js';
import {
  isRestarted,
  type ContainerState,
  type ContainerView,
  type TerminatedState,
} from './pod-status.js';
import { createCheck } from './probe-check.js';
import { parseQuantity } from './quantities.js';
import { resume } from './resume.js';
import { localPath } from './volumes.js';

export interface ContainerOptions {
  readonly pod: Pod;
  readonly container: Container;
  readonly podIP: string;
  /** Loopback port that stands for the containerPort; null when none is declared. Known before `run`. */
  readonly port: () => number | null;
  readonly podFolder: string;
  readonly volumesFolder: string;
  readonly logFile: string;
  readonly sources: ValueSources;
  /** Called whenever `view` has changed. */
  readonly onChange: () => void;
}

/** What an unknown command exits with in a container runtime. */
const startErrorCode = 128;
const firstPullRetryMs = 1_000;
const configurationRetryMs = 1_000;
const defaultGraceMs = 30_000;

/** The life of one container: prepare, run, watch, and run again as the restart policy says. */
export class ContainerRunner {
  process: ContainerProcess | null = null;
  private state: ContainerState;
  private lastTermination: TerminatedState | null;
  private restartCount: number;
  private started = false;
  private ready = false;
  private crashes = 0;
  private outOfMemory = false;
  private toldToEnd = false;
  private running: Promise<void> = Promise.resolve();
  private readonly finished: boolean;
  private readonly stopping = new AbortController();

  constructor(
    private readonly options: ContainerOptions,
    private readonly context: AgentContext,
  ) {
    const { pod, container } = options;
    const published = pod.status?.containerStatuses?.find(({ name }) => name === container.name);
    const past = resume(published, this.restartPolicy, wireTime());
    this.state = past.state;
    this.lastTermination = past.lastTermination;
    this.restartCount = past.restartCount;
    this.finished = past.finished;
  }

  get view(): ContainerView {
    const { state, lastTermination, started, ready, restartCount } = this;
    const { name, image = '' } = this.options.container;
    return { name, image, state, lastTermination, started, ready, restartCount };
  }

  /** Says why the container does not start yet. */
  wait(reason: string, message?: string): void {
    if (!this.isStopping()) this.change({ kind: 'waiting', reason, message });
  }

  /** Resolves when the container is not started any more. */
  run(): Promise<void> {
    this.running = this.runAgainAndAgain();
    return this.running;
  }

  /** Asks the container to end, waits for the grace period, then kills it. Resolves when nothing of it runs. */
  async stop(graceMs: number): Promise<void> {
    this.stopping.abort();
    await this.end(graceMs);
    await this.running;
    if (this.state.kind === 'waiting') {
      const now = wireTime();
      this.change({
        kind: 'terminated',
        exitCode: 137,
        reason: 'ContainerStatusUnknown',
        message: 'the pod was deleted while the container was not running',
        startedAt: now,
        finishedAt: now,
      });
    }
  }

  private async runAgainAndAgain(): Promise<void> {
    if (this.finished) return;
    while (!this.isStopping()) {
      const launch = await this.prepare();
      if (launch === null || this.isStopping()) return;
      const startedAtMs = performance.now();
      const ended = await this.live(launch);
      if (this.isStopping() || !isRestarted(this.restartPolicy, ended.exitCode)) return;
      this.crashes = countCrash(this.crashes, performance.now() - startedAtMs);
      await this.backOff(ended);
    }
  }

  /** Image, environment and volumes in place; waits for what is missing. Null when stopped meanwhile. */
  private async prepare(): Promise<ProcessLaunch | null> {
    const { signal } = this.stopping;
    const image = await this.pull();
    while (!signal.aborted && image !== null) {
      try {
        return await this.launchOf(image);
      } catch (error) {
        this.wait('CreateContainerConfigError', (error as Error).message);
        await pause(configurationRetryMs, signal);
      }
    }
    return null;
  }

  private async pull(): Promise<Image | null> {
    const { image: name = '' } = this.options.container;
    const { signal } = this.stopping;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const image = this.context.images[name];
      if (image !== undefined) return image;
      this.wait('ErrImagePull', `image "${name}" is not in the table of local images`);
      await pause(firstPullRetryMs, signal);
      if (this.isStopping()) return null;
      this.wait('ImagePullBackOff', `Back-off pulling image "${name}"`);
      await pause(restartDelayMs(attempt + 1), signal);
    }
    return null;
  }

  private async launchOf(image: Image): Promise<ProcessLaunch> {
    const { pod, container, podIP, podFolder, volumesFolder, logFile, sources } = this.options;
    const port = this.options.port();
    const declared = await environmentOf(pod, container, podIP, sources);
    const inFolder = (text: string): string => localPath(text, container, volumesFolder);
    const env: Record<string, string> = {
      // Nothing is inherited from this process.
      PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOSTNAME: pod.metadata?.name ?? '',
      ...image.env,
      ...Object.fromEntries(Object.entries(declared).map(([name, text]) => [name, inFolder(text)])),
      // The container's port is mapped to a loopback port: the program listens where it is told.
      ...(port !== null && { PORT: String(port), HOST: '127.0.0.1' }),
    };
    const command = [...(container.command ?? image.program), ...(container.args ?? [])];
    const [program = '', ...args] = command.map((text) => inFolder(expand(text, env)));
    mkdirSync(podFolder, { recursive: true });
    const cwd = container.workingDir ?? image.workingDir ?? podFolder;
    return { program, args, env, cwd, logFile };
  }

  /** One run from start to end. */
  private async live(launch: ProcessLaunch): Promise<TerminatedState> {
    const startedAt = wireTime();
    this.outOfMemory = false;
    this.toldToEnd = false;
    let started: ContainerProcess;
    try {
      started = await startProcess(launch);
    } catch (error) {
      return this.settle(startErrorCode, startedAt, (error as Error).message);
    }
    this.process = started;
    this.context.onSpawn(started.pid);
    this.change({ kind: 'running', startedAt });
    // Stopped while it started.
    if (this.isStopping()) started.kill();
    const release = this.keepLimits(started);
    const watching = new AbortController();
    void this.watch(launch, watching.signal);
    const exitCode = await started.exited;
    watching.abort();
    release();
    this.process = null;
    this.context.onExit(started.pid);
    return this.settle(exitCode, startedAt);
  }

  private watch(launch: ProcessLaunch, signal: AbortSignal): Promise<void> {
    const { container, port } = this.options;
    const check = createCheck({ container, port: port(), env: launch.env, cwd: launch.cwd });
    const events = {
      onStarted: () => {
        this.started = true;
        this.options.onChange();
      },
      onReady: (ready: boolean) => {
        if (ready === this.ready) return;
        this.ready = ready;
        this.options.onChange();
      },
      onUnhealthy: (message: string) => {
        if (this.toldToEnd) return;
        this.context.log.warn({ ...this.names, message }, 'container is unhealthy, restarting it');
        void this.end(this.graceMs);
      },
    };
    return watchHealth(container, check, events, signal);
  }

  /** Holds the running process to the container's limits. @returns ends that. */
  private keepLimits({ pid, kill }: ContainerProcess): () => void {
    const { cpu, memory } = this.options.container.resources?.limits ?? {};
    const { processes, log } = this.context;
    const releases = [
      cpu !== undefined && throttleCpu(pid, parseQuantity(cpu), processes),
      memory !== undefined &&
        watchMemory(pid, parseQuantity(memory), processes, () => {
          this.outOfMemory = true;
          log.warn({ ...this.names, limit: memory }, 'container is out of memory, killing it');
          kill();
        }),
    ];
    return () => {
      for (const release of releases) if (release !== false) release();
    };
  }

  /** Several may ask: the process is told once, since a second signal means "at once" to many a program, and the
   *  shortest grace period holds. */
  private async end(graceMs: number): Promise<void> {
    const running = this.process;
    if (running === null) return;
    if (!this.toldToEnd) running.signal('SIGTERM');
    this.toldToEnd = true;
    const timer = setTimeout(running.kill, graceMs);
    await running.exited;
    clearTimeout(timer);
  }

  private settle(exitCode: number, startedAt: string, message?: string): TerminatedState {
    const ended: TerminatedState = {
      kind: 'terminated',
      exitCode,
      reason: this.outOfMemory
        ? 'OOMKilled'
        : message !== undefined
          ? 'StartError'
          : reasonOf(exitCode),
      message,
      startedAt,
      finishedAt: wireTime(),
    };
    this.started = false;
    this.ready = false;
    this.change(ended);
    return ended;
  }

  private async backOff(ended: TerminatedState): Promise<void> {
    const delayMs = restartDelayMs(this.crashes);
    this.lastTermination = ended;
    if (delayMs > 0) {
      const { name, namespace, container } = this.names;
      this.wait(
        'CrashLoopBackOff',
        `back-off ${describeDelay(delayMs)} restarting failed container=${container} pod=${name}_${namespace}`,
      );
      await pause(delayMs, this.stopping.signal);
    }
    this.restartCount += 1;
  }

  private change(state: ContainerState): void {
    this.state = state;
    this.options.onChange();
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private get restartPolicy(): string {
    return this.options.pod.spec?.restartPolicy ?? 'Always';
  }

  private get graceMs(): number {
    const seconds = this.options.pod.spec?.terminationGracePeriodSeconds;
    return seconds === undefined ? defaultGraceMs : seconds * 1000;
  }

  private get names(): { namespace: string; name: string; container: string } {
    const { pod, container } = this.options;
    const { namespace = '', name = '' } = pod.metadata ?? {};
    return { namespace, name, container: container.name };
  }
}

/** Kubernetes times have whole seconds. */
export function wireTime(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function reasonOf(exitCode: number): string {
  return exitCode === 0 ? 'Completed' : 'Error';
}
