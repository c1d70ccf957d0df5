import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  creditAfter,
  standstillMs,
  throttleCpu,
} from '../../../../../deploy/local/node-agent/cpu-throttle.js';
import { ProcessTable, readStat } from '../../../../../deploy/local/node-agent/process-table.js';
import { eventually } from '../../../../support/eventually.js';

describe('CPU credit', () => {
  test('grows by the limit and shrinks by use', () => {
    expect(creditAfter(10, 0.5, 100, 30)).toBe(30);
  });

  test('is not saved up beyond one period', () => {
    expect(creditAfter(50, 0.5, 60_000, 0)).toBe(50);
  });

  test('in debt is paid by standing still, the longer the lower the limit', () => {
    expect(creditAfter(0, 0.25, 100, 75)).toBe(-50);
    expect(standstillMs(-50, 0.25)).toBe(200);
    expect(standstillMs(5, 0.25)).toBe(0);
  });
});

describe('a throttled process', () => {
  let child: ChildProcess | undefined;
  let release: (() => void) | undefined;
  afterEach(() => {
    release?.();
    child?.kill('SIGKILL');
  });

  /** A process that never rests, held to a fifth of a core. */
  async function throttled(): Promise<number> {
    child = spawn(process.execPath, ['-e', 'for (;;);'], { detached: true, stdio: 'ignore' });
    const pid = child.pid!;
    await eventually('it uses CPU', () => (cpuMs(pid) > 50 ? true : undefined));
    release = throttleCpu(pid, 0.2, new ProcessTable());
    return pid;
  }
  const cpuMs = (pid: number): number => readStat(pid)!.cpuMs;

  test('gets its limit on average', async () => {
    const pid = await throttled();
    const [from, used] = [performance.now(), cpuMs(pid)];
    await eventually('two seconds have passed', () =>
      performance.now() - from > 2_000 ? true : undefined,
    );
    const share = (cpuMs(pid) - used) / (performance.now() - from);
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.3);
  });

  test('stays stopped when somebody else stops it, and goes on when they let it', async () => {
    const pid = await throttled();
    await eventually('the throttle holds it', () => readStat(pid)!.state === 'T' || undefined);
    process.kill(pid, 'SIGSTOP');
    // Far longer than the throttle ever holds it.
    const used = cpuMs(pid);
    const stoppedAt = performance.now();
    while (performance.now() - stoppedAt < 1_000) {
      await sleep(20);
      expect(cpuMs(pid)).toBe(used);
    }
    process.kill(pid, 'SIGCONT');
    await eventually('it uses CPU again', () => (cpuMs(pid) > used ? true : undefined));
  });
});
