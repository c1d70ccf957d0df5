import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { gatherLines } from '../../../../../services/shared/telemetry/gather-lines.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function open() {
  const written: string[] = [];
  const stream = gatherLines((piece) => void written.push(Buffer.from(piece).toString()));
  const logger = pino({ base: null, timestamp: false }, stream);
  return { written, logger };
}
const linesOf = (text: string | undefined) => text?.match(/(?<="msg":")[^"]*/g) ?? [];

test('lines are written in one piece within ten milliseconds, and nothing after', () => {
  const { written, logger } = open();
  logger.info('one');
  jest.advanceTimersByTime(9);
  logger.info('two');
  expect(written).toEqual([]);

  jest.advanceTimersByTime(1);
  expect(written.map(linesOf)).toEqual([['one', 'two']]);

  jest.advanceTimersByTime(100);
  logger.info('three');
  jest.advanceTimersByTime(10);
  expect(written.map(linesOf)).toEqual([['one', 'two'], ['three']]);
});

test('a warning is written at once, with what was logged before it', () => {
  const { written, logger } = open();
  logger.info('before');
  logger.warn('careful');

  expect(written.map(linesOf)).toEqual([['before', 'careful']]);
});

test('many lines do not wait, and none is lost or torn', () => {
  const { written, logger } = open();
  const texts = Array.from({ length: 2_000 }, (_, line) => `${line} ${'é€😀'.repeat(line % 50)}`);
  for (const text of texts) logger.info(text);

  expect(written.length).toBeGreaterThan(0);
  jest.advanceTimersByTime(10);
  expect(written.every((piece) => Buffer.byteLength(piece) <= 32_768)).toBe(true);
  expect(written.flatMap(linesOf)).toEqual(texts);
});

test('a line larger than any piece is written whole, in its place', () => {
  const { written, logger } = open();
  const large = '€'.repeat(100_000);
  for (const text of ['before', large, 'after']) logger.info(text);

  jest.advanceTimersByTime(10);
  expect(written.flatMap(linesOf)).toEqual(['before', large, 'after']);
});
