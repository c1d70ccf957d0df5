import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { writeByTurn } from '../../../../../services/shared/telemetry/write-by-turn.js';

function open() {
  const written: string[] = [];
  const stream = writeByTurn({ write: (text) => void written.push(text) });
  const logger = pino({ base: null, timestamp: false }, stream);
  return { written, logger };
}
const turn = () => new Promise(setImmediate);
const linesOf = (text: string | undefined) => text?.match(/"msg":"[^"]*"/g) ?? [];

test('the lines of one turn are written in one piece at its end, and nothing after', async () => {
  const { written, logger } = open();
  logger.info('one');
  logger.info('two');
  expect(written).toEqual([]);

  await turn();
  expect(written).toHaveLength(1);
  expect(linesOf(written[0])).toEqual(['"msg":"one"', '"msg":"two"']);

  await turn();
  logger.info('three');
  await turn();
  expect(written).toHaveLength(2);
});

test('a warning is written at once, with what was logged before it', () => {
  const { written, logger } = open();
  logger.info('before');
  logger.warn('careful');

  expect(written).toHaveLength(1);
  expect(linesOf(written[0])).toEqual(['"msg":"before"', '"msg":"careful"']);
});

test('many lines do not wait for the end of the turn', () => {
  const { written, logger } = open();
  for (let line = 0; line < 200; line += 1) logger.info('x'.repeat(100));

  expect(written.length).toBeGreaterThan(0);
  expect(written[0]?.length).toBeLessThan(17_000);
});
