import { expect, test } from '@jest/globals';
import { StateLog } from '../../../../services/monitoring-api/state-log.js';

function write() {
  const log = new StateLog();
  const lines: string[] = [];
  const note = (subject: string, state: string | null) => {
    log.note(subject, state, () => lines.push(`${subject} ${state ?? 'well'}`));
  };
  return { log, lines, note };
}

test('a state is written when it changes, for each subject', () => {
  const { lines, note } = write();
  note('a', null);
  note('a', 'failed');
  note('b', 'failed');
  note('a', 'failed');
  note('a', null);
  note('a', null);
  note('a', 'failed');
  expect(lines).toEqual(['a failed', 'b failed', 'a well', 'a failed']);
});

test('nothing is remembered of what is gone', () => {
  const { log, lines, note } = write();
  for (const subject of ['stays', 'goes']) note(subject, 'failed');
  log.keepOnly(['stays', 'another']);
  for (const subject of ['stays', 'goes']) note(subject, 'failed');
  expect(lines).toEqual(['stays failed', 'goes failed', 'goes failed']);
});
