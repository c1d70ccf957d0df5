import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Doorbell } from '../../../../services/outbound-api/doorbell.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const running = new AbortController().signal;

async function hasEnded(waiting: Promise<void>): Promise<boolean> {
  let ended = false;
  void waiting.then(() => (ended = true));
  await jest.advanceTimersByTimeAsync(0);
  return ended;
}

test('a wait ends when its time is over, and not before', async () => {
  const waiting = new Doorbell().wait(500, running);

  await jest.advanceTimersByTimeAsync(499);
  expect(await hasEnded(waiting)).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(await hasEnded(waiting)).toBe(true);
});

test('a ring ends the wait at once, and leaves no timer', async () => {
  const doorbell = new Doorbell();
  const waiting = doorbell.wait(500, running);
  doorbell.ring();

  expect(await hasEnded(waiting)).toBe(true);
  expect(jest.getTimerCount()).toBe(0);
});

test('a ring that nobody waits for ends the next wait, and only that', async () => {
  const doorbell = new Doorbell();
  doorbell.ring();
  doorbell.ring();

  expect(await hasEnded(doorbell.wait(500, running))).toBe(true);
  expect(await hasEnded(doorbell.wait(500, running))).toBe(false);
});

test('a wait ends when there is nothing to wait for any more', async () => {
  const stopping = new AbortController();
  const waiting = new Doorbell().wait(500, stopping.signal);
  stopping.abort();

  expect(await hasEnded(waiting)).toBe(true);
  expect(await hasEnded(new Doorbell().wait(500, stopping.signal))).toBe(true);
});
