import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../../services/shared/storage/database.js';
import type { Database } from '../../../services/shared/storage/database.js';
import { freePorts } from '../../../deploy/local/ports.js';
import type { PostgresUnderTest } from '../postgres.js';
import type { ServiceProcess } from '../service-process.js';
import { startProgram, startService } from '../service-process.js';
import { dispatcherCount } from './crash-plan.js';
import type { DeliveryGate, DeliveryStage } from './delivery-gate.js';
import { openDeliveryGate } from './delivery-gate.js';

/** Called at every stage of every delivery, with the number of the dispatcher that makes it. */
export type StageListener = (
  dispatcher: number,
  stage: DeliveryStage,
  key: string,
) => 'go on' | 'lose';

/** Processes of outbound-api with one queue, and a downstream: all of them real, and each can be killed. */
export interface DispatcherFleet {
  readonly serviceToken: string;
  /** Its tables of orders, for setting up and for looking. */
  readonly database: Database;
  readonly downstreamUrl: string;
  /** Null while it is down. */
  urlOf(dispatcher: number): string | null;
  /** Kills it and starts another one in its place; nothing when it is down. Dead at once, there again when resolved. */
  crash(dispatcher: number, downForMs: number): Promise<void>;
  crashDownstream(downForMs: number): Promise<void>;
  listen(listener: StageListener): void;
  stop(): Promise<void>;
}

export interface FleetOptions {
  readonly postgres: PostgresUnderTest;
  /** Of the database. */
  readonly name: string;
  /** Answers `GET /monitoring/health`. */
  readonly monitoringUrl: string;
}

export async function startFleet(options: FleetOptions): Promise<DispatcherFleet> {
  const databaseUrl = await options.postgres.createDatabase(options.name);
  const serviceToken = 'only-for-tests';
  const common = { DATABASE_URL: databaseUrl, DATABASE_POOL_MAX: '3', SHUTDOWN_DRAIN_MS: '0' };
  let listener: StageListener = () => 'go on';

  // The same port every time: a dispatcher knows one address.
  const [port = 0] = await freePorts(1);
  const startDownstream = (): Promise<ServiceProcess> =>
    startProgram('deploy/local/downstream', { ...common, PORT: String(port) });
  let downstream: ServiceProcess | null = await startDownstream();
  const downstreamUrl = downstream.url;

  const gates: DeliveryGate[] = [];
  const processes: (ServiceProcess | null)[] = [];
  const startDispatcher = (dispatcher: number): Promise<ServiceProcess> =>
    startService('outbound-api', {
      ...common,
      DOWNSTREAM_URL: gates[dispatcher]!.url,
      MONITORING_URL: options.monitoringUrl,
      SERVICE_TOKEN: serviceToken,
    });
  for (let dispatcher = 0; dispatcher < dispatcherCount; dispatcher += 1) {
    gates[dispatcher] = await openDeliveryGate({
      target: () => downstreamUrl,
      onStage: (stage, key) => Promise.resolve(listener(dispatcher, stage, key)),
    });
    processes[dispatcher] = await startDispatcher(dispatcher);
  }
  const database = openDatabase(databaseUrl, { schema: 'outbound', name: 'test', max: 2 });

  return {
    serviceToken,
    database,
    downstreamUrl,
    urlOf: (dispatcher) => processes[dispatcher]?.url ?? null,
    async crash(dispatcher, downForMs) {
      const killed = processes[dispatcher] ?? null;
      if (killed === null) return;
      processes[dispatcher] = null;
      await killed.kill();
      await sleep(downForMs);
      processes[dispatcher] = await startDispatcher(dispatcher);
    },
    async crashDownstream(downForMs) {
      const killed = downstream;
      if (killed === null) return;
      downstream = null;
      await killed.kill();
      await sleep(downForMs);
      downstream = await startDownstream();
    },
    listen(next) {
      listener = next;
    },
    async stop() {
      const running = [...processes, downstream].filter((process) => process !== null);
      await Promise.all(running.map((process) => process.kill()));
      for (const gate of gates) gate.close();
      await database.end({ timeout: 1 });
    },
  };
}
