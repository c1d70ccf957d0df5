import { readFile, readdir } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { workflowBundle } from '../support/incident-driver.js';

jest.setTimeout(60_000);

interface RecordedHistory {
  events: {
    eventType: string;
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  }[];
}

const folder = new URL('histories/', import.meta.url);
const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.json'));
const read = async (file: string): Promise<RecordedHistory> =>
  JSON.parse(await readFile(new URL(file, folder), 'utf8')) as RecordedHistory;
const replay = async (history: RecordedHistory): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history);

test('there are histories of both workflows', () => {
  expect(files.filter((file) => file.startsWith('incident/')).length).toBeGreaterThanOrEqual(6);
  expect(files.filter((file) => file.startsWith('action/')).length).toBeGreaterThanOrEqual(4);
});

describe('the present code goes on with every recorded history', () => {
  test.each(files)('%s', async (file) => {
    await expect(replay(await read(file))).resolves.toBeUndefined();
  });
});

describe('a replay that could not fail would prove nothing', () => {
  test.each(files)('%s with its first activity renamed is refused', async (file) => {
    const history = await read(file);
    const scheduled = history.events.find(
      (event) => event.activityTaskScheduledEventAttributes !== undefined,
    );
    expect(scheduled).toBeDefined();
    scheduled!.activityTaskScheduledEventAttributes!.activityType.name = 'somethingElse';
    await expect(replay(history)).rejects.toThrow(DeterminismViolationError);
  });
});
