import { readEnvironment } from '../../configuration/environment.js';
import { runService } from '../shared/service/run-service.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { SignalRing } from '../shared/telemetry/signal-ring.js';
import { inventoryRoutes } from './app.js';

const environment = readEnvironment();
const name = 'inventory-api';
const signals = new SignalRing();
const logger = createLogger({ name, level: environment.LOG_LEVEL, signals });
await runService({
  name,
  schema: 'inventory',
  migrations: 'services/inventory-api/migrations',
  createRoutes: inventoryRoutes,
  obeys: ['read-only'],
  environment,
  logger,
  signals,
});
