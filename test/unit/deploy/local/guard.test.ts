import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startGuard } from '../../../../deploy/local/guard.js';
import {
  identify,
  isAlive,
  signalGroup,
  type ProcessIdentity,
} from '../../../../deploy/local/process-identity.js';
import { sweepDeadStack } from '../../../../deploy/local/sweep.js';

let folder: string;
let record: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'guard-test-'));
  record = path.join(folder, 'processes.json');
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** A real process that ignores polite requests and leads a group with a child of its own. */
async function stubborn(): Promise<{ leader: ProcessIdentity; member: ProcessIdentity }> {
  const script = `
    process.on('SIGTERM', () => undefined);
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    console.log(child.pid);`;
  const child = spawn(process.execPath, ['-e', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  started.push(child);
  const memberPid = await new Promise((resolve) => child.stdout.once('data', resolve));
  return { leader: identify(child.pid!)!, member: identify(Number(memberPid))! };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('condition not met within 5 s');
    await sleep(20);
  }
}

describe('the guard', () => {
  test('kills every guarded process with its group when the guarding process is killed outright', async () => {
    const { leader, member } = await stubborn();
    // The process that guards, so that it can be killed.
    const guarding = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { startGuard } from ${JSON.stringify(path.resolve('dist/deploy/local/guard.js'))};
         startGuard().add(${leader.pid});
         setInterval(() => undefined, 1000);
         console.log('guarding');`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    started.push(guarding);
    await new Promise((resolve) => guarding.stdout.once('data', resolve));
    expect(isAlive(leader)).toBe(true);
    guarding.kill('SIGKILL');
    await until(() => !isAlive(leader) && !isAlive(member));
  });

  test('leaves alone what it was told has ended', async () => {
    const { leader: kept } = await stubborn();
    const { leader: guarded } = await stubborn();
    const guard = startGuard();
    guard.add(kept.pid);
    guard.add(guarded.pid);
    guard.remove(kept.pid);
    guard.close();
    await until(() => !isAlive(guarded));
    expect(isAlive(kept)).toBe(true);
  });

  test('lists what it guards for the next start', async () => {
    const { leader } = await stubborn();
    const guard = startGuard(record);
    guard.add(leader.pid);
    expect(JSON.parse(await readFile(record, 'utf8'))).toEqual([leader]);
    guard.remove(leader.pid);
    expect(JSON.parse(await readFile(record, 'utf8'))).toEqual([]);
    guard.close();
  });
});

describe('the sweep', () => {
  test('ends what a dead stack left, and forgets it', async () => {
    const { leader, member } = await stubborn();
    await writeFile(record, JSON.stringify([leader]));
    await expect(sweepDeadStack(record)).resolves.toBe(1);
    expect(isAlive(leader)).toBe(false);
    await until(() => !isAlive(member));
    await expect(sweepDeadStack(record)).resolves.toBe(0);
  });

  test('never touches a later process with the same pid', async () => {
    const { leader } = await stubborn();
    await writeFile(record, JSON.stringify([{ ...leader, startTime: 'earlier' }]));
    await expect(sweepDeadStack(record)).resolves.toBe(0);
    expect(isAlive(leader)).toBe(true);
  });

  test('of a stack that never ran ends nothing', async () => {
    await expect(sweepDeadStack(record)).resolves.toBe(0);
  });
});

describe('a process identity', () => {
  test('is not that of a process which has ended', async () => {
    const { leader } = await stubborn();
    expect(signalGroup(leader, 'SIGKILL')).toBe(true);
    await until(() => !isAlive(leader));
    expect(identify(leader.pid)).toBeNull();
    expect(signalGroup(leader, 'SIGKILL')).toBe(false);
  });
});
