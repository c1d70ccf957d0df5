import { expect, test } from '@jest/globals';
import { createBreaker } from '../../../../services/outbound-api/breaker.js';
import type { Delivery } from '../../../../services/outbound-api/deliver.js';
import { eventually } from '../../../support/eventually.js';

const answers = (kind: Delivery['kind']) => (): Promise<Delivery> =>
  Promise.resolve(kind === 'delivered' ? { kind } : { kind, reason: 'test' });

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
  await breaker.forget();
  expect([breaker.state, breaker.allows()]).toEqual(['closed', 'all']);
});
