import { readEnvironment } from '../../../configuration/environment.js';
import { runService } from '../../../services/shared/service/run-service.js';
import { createLogger } from '../../../services/shared/telemetry/logger.js';
import { SignalRing } from '../../../services/shared/telemetry/signal-ring.js';
import { downstreamRoutes } from './routes.js';

const environment = readEnvironment();
const name = 'downstream';
const signals = new SignalRing();
const logger = createLogger({ name, level: environment.LOG_LEVEL, signals });
await runService({
  name,
  schema: 'downstream',
  migrations: 'deploy/local/downstream/migrations',
  createRoutes: downstreamRoutes,
  // It is not ours: whom we isolate does not concern it.
  obeys: [],
  keepsAnswers: false,
  environment,
  logger,
  signals,
});
