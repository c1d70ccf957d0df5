import { expect, test } from '@jest/globals';
import { SignalRing } from '../../../../../services/shared/telemetry/signal-ring.js';
import type { SignalPage } from '../../../../../services/shared/telemetry/signal-ring.js';
import { signalRoutes } from '../../../../../services/shared/telemetry/signal-routes.js';
import { createLogger } from '../../../../../services/shared/telemetry/logger.js';

test('signals are for those who know a token, where there is one', async () => {
  const guarded = signalRoutes(new SignalRing(), ['secret']);
  const ask = async (authorization: string) =>
    (await guarded.request('/signals', { headers: { authorization } })).status;
  expect(await ask('Bearer wrong')).toBe(401);
  expect(await ask('Bearer secret')).toBe(200);
  expect((await signalRoutes(new SignalRing(), []).request('/signals')).status).toBe(200);
});

test('warnings and errors of the log are signals, the lines about requests and the rest are not', async () => {
  const ring = new SignalRing();
  const logger = createLogger({
    name: 'test',
    level: 'info',
    destination: { write: () => undefined },
    signals: ring,
  });
  logger.info('all is well');
  logger.warn({ durationMs: 3 }, 'request failed or was slow');
  logger.child({ component: 'x' }).warn('careful');
  logger.error({ err: new Error('disk full'), requestId: 'r-1' }, 'could not answer request');

  const page = (await (await signalRoutes(ring, []).request('/signals')).json()) as SignalPage;

  expect(page.signals).toMatchObject([
    { kind: 'log', severity: 'warning', message: 'careful', requestId: null },
    {
      kind: 'log',
      severity: 'error',
      message: 'could not answer request: disk full',
      requestId: 'r-1',
    },
  ]);
});
