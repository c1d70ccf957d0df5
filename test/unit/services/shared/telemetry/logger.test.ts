import { expect, test } from '@jest/globals';
import { createLogger } from '../../../../../services/shared/telemetry/logger.js';

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
