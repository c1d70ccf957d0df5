import { describe, expect, test } from '@jest/globals';
import {
  hasPendingStop,
  parseResidentBytes,
  parseStat,
} from '../../../../../deploy/local/node-agent/process-table.js';

describe('what /proc tells of a process', () => {
  test('is read past a command name with spaces and parentheses', () => {
    const line =
      '4711 (node (a) b) T 1 4711 4710 0 -1 4194304 900 0 0 0 150 25 3 2 20 0 11 0 8000 700000000 12000 1844';
    expect(parseStat(line)).toEqual({ pid: 4711, state: 'T', session: 4710, cpuMs: 1_800 });
  });

  test('gives resident memory in bytes, and none for a process without', () => {
    expect(parseResidentBytes('Name:\tnode\nVmRSS:\t   51200 kB\nThreads:\t11\n')).toBe(52_428_800);
    expect(parseResidentBytes('Name:\tkthreadd\n')).toBe(0);
  });

  test.each([
    [
      'a SIGSTOP sent to the process',
      'SigPnd:\t0000000000000000\nShdPnd:\t0000000000040000\n',
      true,
    ],
    ['a SIGTSTP sent to a thread', 'SigPnd:\t0000000000080000\nShdPnd:\t0000000000000000\n', true],
    ['only a SIGTERM', 'SigPnd:\t0000000000000000\nShdPnd:\t0000000000004000\n', false],
    ['nothing', 'SigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n', false],
  ])('says whether a stop is pending: %s', (_, status, pending) => {
    expect(hasPendingStop(status)).toBe(pending);
  });
});
