import { afterAll, beforeAll } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { readEnvironment } from '../../configuration/environment.js';
import { provideTools } from '../../deploy/local/tools.js';

/** A real Temporal dev server on a free port, with the settings the local stack gives it. Ready in under a second. */
export async function startTemporal(): Promise<TestWorkflowEnvironment> {
  const { temporal } = await provideTools(['temporal'], {
    environment: readEnvironment(),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: temporal },
      extraArgs: [
        ...['transferProcessor', 'timerProcessor', 'visibilityProcessor'].map(
          (processor) => `--dynamic-config-value=history.${processor}MaxPollRPS=2000`,
        ),
        ...['RunbookService', 'RunbookState', 'RunbookSeverity', 'RunbookName'].map(
          (name) => `--search-attribute=${name}=Keyword`,
        ),
      ],
    },
  });
}

/** A server for the tests of a file, from before the first to after the last. Call it where tests are declared. */
export function serveTemporal(): () => TestWorkflowEnvironment {
  let temporal: TestWorkflowEnvironment | undefined;
  beforeAll(async () => {
    temporal = await startTemporal();
  });
  afterAll(() => temporal?.teardown());
  return () => {
    if (temporal === undefined) throw new Error('no server of Temporal: a test must be running');
    return temporal;
  };
}
