import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { execa } from 'execa';
import { readEnvironment } from '../../configuration/environment.js';
import { freePorts } from '../../deploy/local/ports.js';
import { provideTools } from '../../deploy/local/tools.js';
import { packageFolder } from '../../services/shared/storage/package-folder.js';
import { eventually } from '../support/eventually.js';

jest.setTimeout(60_000);

const taskQueue = 'worker-test';
let folder: string;
let temporalProgram: string;
let temporalPort: number;
let workerPort: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-worker-'));
  const tools = await provideTools(['temporal'], {
    environment: readEnvironment(),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  temporalProgram = tools.temporal;
  [temporalPort = 0, workerPort = 0] = await freePorts(2);
  // Never dialled here: the worker needs a cluster only when an activity does.
  await writeFile(
    join(folder, 'kubeconfig'),
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { token: 'none' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('the worker waits for Temporal, works through its restart and ends cleanly, all without a database', async () => {
  const worker = startWorker({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
  try {
    expect(await eventually('it answers', () => get('/healthz'))).toMatchObject({ status: 200 });
    expect(await get('/readyz')).toMatchObject({
      status: 503,
      text: expect.stringContaining('connecting to Temporal'),
    });

    const first = startTemporal();
    await eventually('it is ready', async () => isOk(await get('/readyz')));
    await eventually('it polls', isPolled);
    expect((await get('/metrics')).text).toMatch(/^process_resident_memory_bytes \d+/m);
    expect((await get('/metrics')).text).toMatch(/^temporal_[a-z_]+\{.*\} \d+/m);
    first.kill();
    await first;

    const second = startTemporal();
    await eventually('it polls the new server', isPolled);
    worker.kill('SIGTERM');
    expect((await worker).exitCode).toBe(0);
    second.kill();
    await second;
  } finally {
    worker.kill('SIGKILL');
  }
});

test.each([
  ['no database', { DATABASE_URL: undefined }, 'DATABASE_URL is not set'],
  ['no cluster', { KUBECONFIG: undefined }, 'Set KUBECONFIG'],
  ['a missing kubeconfig', { KUBECONFIG: '/nowhere' }, 'could not read kubeconfig /nowhere'],
  ['no configuration', { RUNBOOK_CONFIG: '/nowhere' }, 'could not load the configuration'],
])('the worker with %s says so and exits', async (_what, environment, message) => {
  const { exitCode, stdout } = await startWorker({
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    ...environment,
  });
  expect(exitCode).toBe(1);
  expect(stdout).toContain(message);
});

function startWorker(environment: Readonly<Record<string, string | undefined>>) {
  return execa(process.execPath, [packageFolder('dist/services/worker/main.js')], {
    cwd: packageFolder('.'),
    extendEnv: false,
    env: {
      PORT: String(workerPort),
      TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
      TEMPORAL_TASK_QUEUE: taskQueue,
      KUBECONFIG: join(folder, 'kubeconfig'),
      ...environment,
    },
    reject: false,
    timeout: 60_000,
  });
}

function startTemporal() {
  const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1'];
  return execa(
    temporalProgram,
    [...args, '--port', String(temporalPort), '--db-filename', join(folder, 'temporal.db')],
    { reject: false, timeout: 60_000 },
  );
}

async function isPolled(): Promise<true | undefined> {
  const connection = await Connection.connect({
    address: `127.0.0.1:${temporalPort}`,
    connectTimeout: 1_000,
  });
  try {
    const { pollers } = await connection.withDeadline(Date.now() + 1_000, () =>
      connection.workflowService.describeTaskQueue({
        namespace: 'default',
        taskQueue: { name: taskQueue },
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- TASK_QUEUE_TYPE_WORKFLOW; the enum is in a package we do not depend on
        taskQueueType: 1,
      }),
    );
    return pollers.some(({ identity }) => identity?.startsWith('worker@')) || undefined;
  } finally {
    await connection.close();
  }
}

async function get(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${workerPort}${path}`, {
    signal: AbortSignal.timeout(2_000),
  });
  return { status: response.status, text: await response.text() };
}

const isOk = ({ status }: { status: number }) => (status === 200 ? (true as const) : undefined);
