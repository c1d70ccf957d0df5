import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { stateFolderOf } from '../../deploy/local/state-folder.js';
import { packageFolder } from '../../services/shared/storage/package-folder.js';

/** Runs the built program, as a person does, where nothing of this test's own surroundings shows through. */
async function runbook(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number | undefined; stderr: string }> {
  const { exitCode, stderr } = await execa(
    process.execPath,
    [packageFolder('bin/runbook.js'), ...args],
    { reject: false, timeout: 30_000, extendEnv: false, env },
  );
  return { exitCode, stderr };
}

describe('the command line', () => {
  test.each([
    [['status', '--name', '../elsewhere'], 'could not use stack name "../elsewhere"'],
    [['approve', '--reason', 'x'], "missing required argument 'id'"],
    [['approve'], "missing required argument 'id'"],
    [['approve', 'inventory-7'], "option '--reason <text>' is required"],
    [['approve', 'x', '--reason', 'x', '--plan', '003f'], 'Expected 8 to 64 hexadecimal digits'],
    [['close', 'x', '--reason', 'x', '--plan', '003f1203'], "unknown option '--plan'"],
  ])('takes %j for bad usage', async (args, complaint) => {
    const { exitCode, stderr } = await runbook(args);
    expect(stderr).toContain(complaint);
    expect(exitCode).toBe(2);
  });

  test('takes an unusable environment for bad configuration', async () => {
    const { exitCode, stderr } = await runbook(['status'], { LOG_LEVEL: 'loud' });
    expect(stderr).toContain('LOG_LEVEL: ');
    expect(exitCode).toBe(2);
  });

  test('says in plain words that Temporal is not reached', async () => {
    const { exitCode, stderr } = await runbook(
      ['approve', 'inventory-7', '--reason', 'x', '--plan', '003f1203'],
      { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    );
    expect(stderr).toBe(
      'could not reach Temporal 127.0.0.1:1 namespace default: connect ECONNREFUSED 127.0.0.1:1. Set TEMPORAL_ADDRESS, or start the local stack: npx runbook up',
    );
    expect(exitCode).toBe(5);
  });
});

describe('a stack whose description cannot be read', () => {
  const name = `damaged-${process.pid}`;
  const folder = stateFolderOf(name);
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('is removed by the very command that every other one names', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'stack.json'), '{ "name": ');
    const refused = await runbook(['down', '--name', name]);
    expect(refused.stderr).toContain(
      `Remove that stack with: npx runbook down --purge --name ${name}`,
    );
    expect(refused.exitCode).toBe(1);
    expect(await runbook(['down', '--purge', '--name', name])).toMatchObject({ exitCode: 0 });
    expect(existsSync(folder)).toBe(false);
  });
});
