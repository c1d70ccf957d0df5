import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { filesOf, writeVolume } from '../../../../../deploy/local/node-agent/config-volume.js';

const configMap = { data: { mode: 'read-write', level: 'info' }, binaryData: { blob: 'AAE=' } };

describe('the files of a ConfigMap', () => {
  test('are its keys, text and binary', () => {
    expect(Object.fromEntries(filesOf(configMap))).toEqual({
      mode: Buffer.from('read-write'),
      level: Buffer.from('info'),
      blob: Buffer.from([0, 1]),
    });
  });

  test('are the chosen keys under the chosen paths', () => {
    const items = [
      { key: 'mode', path: 'flags/mode.txt' },
      { key: 'absent', path: 'absent.txt' },
    ];
    expect([...filesOf(configMap, items).keys()]).toEqual(['flags/mode.txt']);
  });
});

describe('a ConfigMap volume', () => {
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = mkdtempSync(path.join(tmpdir(), 'volume-test-'));
    folder = path.join(mkdtempSync(path.join(parent, 'volumes-')));
  });
  afterEach(() => {
    rmSync(parent, { recursive: true });
  });
  const files = (content: Record<string, string>): ReadonlyMap<string, Buffer> =>
    new Map(Object.entries(content).map(([name, text]) => [name, Buffer.from(text)]));
  const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  const visible = (): string[] => readdirSync(folder).filter((name) => !name.startsWith('..'));

  test('shows the newest files and keeps nothing of earlier ones', () => {
    writeVolume(folder, files({ mode: 'read-write', old: 'x' }));
    const [before] = readdirSync(parent);
    writeVolume(folder, files({ mode: 'read-only', 'deep/new': 'y' }));

    expect(read('mode')).toBe('read-only');
    expect(read('deep/new')).toBe('y');
    expect(visible()).toEqual(['deep', 'mode']);
    expect(readdirSync(folder).filter((name) => name.startsWith('..'))).toHaveLength(2);
    expect(readdirSync(parent)).toEqual([before]);
  });

  test('changes all its files in one rename', () => {
    writeVolume(folder, files({ a: '1', b: '1' }));
    const [a, b, data] = ['a', 'b', '..data'].map((name) => readlinkSync(path.join(folder, name)));
    expect([a, b]).toEqual(['..data/a', '..data/b']);
    writeVolume(folder, files({ a: '2', b: '2' }));
    expect(readlinkSync(path.join(folder, '..data'))).not.toBe(data);
    expect(readlinkSync(path.join(folder, 'a'))).toBe(a);
  });
});
