import { readEnvironment } from '../../configuration/environment.js';
import { runService } from '../shared/service/run-service.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { outboundRoutes } from './app.js';

const environment = readEnvironment();
const name = 'outbound-api';
const logger = createLogger({ name, level: environment.LOG_LEVEL });
await runService({
  name,
  schema: 'outbound',
  migrations: 'services/outbound-api/migrations',
  createRoutes: outboundRoutes,
  obeys: ['read-only', 'block-outbound'],
  environment,
  logger,
});
