import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ProcessRecord } from '../../../../../deploy/local/node-agent/process-record.js';
import { identify } from '../../../../../deploy/local/process-identity.js';
import { sweepDeadStack } from '../../../../../deploy/local/sweep.js';

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'record-test-'));
  children = Array.from({ length: 3 }, () =>
    spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { detached: true }),
  );
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

test('an agent ends exactly what its predecessor left running', async () => {
  const [left = 0, ended = 0, foreign = 0] = children.map(({ pid }) => pid);
  const file = path.join(folder, 'processes.json');
  const record = new ProcessRecord(file);
  record.add(left);
  record.add(ended);
  record.remove(ended);

  expect(await sweepDeadStack(file)).toBe(1);
  expect([left, ended, foreign].map((pid) => identify(pid) !== null)).toEqual([false, true, true]);
});
