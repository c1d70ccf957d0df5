import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ManagedProcess, type ProcessSpec } from '../../../../deploy/local/managed-process.js';
import { freePorts } from '../../../../deploy/local/ports.js';
import { answers } from '../../../../deploy/local/probe.js';

let folder: string;
let port: number;
const guarded = new Set<number>();
const guard = {
  add: (pid: number) => void guarded.add(pid),
  remove: (pid: number) => void guarded.delete(pid),
  close: () => undefined,
};
const running: ManagedProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'process-test-'));
  [port] = (await freePorts(1)) as [number];
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop()));
  await rm(folder, { recursive: true });
});

function managed(script: string, more: Partial<ProcessSpec> = {}): ManagedProcess {
  const made = new ManagedProcess(
    {
      name: 'billing',
      command: process.execPath,
      args: ['-e', script],
      env: {},
      cwd: folder,
      logFile: path.join(folder, 'billing.log'),
      ready: () => answers(`http://127.0.0.1:${port}/`),
      readyWithinMs: 10_000,
      ...more,
    },
    guard,
  );
  running.push(made);
  return made;
}

const server = (): string =>
  `require('node:http').createServer((_, answer) => answer.end()).listen(${port}, '127.0.0.1')`;

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('condition not met within 10 s');
    await sleep(20);
  }
}

describe('a managed process', () => {
  test('is started when it answers, and guarded until it is stopped', async () => {
    const process = managed(server());
    await process.start();
    const { state, pid } = process.status();
    expect(state).toBe('ready');
    expect(guarded).toContain(pid);
    await process.stop();
    expect(process.status()).toEqual({ name: 'billing', state: 'stopped', pid: null, restarts: 0 });
    expect(guarded).not.toContain(pid);
  });

  test('that ends at once is reported with the end of its log', async () => {
    const process = managed(`console.error('no such table'); process.exit(3)`);
    const start = process.start();
    await expect(start).rejects.toThrow('could not start process billing: it ended at once');
    await expect(start).rejects.toThrow('no such table');
  });

  test('that does not answer in time is reported and not left running', async () => {
    const process = managed(`setInterval(() => undefined, 1000)`, { readyWithinMs: 300 });
    await expect(process.start()).rejects.toThrow('could not start process billing: not ready');
    expect(process.status().pid).toBeNull();
  });

  test('whose program does not exist is reported', async () => {
    const process = managed('', { command: '/nowhere/billing' });
    await expect(process.start()).rejects.toThrow('could not start process billing');
  });

  test('is started again when it is killed', async () => {
    const process = managed(server());
    await process.start();
    const { pid } = process.status();
    process.kill('SIGKILL');
    await until(() => process.status().restarts === 1 && process.status().state === 'ready');
    expect(process.status().pid).not.toBe(pid);
  });

  test('stays down when it is stopped, and can be started again', async () => {
    const process = managed(server());
    await process.start();
    await process.stop();
    expect(await answers(`http://127.0.0.1:${port}/`)).toBe(false);
    await process.start();
    expect(process.status()).toMatchObject({ state: 'ready', restarts: 0 });
  });

  test('that ignores the stop signal is killed after its grace period', async () => {
    const process = managed(`process.on('SIGTERM', () => undefined); ${server()}`, {
      graceMs: 200,
    });
    await process.start();
    await process.stop();
    expect(process.status().pid).toBeNull();
  });

  test('inherits nothing of our environment', async () => {
    const process = managed(`if (process.env.PATH === undefined) ${server()}`);
    await process.start();
    expect(process.status().state).toBe('ready');
  });
});
