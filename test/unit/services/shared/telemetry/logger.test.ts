import { expect, jest, test } from '@jest/globals';
import { createLineWriter, createLogger } from '../../../../../services/shared/telemetry/logger.js';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  write(createLogger({ name: 'test-api', level: 'info', destination }));
  return text;
}

test('secrets are redacted at the top and one level down', () => {
  const text = logged((logger) => {
    logger.info({ token: 'sesame', headers: { authorization: 'Bearer sesame' } }, 'hello');
    logger.child({ component: 'intake' }).info({ request: { cookie: 'sesame' } }, 'child');
    logger.info({ DATABASE_URL: 'postgres://u:sesame@h/d' }, 'start');
  });

  expect(text).not.toContain('sesame');
  expect(text.match(/\[redacted\]/g)).toHaveLength(4);
});

test('a line is JSON with the process, the level by name and an ISO time', () => {
  const line = JSON.parse(
    logged((logger) => {
      logger.warn({ orderId: 7 }, 'late');
    }),
  ) as Record<string, string>;

  expect(line).toMatchObject({ name: 'test-api', level: 'warn', orderId: 7, msg: 'late' });
  expect(new Date(line['time']!).toISOString()).toBe(line['time']);
});

test('a line writer writes what the logger would', () => {
  const written = logged((logger) => {
    const child = logger.child({ component: 'intake' });
    child.info({ status: 200, route: '/items' }, 'done');
    createLineWriter(child)('"status":200,"route":"/items"', 'done');
  });

  const [theirs, ours] = written.replaceAll(/"time":"[^"]*"/g, '"time":""').split('\n');
  expect(ours).toBe(theirs);
});

test('the time of a line is that of the clock, to the millisecond', () => {
  jest.useFakeTimers();
  try {
    for (const at of ['2026-01-31T09:30:00.999Z', '2026-01-31T09:30:01.000Z']) {
      jest.setSystemTime(new Date(at));
      expect(
        logged((logger) => {
          logger.info('now');
        }),
      ).toContain(`"time":"${at}"`);
      jest.setSystemTime(Date.parse(at) + 7);
      expect(
        logged((logger) => {
          logger.info('now');
        }),
      ).toContain(`"time":"${new Date(Date.parse(at) + 7).toISOString()}"`);
    }
  } finally {
    jest.useRealTimers();
  }
});
