import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  startProcess,
  type ContainerProcess,
} from '../../../../../deploy/local/node-agent/container-process.js';
import { identify } from '../../../../../deploy/local/process-identity.js';
import { eventually } from '../../../../support/eventually.js';

let folder: string;
let started: ContainerProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'container-test-'));
});
afterEach(() => {
  started?.kill();
  rmSync(folder, { recursive: true });
});

async function run(script: string): Promise<ContainerProcess> {
  started = await startProcess({
    program: process.execPath,
    args: ['-e', script],
    env: { MOOD: 'good' },
    cwd: folder,
    logFile: path.join(folder, 'shop.log'),
  });
  return started;
}

const log = (): string => readFileSync(path.join(folder, 'shop.log'), 'utf8');

describe('the process of a container', () => {
  test('has the given environment only, and logs both its streams', async () => {
    const { exited } = await run(
      'console.log(Object.keys(process.env).join()); console.error("oh"); process.exit(7)',
    );
    expect(await exited).toBe(7);
    expect(log()).toBe('MOOD\noh\n');
  });

  test('ends with 128 and the number of the signal that killed it', async () => {
    const { exited, kill } = await run('setInterval(() => 0, 1000)');
    kill();
    expect(await exited).toBe(137);
  });

  test('takes along what it started when it ends', async () => {
    const { exited } = await run(`
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
      console.log(child.pid);
      setTimeout(() => process.exit(0), 100);`);
    expect(await exited).toBe(0);
    await eventually('its child is gone', () => identify(Number(log())) === null || undefined);
  });

  test('that cannot be started says why', async () => {
    const missing = startProcess({
      program: '/no/such/program',
      args: [],
      env: {},
      cwd: folder,
      logFile: path.join(folder, 'shop.log'),
    });
    await expect(missing).rejects.toThrow('ENOENT');
  });
});
