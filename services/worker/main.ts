import { readEnvironment } from '../../configuration/environment.js';
import { stopOnSignal } from '../shared/http/termination.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { runWorker } from './run-worker.js';

const environment = readEnvironment();
const logger = createLogger({ name: 'worker', level: environment.LOG_LEVEL });

try {
  const worker = await runWorker(environment, logger);
  stopOnSignal(logger, () => worker.stop());
  await worker.ended;
} catch (error) {
  // Whoever supervises this process starts a fresh one.
  logger.fatal({ err: error }, 'could not run worker');
  process.exit(1);
}
