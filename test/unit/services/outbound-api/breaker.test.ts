import { afterEach, expect, jest, test } from '@jest/globals';
import { createBreaker } from '../../../../services/outbound-api/breaker.js';
import type { Delivery } from '../../../../services/outbound-api/deliver.js';
import { eventually } from '../../../support/eventually.js';

const answers = (kind: Delivery['kind']) => (): Promise<Delivery> =>
  Promise.resolve(kind === 'delivered' ? { kind } : { kind, reason: 'test' });

afterEach(() => {
  jest.restoreAllMocks();
});

async function opened(probeAfterMs: number) {
  const breaker = createBreaker({ failures: 2, probeAfterMs });
  await breaker.send(answers('unavailable'));
  expect(breaker.allows()).toBe('all');
  await breaker.send(answers('unavailable'));
  return breaker;
}

test('opens at the last of so many failures in a row, and lets nothing through then', async () => {
  const breaker = await opened(60_000);

  expect([breaker.state, breaker.allows()]).toEqual(['open', 'nothing']);
  let wasSent = false;
  const sent = await breaker.send(() => {
    wasSent = true;
    return answers('delivered')();
  });
  expect([sent, wasSent]).toEqual([null, false]);
});

test('tells of an outage once, with its reason, and of its end', async () => {
  const told: (string | null)[] = [];
  const breaker = createBreaker({
    failures: 2,
    probeAfterMs: 0,
    onTurn: (outage) => told.push(outage),
  });
  await breaker.send(answers('delivered'));
  for (let failure = 0; failure < 4; failure += 1) await breaker.send(answers('unavailable'));
  expect(told).toEqual(['test']);
  await breaker.send(answers('delivered'));
  expect(told).toEqual(['test', null]);
  for (let failure = 0; failure < 2; failure += 1) await breaker.send(answers('unavailable'));
  // Nothing to send proves nothing: neither that it is over nor that it is another one.
  breaker.forget();
  for (let failure = 0; failure < 2; failure += 1) await breaker.send(answers('unavailable'));
  breaker.forget();
  expect(told).toEqual(['test', null, 'test']);
  await breaker.send(answers('delivered'));
  expect(told).toEqual(['test', null, 'test', null]);
});

test('starts counting anew at every answer, also at a refusal', async () => {
  const breaker = createBreaker({ failures: 2 });
  for (const kind of ['unavailable', 'refused', 'unavailable', 'delivered'] as const) {
    await breaker.send(answers(kind));
  }
  expect(breaker.state).toBe('closed');
});

test('lets one through after a while: a failure keeps it open, an answer closes it', async () => {
  const breaker = await opened(20);
  const probe = () =>
    eventually('a probe is allowed', () => (breaker.allows() === 'probe' ? true : undefined));

  await probe();
  await breaker.send(answers('unavailable'));
  expect([breaker.state, breaker.allows()]).toEqual(['open', 'nothing']);

  await probe();
  let answer: (delivery: Delivery) => void = () => undefined;
  const sending = breaker.send(() => new Promise((resolve) => (answer = resolve)));
  expect([breaker.state, breaker.allows()]).toEqual(['half-open', 'nothing']);
  answer({ kind: 'delivered' });
  await sending;
  expect([breaker.state, breaker.allows()]).toEqual(['closed', 'all']);
});

test('forgets the outage when there is nothing to find out with', async () => {
  const breaker = await opened(20);
  await eventually('a probe is allowed', () => (breaker.allows() === 'probe' ? true : undefined));
  breaker.forget();
  expect([breaker.state, breaker.allows()]).toEqual(['closed', 'all']);
});

test('finds out as soon as ever when the clock is set back after it opened', async () => {
  const breaker = await opened(20);
  const now = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000);

  await eventually('a probe is allowed', () => (breaker.allows() === 'probe' ? true : undefined));
  expect(await breaker.send(answers('delivered'))).toEqual({ kind: 'delivered' });
  expect(breaker.state).toBe('closed');
});

test('is kept open by no late answer to what was sent before, and closed by none', async () => {
  const breaker = createBreaker({ failures: 1, probeAfterMs: 20 });
  const late: ((delivery: Delivery) => void)[] = [];
  const early = [1, 2].map(() => breaker.send(() => new Promise((resolve) => late.push(resolve))));
  await breaker.send(answers('unavailable'));
  late[0]?.({ kind: 'delivered' });
  await early[0];
  expect(breaker.state).toBe('open');

  await eventually('a probe is allowed', () => (breaker.allows() === 'probe' ? true : undefined));
  late[1]?.({ kind: 'unavailable', reason: 'test' });
  await early[1];
  expect(breaker.allows()).toBe('probe');
});
