import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { readEnvironment } from '../../configuration/environment.js';
import { remoteControls } from './control-channel.js';
import type { ProcessStatus } from './managed-process.js';
import { compiled } from './package-root.js';
import { isAlive } from './process-identity.js';
import {
  outsideDataFolder,
  processRecordOf,
  readSecrets,
  readStackInfo,
  readSupervisor,
  stateFolderOf,
  type StackInfo,
  type StackSecrets,
} from './state-folder.js';
import type { SupervisorMessage, SupervisorOptions } from './supervisor-options.js';
import { sweepDeadStack } from './sweep.js';
import type { ToolName } from './tool-catalogue.js';
import { provideTools } from './tools.js';

export interface OpenStackOptions {
  /** Stacks of different names run side by side. */
  readonly name: string;
  /** Real Prometheus and Alertmanager send the alerts, instead of monitoring-api. */
  readonly withPrometheus?: boolean;
  /** The stack outlives this process: `close` leaves it running. */
  readonly keep?: boolean;
  /** Configuration folders laid over `configuration` and `configuration/local`. */
  readonly configurationLayers?: readonly string[];
  readonly onProgress?: (line: string) => void;
}

/** A running stack, seen from outside its supervisor. */
export interface StackHandle {
  readonly info: StackInfo;
  readonly secrets: StackSecrets;
  /** True when it ran already: then `close` leaves it running. */
  readonly found: boolean;
  processes(): Promise<readonly ProcessStatus[]>;
  /** Resolve when the process is ready, or gone. */
  startProcess(name: string): Promise<void>;
  stopProcess(name: string): Promise<void>;
  restartProcess(name: string): Promise<void>;
  /** As an outsider's kill: the supervisor starts it again at once. */
  killProcess(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Tears down what `openStack` started, unless it is to be kept. Calling it again does nothing. */
  close(): Promise<void>;
}

const withoutPrometheus: readonly ToolName[] = [
  'etcd',
  'temporal',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
];
const goneWithinMs = 40_000;

/** Starts a stack, or finds the one of that name that runs. Unless `keep`, it dies with this process, however that
 *  dies. @throws Error saying which part did not come up, and why. */
export async function openStack(options: OpenStackOptions): Promise<StackHandle> {
  const environment = readEnvironment();
  const { name, withPrometheus = false, keep = false, configurationLayers = [] } = options;
  const onProgress = options.onProgress ?? (() => undefined);
  const stateFolder = stateFolderOf(name);

  const found = await findRunningStack(name);
  if (found !== null) return found;
  const tools = await provideTools(
    withPrometheus ? [...withoutPrometheus, 'alertmanager', 'prometheus'] : withoutPrometheus,
    { environment, onProgress },
  );

  await mkdir(stateFolder, { recursive: true });
  const release = await lock(stateFolder, {
    stale: 10_000,
    onCompromised: () => undefined, // after a long sleep of the machine: nothing depends on it by then
    // Another start of the same stack takes seconds: wait for it, then find it.
    retries: { retries: 120, factor: 1, minTimeout: 500, maxTimeout: 500 },
  });
  try {
    const startedMeanwhile = await findRunningStack(name);
    if (startedMeanwhile !== null) return startedMeanwhile;
    const supervisor = spawnSupervisor({
      name,
      tools,
      withPrometheus,
      configurationLayers,
      logLevel: environment.LOG_LEVEL,
      lifeline: !keep,
    });
    const info = await untilReady(supervisor, onProgress);
    return await handleOf(info, keep ? null : supervisor);
  } finally {
    await release();
  }
}

/** The stack of that name, if it is up. Its `close` leaves it running. */
export async function findRunningStack(name: string): Promise<StackHandle | null> {
  const info = await readStackInfo(stateFolderOf(name));
  if (info?.status !== 'ready' || !isAlive(info.supervisor)) return null;
  const handle = await handleOf(info, null);
  return { ...handle, found: true };
}

/** Ends a stack, running or dead, and every process it left; with `purge` its databases too.
 *  @returns false when there was nothing to end. */
export async function closeStack(name: string, purge: boolean): Promise<boolean> {
  const stateFolder = stateFolderOf(name);
  const info = await readStackInfo(stateFolder).catch((error: unknown) => {
    if (purge) return null; // a damaged description is what a purge is for
    throw error;
  });
  const supervisor = (await readSupervisor(stateFolder)) ?? info?.supervisor;
  const running = supervisor !== undefined && isAlive(supervisor);
  if (running) {
    process.kill(supervisor.pid, 'SIGTERM');
    await untilGone({ supervisor, stateFolder });
  }
  const swept = await sweepDeadStack(processRecordOf(stateFolder));
  const purged = purge && existsSync(stateFolder);
  if (purge) {
    const databaseFolder = info?.databaseFolder ?? outsideDataFolder(stateFolder);
    await rm(databaseFolder, { recursive: true, force: true });
    await rm(stateFolder, { recursive: true, force: true });
  }
  return running || swept > 0 || purged;
}

function spawnSupervisor(options: SupervisorOptions): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', compiled('deploy/local/supervisor.js'), JSON.stringify(options)],
    {
      // Its own session: Ctrl-C is for us, and we then ask it to end.
      detached: true,
      stdio: [options.lifeline ? 'pipe' : 'ignore', 'ignore', 'ignore', 'ipc'],
    },
  );
  child.stdin?.on('error', () => undefined); // it died: seen by its exit
  return child;
}

/** @throws Error with the supervisor's own words when the stack did not come up. */
async function untilReady(
  supervisor: ChildProcess,
  onProgress: (line: string) => void,
): Promise<StackInfo> {
  const info = await new Promise<StackInfo>((resolve, reject) => {
    let failure: string | undefined;
    supervisor.on('message', (message: SupervisorMessage) => {
      if ('progress' in message) onProgress(message.progress);
      else if ('ready' in message) resolve(message.ready);
      else failure = message.failed;
    });
    supervisor.once('error', reject);
    // Only now, so that nothing it started is left when the error is seen.
    supervisor.once('exit', (code, signal) => {
      reject(
        new Error(failure ?? `could not start stack: its supervisor ended (${signal ?? code})`),
      );
    });
  });
  supervisor.disconnect();
  supervisor.unref();
  return info;
}

async function handleOf(info: StackInfo, owned: ChildProcess | null): Promise<StackHandle> {
  const secrets = await readSecrets(info.secretsFile);
  const remote = remoteControls(info.urls.control, secrets.controlToken);
  let closing: Promise<void> | undefined;
  return {
    info,
    secrets,
    found: false,
    processes: () => remote.status(),
    startProcess: (name) => remote.start(name),
    stopProcess: (name) => remote.stop(name),
    async restartProcess(name) {
      await remote.stop(name);
      await remote.start(name);
    },
    killProcess: (name, signal) => remote.kill(name, signal),
    close() {
      if (owned === null) return Promise.resolve();
      closing ??= (async () => {
        owned.stdin?.end();
        await untilGone(info);
      })();
      return closing;
    },
  };
}

async function untilGone({
  supervisor,
  stateFolder,
}: Pick<StackInfo, 'supervisor' | 'stateFolder'>): Promise<void> {
  const deadline = Date.now() + goneWithinMs;
  while (isAlive(supervisor)) {
    if (Date.now() > deadline) {
      process.kill(supervisor.pid, 'SIGKILL'); // its guardian ends the rest
      await sleep(500);
      break;
    }
    await sleep(50);
  }
  await sweepDeadStack(processRecordOf(stateFolder));
}
