import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeVolume } from '../../../../../deploy/local/node-agent/config-volume.js';
import type { FlagFiles } from '../../../../../services/shared/flags/flag-folder.js';
import { watchFlagFolder } from '../../../../../services/shared/flags/flag-folder.js';
import { eventually } from '../../../../support/eventually.js';

let folder: string;
let seen: FlagFiles[];
let faults: string[];
let stop: () => void = () => undefined;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'flags-'));
  seen = [];
  faults = [];
});

afterEach(async () => {
  stop();
  await rm(folder, { recursive: true, force: true });
});

async function watch(pollMs?: number): Promise<void> {
  const watcher = await watchFlagFolder({
    folder,
    onFiles: (files) => seen.push(files),
    onUnreadable: (error) => faults.push(error.message),
    ...(pollMs !== undefined && { pollMs }),
  });
  stop = () => {
    watcher.stop();
  };
}

function mount(files: Record<string, string>): void {
  writeVolume(folder, new Map(Object.entries(files).map(([k, v]) => [k, Buffer.from(v)])));
}

test('reads a mounted ConfigMap before it resolves', async () => {
  mount({ mode: 'normal' });

  await watch();

  expect(seen).toEqual([new Map([['mode', 'normal']])]);
});

test('sees a swap of the link at once, without waiting for its next look', async () => {
  mount({ mode: 'normal' });
  await watch(60_000);

  mount({ mode: 'read-only' });

  await eventually('the swap is seen', () => (seen.length === 2 ? true : undefined), 1_000);
  expect(seen[1]).toEqual(new Map([['mode', 'read-only']]));
});

test('never mixes two versions, however fast they follow each other', async () => {
  mount({ a: '0', b: '0' });
  await watch(5);

  for (let version = 1; version <= 200; version += 1) {
    mount({ a: String(version), b: String(version) });
    await new Promise((resolve) => setImmediate(resolve));
  }

  await eventually('the last is seen', () => (seen.at(-1)?.get('a') === '200' ? true : undefined));
  expect(seen.filter((files) => files.get('a') !== files.get('b'))).toEqual([]);
});

test('reads an ordinary folder too', async () => {
  await writeFile(path.join(folder, 'mode'), 'normal');
  await watch(20);

  await writeFile(path.join(folder, 'mode'), 'read-only');

  await eventually('it is seen', () => (seen.at(-1)?.get('mode') === 'read-only' ? 1 : undefined));
});

test('says once that a folder is missing, and reads it when it comes', async () => {
  await rm(folder, { recursive: true });
  await watch(20);
  expect(faults).toEqual([expect.stringContaining('ENOENT')]);

  await mkdir(folder);
  mount({ mode: 'normal' });

  await eventually('it is seen', () => (seen.at(-1)?.get('mode') === 'normal' ? true : undefined));
  expect(faults).toHaveLength(1);
});
