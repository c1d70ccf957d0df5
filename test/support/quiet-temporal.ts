import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';

/** Once per test file, before any worker: only errors are worth a line in a test's output. */
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
});
