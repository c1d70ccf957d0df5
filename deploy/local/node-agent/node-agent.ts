import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pino, type Logger } from 'pino';
import { openKubeClient } from '../../../services/shared/kubernetes/kube-client.js';
import { follow } from '../follow.js';
import type { ImageTable } from '../images.js';
import type { Pod } from '../kubernetes-json.js';
import { sweepDeadStack } from '../sweep.js';
import type { AgentContext } from './agent-context.js';
import { pruneLogs } from './log-file.js';
import { keepNodeAlive, registerNode } from './node-registration.js';
import { pause } from './pause.js';
import { PodIps } from './pod-ips.js';
import { PodRunner } from './pod-runner.js';
import { ProcessRecord } from './process-record.js';
import { ProcessTable } from './process-table.js';
import { scrapeTargets } from './scrape-targets.js';

export interface NodeAgentOptions {
  readonly kubeconfigPath: string;
  readonly nodeName: string;
  /** Volumes, logs and the record of processes are kept here. */
  readonly stateDir: string;
  readonly images: ImageTable;
  /** Called with every process started, right after its start, and again when it has ended. */
  readonly onSpawn?: (pid: number) => void;
  readonly onExit?: (pid: number) => void;
  /** Where to keep a Prometheus `file_sd` list of the running pods. */
  readonly fileSdPath?: string;
  readonly log?: Logger;
}

export interface NodeAgent {
  /** Ends all pods' processes (their objects stay) and the agent. */
  stop(): Promise<void>;
}

const metricsEveryMs = 5_000;
const stopGraceMs = 3_000;
/** A pod whose object was removed by force: its processes get as long as a forced deletion gives elsewhere. */
const goneGraceMs = 2_000;

/** Runs the pods of one node as processes of this machine. Resolves when the node is registered.
 *  @throws Error when the API server does not take the node. */
export async function startNodeAgent(options: NodeAgentOptions): Promise<NodeAgent> {
  const { kubeconfigPath, nodeName, stateDir, images, fileSdPath } = options;
  const log = options.log ?? pino({ level: 'silent' });
  const recordFile = path.join(stateDir, 'processes.json');
  mkdirSync(path.join(stateDir, 'logs'), { recursive: true });
  const orphans = await sweepDeadStack(recordFile);
  if (orphans > 0) log.info({ orphans }, 'ended processes of an earlier node agent');

  const kube = openKubeClient({ kubeconfigPath, userAgent: 'durable-runbooks-node-agent' });
  const record = new ProcessRecord(recordFile);
  const context: AgentContext = {
    kube,
    stateDir,
    images,
    podIps: new PodIps(),
    processes: new ProcessTable(),
    onSpawn: (pid) => {
      record.add(pid);
      options.onSpawn?.(pid);
    },
    onExit: (pid) => {
      record.remove(pid);
      options.onExit?.(pid);
    },
    log,
  };
  const runners = new Map<string, PodRunner>();
  const stopping = new AbortController();
  const { signal } = stopping;

  function reconcile(pods: readonly Pod[]): void {
    const present = new Set(pods.map(({ metadata }) => metadata?.uid ?? ''));
    for (const [uid, runner] of runners) {
      if (present.has(uid)) continue;
      runners.delete(uid);
      void cleanUp(runner);
      writeTargets();
    }
    for (const pod of pods) {
      const uid = pod.metadata?.uid ?? '';
      const known = runners.get(uid);
      const runner = known ?? new PodRunner(pod, context, writeTargets);
      if (known === undefined) {
        runners.set(uid, runner);
        runner.run().catch((error: unknown) => {
          log.error({ uid, error: (error as Error).message }, 'could not run pod');
        });
      }
      runner.update(pod);
    }
  }

  async function cleanUp(runner: PodRunner): Promise<void> {
    try {
      await runner.stop(goneGraceMs);
      pruneLogs(path.join(stateDir, 'logs'));
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'could not clean up after a pod');
    }
  }

  let targetsBefore = '';
  function writeTargets(): void {
    if (fileSdPath === undefined) return;
    const running = [...runners.values()].flatMap(({ object, address }) =>
      address === null ? [] : [{ pod: object, address }],
    );
    const targets = JSON.stringify(scrapeTargets(running));
    if (targets === targetsBefore) return;
    targetsBefore = targets;
    writeFileSync(`${fileSdPath}.tmp`, targets);
    renameSync(`${fileSdPath}.tmp`, fileSdPath);
  }

  async function reportUsage(): Promise<void> {
    while (!signal.aborted) {
      await pause(metricsEveryMs, signal);
      const reports = await Promise.allSettled(
        [...runners.values()].map((runner) => runner.report(metricsEveryMs)),
      );
      const failed = reports.find((report) => report.status === 'rejected');
      if (failed !== undefined)
        log.debug({ error: String(failed.reason) }, 'could not report usage');
    }
  }

  await registerNode(kube, nodeName, log);
  writeTargets();
  const loops = [
    keepNodeAlive(kube, nodeName, signal, log),
    follow<Pod>({
      config: kube.config,
      path: '/api/v1/pods',
      query: { fieldSelector: `spec.nodeName=${nodeName}` },
      onState: reconcile,
      signal,
      log,
    }),
    reportUsage(),
  ];

  return {
    stop: async () => {
      stopping.abort();
      await Promise.all([...runners.values()].map((runner) => runner.stop(stopGraceMs)));
      runners.clear();
      writeTargets();
      await Promise.all(loops);
    },
  };
}
