import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Guard } from './guard.js';
import { ManagedProcess } from './managed-process.js';

export interface TemporalOptions {
  readonly program: string;
  readonly stateFolder: string;
  readonly logFolder: string;
  readonly port: number;
  readonly uiPort: number;
  readonly guard: Guard;
}

export interface PreparedTemporal {
  readonly process: ManagedProcess;
  /** `host:port` */
  readonly address: string;
  /** Once it is ready: keeps closed workflows for 30 days instead of one. */
  setRetention(): Promise<void>;
}

const namespace = 'default';
const retention = '720h';
const searchAttributes = ['RunbookService', 'RunbookState', 'RunbookSeverity', 'RunbookName'];

/** Where the Temporal UI shows a workflow. `ui`: the base URL of the UI. */
export const workflowPage = (ui: string, workflowId: string): string =>
  `${ui}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;

/** The dev server has one history shard, which by default starts at most one task per 50 ms. */
const dispatchSettings = ['transferProcessor', 'timerProcessor', 'visibilityProcessor'].map(
  (processor) => `--dynamic-config-value=history.${processor}MaxPollRPS=2000`,
);

/** Temporal's dev server on loopback, with a file database so that incidents survive a restart of the stack. */
export async function prepareTemporal(options: TemporalOptions): Promise<PreparedTemporal> {
  const { program, stateFolder, logFolder, port, uiPort, guard } = options;
  const folder = path.join(stateFolder, 'temporal');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const address = `127.0.0.1:${port}`;

  async function withConnection<T>(call: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    try {
      return await connection.withDeadline(Date.now() + 5_000, () => call(connection));
    } finally {
      await connection.close();
    }
  }

  return {
    address,
    process: new ManagedProcess(
      {
        name: 'temporal',
        command: program,
        args: [
          'server',
          'start-dev',
          '--ip=127.0.0.1',
          `--port=${port}`,
          `--ui-port=${uiPort}`,
          `--db-filename=${path.join(folder, 'temporal.db')}`,
          '--sqlite-pragma=journal_mode=WAL',
          '--sqlite-pragma=synchronous=1',
          ...dispatchSettings,
          ...searchAttributes.map((name) => `--search-attribute=${name}=Keyword`),
          '--log-level=warn',
          '--color=never',
        ],
        env: { HOME: folder },
        cwd: folder,
        logFile: path.join(logFolder, 'temporal.log'),
        ready: async () => {
          await withConnection((connection) =>
            connection.workflowService.describeNamespace({ namespace }),
          );
          return true;
        },
        readyWithinMs: 60_000,
      },
      guard,
    ),
    async setRetention() {
      await withConnection((connection) =>
        connection.workflowService.updateNamespace({
          namespace,
          config: { workflowExecutionRetentionTtl: msToTs(retention) },
        }),
      );
    },
  };
}
