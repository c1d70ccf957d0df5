import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { every } from '../../../../services/monitoring-api/every.js';

async function timesOf(
  turns: number,
  intervalMs: number,
  work: (turn: number) => Promise<void> | void,
): Promise<number[]> {
  const stopping = new AbortController();
  const times: number[] = [];
  await every(intervalMs, stopping.signal, async (at) => {
    times.push(at);
    await work(times.length);
    if (times.length === turns) stopping.abort();
  });
  return times;
}

describe('every', () => {
  test('gives evenly spaced times, near those of the clock, though timers are late', async () => {
    const before = Date.now();
    const times = await timesOf(6, 20, () => undefined);
    expect(Math.abs(times[0]! - before)).toBeLessThan(20);
    const gaps = times.slice(1).map((at, index) => at - times[index]!);
    expect(gaps.every((gap) => gap > 0 && gap % 20 === 0)).toBe(true);
    expect(Math.abs(times.at(-1)! - Date.now())).toBeLessThan(60);
  });

  test('leaves out the turns that a long task misses, and never runs two at once', async () => {
    let running = 0;
    const times = await timesOf(3, 20, async (turn) => {
      running += 1;
      expect(running).toBe(1);
      if (turn === 1) await sleep(50);
      running -= 1;
    });
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(60);
    expect((times[2]! - times[0]!) % 20).toBe(0);
  });

  test('ends at once when it is told to', async () => {
    const stopping = new AbortController();
    const running = every(60_000, stopping.signal, () => undefined);
    stopping.abort();
    await running;
  });
});
