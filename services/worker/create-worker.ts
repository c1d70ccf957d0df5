import { access } from 'node:fs/promises';
import { hostname } from 'node:os';
import { Worker, type NativeConnection } from '@temporalio/worker';
import type { RunbookActivities } from '../../activities/contracts/index.js';
import { payloadConverterPath, workflowBundlePath } from './workflow-bundle.js';

export interface WorkerSettings {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: RunbookActivities;
}

/** @throws Error when the namespace is unknown or the server refuses the worker. */
export function createWorker(settings: WorkerSettings): Promise<Worker> {
  return Worker.create({
    ...settings,
    workflowBundle: { codePath: workflowBundlePath },
    dataConverter: { payloadConverterPath },
    identity: `worker@${hostname()}:${process.pid}`,
    // About 1 MB each. More incidents than this replay from their history when they wake up.
    maxCachedWorkflows: 500,
    // When this worker is killed, its workflows wait this long for it before another worker gets them (default: 10 s).
    stickyQueueScheduleToStartTimeout: '2s',
    // Activities that are about to change something get the time to finish; waits are handed over afterwards.
    shutdownGraceTime: '20s',
    shutdownForceTime: '60s',
  });
}

/** @throws Error when the product was not built. */
export async function assertWorkflowBundle(): Promise<void> {
  try {
    await access(workflowBundlePath);
  } catch (error) {
    throw new Error(
      `could not find workflow bundle ${workflowBundlePath}: it is made by the build. Run npm run build`,
      { cause: error },
    );
  }
}
