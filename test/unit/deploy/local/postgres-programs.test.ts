import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { canEnter, findPostgresPrograms } from '../../../../deploy/local/postgres-programs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postgres-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const stranger = { uid: 65_534, gid: 65_534 };

describe('a folder can be entered by another user', () => {
  test('when every folder above it lets everybody through', async () => {
    await chmod(folder, 0o711);
    await expect(canEnter(stranger, folder)).resolves.toBe(true);
  });

  test('not when one folder above it is private', async () => {
    const inside = path.join(folder, 'open');
    await mkdir(inside, { mode: 0o755 });
    await chmod(folder, 0o700);
    await expect(canEnter(stranger, inside)).resolves.toBe(false);
  });
});

test('the installed PostgreSQL runs, whether or not install scripts were allowed', async () => {
  const { postgres, initdb } = await findPostgresPrograms(null);
  for (const program of [postgres, initdb]) {
    const { stdout } = await execa(program, ['--version']);
    expect(stdout).toContain('PostgreSQL) 18.');
  }
});
