import { readEnvironment } from '../../configuration/environment.js';
import { runService } from '../shared/service/run-service.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { SignalRing } from '../shared/telemetry/signal-ring.js';
import { outboundRoutes } from './app.js';
import { startDispatcher } from './dispatcher.js';

const environment = readEnvironment();
const name = 'outbound-api';
const signals = new SignalRing();
const logger = createLogger({ name, level: environment.LOG_LEVEL, signals });
const downstreamUrl = environment.DOWNSTREAM_URL;
await runService({
  name,
  schema: 'outbound',
  migrations: 'services/outbound-api/migrations',
  createRoutes: outboundRoutes,
  obeys: ['read-only', 'block-outbound'],
  ...(downstreamUrl !== undefined && {
    startWork: (database) => startDispatcher({ database, logger, downstreamUrl }),
  }),
  environment,
  logger,
  signals,
});
