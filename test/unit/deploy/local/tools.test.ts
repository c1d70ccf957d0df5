import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readEnvironment } from '../../../../configuration/environment.js';
import { tools, versionOf } from '../../../../deploy/local/tool-catalogue.js';
import { cachedPath, findTool, provideTools } from '../../../../deploy/local/tools.js';

const etcd = tools.find(({ name }) => name === 'etcd')!;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tools-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const environment = (more: Record<string, string> = {}) =>
  readEnvironment({
    XDG_CACHE_HOME: path.join(folder, 'cache'),
    PATH: `${path.join(folder, 'bin')}:relative`,
    ...more,
  });

async function program(file: string, version: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho "etcd Version: ${version}"\n`);
  await chmod(file, 0o755);
  return file;
}

describe('a tool', () => {
  test('is taken from the environment before all else', async () => {
    const named = await program(path.join(folder, 'mine'), '0.0.1');
    await program(cachedPath(etcd, environment()), versionOf(etcd));
    await expect(findTool(etcd, environment({ RUNBOOK_TOOL_ETCD: named }))).resolves.toEqual({
      path: named,
      from: 'environment',
    });
  });

  test('named by the environment but not there is an error, not a reason to look further', async () => {
    await program(cachedPath(etcd, environment()), versionOf(etcd));
    await expect(
      findTool(etcd, environment({ RUNBOOK_TOOL_ETCD: '/nowhere/etcd' })),
    ).rejects.toThrow('could not use RUNBOOK_TOOL_ETCD: /nowhere/etcd is not an executable file');
  });

  test('is taken from the cache before PATH', async () => {
    const cached = await program(cachedPath(etcd, environment()), versionOf(etcd));
    await program(path.join(folder, 'bin/etcd'), versionOf(etcd));
    await expect(findTool(etcd, environment())).resolves.toEqual({ path: cached, from: 'cache' });
  });

  test('on PATH is taken when it is the right version', async () => {
    const onPath = await program(path.join(folder, 'bin/etcd'), versionOf(etcd));
    await expect(findTool(etcd, environment())).resolves.toEqual({ path: onPath, from: 'path' });
  });

  test('on PATH of another version is not taken', async () => {
    await program(path.join(folder, 'bin/etcd'), `${versionOf(etcd)}1`);
    await expect(findTool(etcd, environment())).resolves.toBeNull();
  });

  test('is cached under the name of its module and its version', () => {
    expect(cachedPath(etcd, environment())).toBe(
      path.join(folder, 'cache/durable-runbooks', `etcd-${versionOf(etcd)}`, 'etcd'),
    );
  });
});

test('tools found are provided without a word', async () => {
  const cached = await program(cachedPath(etcd, environment()), versionOf(etcd));
  const lines: string[] = [];
  const paths = await provideTools(['etcd'], {
    environment: environment(),
    onProgress: (line) => lines.push(line),
  });
  expect(paths).toEqual({ etcd: cached });
  expect(lines).toEqual([]);
});
