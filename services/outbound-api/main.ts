import { readEnvironment } from '../../configuration/environment.js';
import { parseTokens } from '../shared/auth/bearer.js';
import { runService } from '../shared/service/run-service.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { SignalRing } from '../shared/telemetry/signal-ring.js';
import { outboundRoutes } from './app.js';
import { createBreaker } from './breaker.js';
import { migrationsFolder } from './check-preconditions.js';
import { registerDispatchMetrics } from './dispatch-metrics.js';
import { startDispatcher } from './dispatcher.js';
import { Doorbell } from './doorbell.js';
import { heldPlaces, obeyedModes } from './held-places.js';
import { logBreaker } from './log-breaker.js';

const environment = readEnvironment();
const name = 'outbound-api';
const signals = new SignalRing();
const logger = createLogger({ name, level: environment.LOG_LEVEL, signals });
const downstreamUrl = environment.DOWNSTREAM_URL;
const breaker = createBreaker({ onTurn: logBreaker(logger) });
const doorbell = new Doorbell();
const monitoring = {
  url: environment.MONITORING_URL,
  service: environment.MONITORED_SERVICE ?? 'outbound',
};
const tokens = {
  service: parseTokens(environment.SERVICE_TOKEN),
  sre: parseTokens(environment.SRE_TOKEN),
};
await runService({
  name,
  schema: 'outbound',
  migrations: migrationsFolder,
  createRoutes: (database, parts) =>
    outboundRoutes({
      ...parts,
      database,
      breaker: downstreamUrl === undefined ? null : breaker,
      monitoring,
      tokens,
      logger,
      onRetry: () => {
        doorbell.ring();
      },
    }),
  ...(downstreamUrl !== undefined && {
    startWork: (database, { modes, registry }) =>
      startDispatcher({
        database,
        logger,
        downstreamUrl,
        breaker,
        doorbell,
        held: () => heldPlaces(modes.read().isolations, Date.now()),
        onDelivery: registerDispatchMetrics(registry, breaker),
      }),
  }),
  obeys: obeyedModes,
  environment,
  logger,
  signals,
});
