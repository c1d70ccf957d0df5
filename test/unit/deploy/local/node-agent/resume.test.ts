import { describe, expect, test } from '@jest/globals';
import { resume } from '../../../../../deploy/local/node-agent/resume.js';

const now = '2026-01-01T01:00:00Z';
const status = { name: 'shop', image: 'shop:1.0', imageID: '', ready: true, restartCount: 2 };
const terminated = {
  exitCode: 3,
  reason: 'Error',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:01Z',
};

describe('a container seen for the first time', () => {
  test('that never ran starts afresh', () => {
    expect(resume(undefined, 'Always', now)).toEqual({
      state: { kind: 'waiting', reason: 'ContainerCreating' },
      lastTermination: null,
      restartCount: 0,
      finished: false,
    });
  });

  test('that ran under an earlier agent counts as killed and is restarted', () => {
    const past = resume(
      { ...status, state: { running: { startedAt: '2026-01-01T00:00:00Z' } } },
      'Always',
      now,
    );
    expect(past).toMatchObject({
      restartCount: 3,
      finished: false,
      lastTermination: { exitCode: 137, startedAt: '2026-01-01T00:00:00Z', finishedAt: now },
    });
  });

  test('of a run-once pod that ended before stays ended', () => {
    expect(resume({ ...status, state: { terminated } }, 'Never', now)).toEqual({
      state: { kind: 'terminated', ...terminated },
      lastTermination: null,
      restartCount: 2,
      finished: true,
    });
  });

  test('in a crash loop goes on counting', () => {
    const past = resume(
      { ...status, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated } },
      'Always',
      now,
    );
    expect(past).toMatchObject({ restartCount: 3, lastTermination: { exitCode: 3 } });
  });

  test('that could not start yet has not been restarted', () => {
    const past = resume(
      { ...status, restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } },
      'Always',
      now,
    );
    expect(past).toMatchObject({ restartCount: 0, lastTermination: null, finished: false });
  });
});
