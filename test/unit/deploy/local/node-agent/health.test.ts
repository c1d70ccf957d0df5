import { describe, expect, test } from '@jest/globals';
import type { Probe } from '../../../../../deploy/local/kubernetes-json.js';
import {
  judge,
  lengthen,
  watchHealth,
  type Streak,
} from '../../../../../deploy/local/node-agent/health.js';

function verdicts(results: readonly boolean[], probe: Probe): (string | null)[] {
  let streak: Streak | null = null;
  return results.map((ok) => judge((streak = lengthen(streak, ok)), probe));
}

describe('thresholds', () => {
  test('one success passes and three failures in a row fail, unless the probe says otherwise', () => {
    expect(verdicts([true, false, false, false], {})).toEqual(['passes', null, null, 'fails']);
  });

  test('a success in between starts the count anew', () => {
    expect(verdicts([false, false, true, false, false], { failureThreshold: 3 })).toEqual([
      null,
      null,
      'passes',
      null,
      null,
    ]);
  });

  test('a probe may ask for several successes', () => {
    expect(verdicts([true, true], { successThreshold: 2 })).toEqual([null, 'passes']);
  });
});

/** Runs the probes until `until` is reported, and gives everything that was reported. */
async function watch(
  container: Parameters<typeof watchHealth>[0],
  answers: Record<string, (string | null)[]>,
  until: string,
): Promise<string[]> {
  const reported: string[] = [];
  const done = new AbortController();
  const report = (what: string): void => {
    reported.push(what);
    if (what === until) done.abort();
  };
  await watchHealth(
    container,
    ({ httpGet }) => {
      const left = answers[httpGet?.path ?? ''] ?? [];
      return Promise.resolve((left.length > 1 ? left.shift() : left[0]) ?? null);
    },
    {
      onStarted: () => {
        report('started');
      },
      onReady: (ready) => {
        report(ready ? 'ready' : 'unready');
      },
      onUnhealthy: report,
    },
    done.signal,
  );
  return reported;
}

const probe = (path: string, part: Partial<Probe> = {}): Probe => ({
  httpGet: { path, port: 8080 },
  periodSeconds: 0.02,
  ...part,
});

describe('the health of a container', () => {
  test('is ready from the start when it has no probes', async () => {
    expect(await watch({ name: 'shop' }, {}, 'ready')).toEqual(['started', 'ready']);
  });

  test('turns ready and unready as the readiness probe says', async () => {
    const readinessProbe = probe('/readyz', { failureThreshold: 2 });
    const answers = { '/readyz': ['503', null, '503', '503'] };
    expect(await watch({ name: 'shop', readinessProbe }, answers, 'unready')).toEqual([
      'started',
      'ready',
      'unready',
    ]);
  });

  test('is unhealthy when the liveness probe has failed often enough', async () => {
    const livenessProbe = probe('/healthz');
    const message = 'Liveness probe failed: no answer';
    const answers = { '/healthz': [null, 'no answer'] };
    expect(await watch({ name: 'shop', livenessProbe }, answers, message)).toEqual([
      'started',
      'ready',
      message,
    ]);
  });

  test('is not probed for life before the startup probe has passed', async () => {
    const container = {
      name: 'shop',
      startupProbe: probe('/started', { failureThreshold: 100 }),
      livenessProbe: probe('/healthz', { failureThreshold: 1 }),
    };
    const message = 'Liveness probe failed: dead';
    const answers = { '/started': ['not yet', 'not yet', null], '/healthz': ['dead'] };
    expect(await watch(container, answers, message)).toEqual(['started', 'ready', message]);
  });

  test('is unhealthy when the startup probe never passes', async () => {
    const container = { name: 'shop', startupProbe: probe('/started', { failureThreshold: 2 }) };
    const message = 'Startup probe failed: not yet';
    const answers = { '/started': ['not yet'] };
    expect(await watch(container, answers, message)).toEqual([message]);
  });
});
