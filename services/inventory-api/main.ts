import { readEnvironment } from '../../configuration/environment.js';
import { runService } from '../shared/service/run-service.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { inventoryRoutes } from './app.js';

const environment = readEnvironment();
const name = 'inventory-api';
const logger = createLogger({ name, level: environment.LOG_LEVEL });
await runService({
  name,
  schema: 'inventory',
  migrations: 'services/inventory-api/migrations',
  createRoutes: inventoryRoutes,
  obeys: ['read-only'],
  environment,
  logger,
});
