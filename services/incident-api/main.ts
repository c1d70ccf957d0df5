import { readEnvironment } from '../../configuration/environment.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { stopOnSignal } from '../shared/http/termination.js';
import { runIncidentApi } from './run-incident-api.js';

const environment = readEnvironment();
const logger = createLogger({ name: 'incident-api', level: environment.LOG_LEVEL });

try {
  const api = await runIncidentApi(environment, logger);
  stopOnSignal(logger, () => api.stop());
} catch (error) {
  logger.fatal({ err: error }, 'could not start incident-api');
  process.exit(1);
}
