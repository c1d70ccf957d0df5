import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { boundLog, openLog, pruneLogs } from '../../../../../deploy/local/node-agent/log-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'log-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the log of a container', () => {
  test('keeps the run before, and no more', () => {
    const file = path.join(folder, 'pod', 'shop.log');
    for (const run of ['first', 'second', 'third']) {
      const log = openLog(file);
      writeSync(log, run);
      closeSync(log);
    }
    expect(readFileSync(file, 'utf8')).toBe('third');
    expect(readFileSync(path.join(folder, 'pod', 'shop.previous.log'), 'utf8')).toBe('second');
  });

  test('is cut when it grew too large, while its writer goes on', () => {
    const file = path.join(folder, 'shop.log');
    const log = openLog(file);
    writeSync(log, 'x'.repeat(6 * 1024 * 1024));
    boundLog(file);
    writeSync(log, 'after');
    closeSync(log);
    expect(readFileSync(file, 'utf8')).toBe('after');
    expect(statSync(path.join(folder, 'shop.previous.log')).size).toBe(6 * 1024 * 1024);
  });
});

test('the logs of the pods longest gone are removed first', () => {
  for (let index = 0; index < 45; index += 1) {
    const pod = path.join(folder, `pod-${index}`);
    mkdirSync(pod);
    utimesSync(pod, 1_000 + index, 1_000 + index);
  }
  pruneLogs(folder);
  const left = readdirSync(folder);
  expect(left).toHaveLength(40);
  expect(left).not.toContain('pod-4');
  expect(left).toContain('pod-5');
});
