import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowHandleWithSignaledRunId } from '@temporalio/client';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { Worker, bundleWorkflowCode } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import type { Policy } from '../../configuration/policy.schema.js';
import { loadConfiguration, settingsFor } from '../../configuration/load-configuration.js';
import type { IncidentView } from '../../workflows/incident-view.js';
import type { incidentWorkflow } from '../../workflows/incident.workflow.js';
import type { AlertEvent, DecisionMessage } from '../../workflows/messages.js';
import type { IncidentInput } from '../../workflows/incident.workflow.js';
import {
  alertSignal,
  decideSignal,
  incidentWorkflowId,
  incidentWorkflowType,
} from '../../workflows/messages.js';
import { stateQuery } from '../../workflows/incident-view.js';
import './quiet-temporal.js';
import { eventually } from './eventually.js';
import type { World } from './world.js';

type IncidentHandle = WorkflowHandleWithSignaledRunId<typeof incidentWorkflow>;

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The bundle a worker runs, made once per test file. */
export const workflowBundle = (): Promise<WorkflowBundleWithSourceMap> =>
  (bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    payloadConverterPath: fileURLToPath(
      new URL('../../services/shared/temporal/payload-converter.ts', import.meta.url),
    ),
    logger: quiet,
  }));

const ignore = (): void => undefined;
const quiet = {
  log: ignore,
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
};

/** One service of its own with its own task queue: tests on one server do not see each other. */
export interface IncidentDriver {
  readonly service: string;
  readonly workflowId: string;
  readonly actionId: string;
  /** Sends a firing alert, opening the incident when none is open. */
  fire(alert?: Partial<AlertEvent>): Promise<IncidentHandle>;
  decide(message: Partial<DecisionMessage>): Promise<void>;
  /** Holds the lock on the target, as another action would, until it is called. */
  holdTarget(): Promise<() => Promise<void>>;
  view(): Promise<IncidentView>;
  /** Waits until the view is as wanted. */
  see(what: string, wanted: (view: IncidentView) => boolean): Promise<IncidentView>;
  /** Runs the worker while `body` runs. */
  while<T>(body: () => Promise<T>): Promise<T>;
}

let drivers = 0;

export async function driveIncident(
  temporal: TestWorkflowEnvironment,
  world: World,
  changes: (policy: Policy) => void = ignore,
): Promise<IncidentDriver> {
  drivers += 1;
  const service = `service-${process.pid}-${drivers}`;
  const taskQueue = service;
  const input = inputFor(service, changes);
  const workflowId = incidentWorkflowId('test', service);
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: world.activities,
    stickyQueueScheduleToStartTimeout: '2s',
  });
  const { workflow } = temporal.client;
  const actionId = `act:test/supply-chain/Deployment/${service}-api`;
  const handle = workflow.getHandle<typeof incidentWorkflow>(workflowId);
  const view = (): Promise<IncidentView> => handle.query(stateQuery);
  return {
    service,
    workflowId,
    actionId,
    fire: (alert = {}) =>
      workflow.signalWithStart<typeof incidentWorkflow, [AlertEvent]>(incidentWorkflowType, {
        workflowId,
        taskQueue,
        args: [input],
        signal: alertSignal,
        signalArgs: [firingAlert(alert)],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    holdTarget: async () => {
      const holder = await workflow.start('unknownHolder', {
        workflowId: actionId,
        taskQueue: 'nobody-listens',
      });
      return async () => {
        await holder.terminate();
      };
    },
    decide: (message) => handle.signal(decideSignal, message as DecisionMessage),
    view,
    see: (what, wanted) =>
      eventually(what, async () => {
        const seen = await view();
        return wanted(seen) ? seen : undefined;
      }),
    while: (body) => worker.runUntil(body),
  };
}

function firingAlert(changes: Partial<AlertEvent> = {}): AlertEvent {
  const now = new Date().toISOString();
  return {
    key: `fingerprint|firing|${now}`,
    status: 'firing',
    alertname: 'ErrorRateFastBurn',
    slo: 'error-rate',
    severity: 'critical',
    startsAt: now,
    receivedAt: now,
    summary: 'errors burn the budget',
    source: 'alertmanager',
    ...changes,
  };
}

/** Production's policy with waits of a blink. */
function inputFor(service: string, changes: (policy: Policy) => void): IncidentInput {
  const configuration = loadConfiguration(['configuration', 'configuration/local']);
  const [base] = Object.keys(configuration.services);
  const settings = structuredClone(settingsFor(configuration, base!));
  const { policy } = settings;
  Object.assign(policy.confirm, {
    confirmFor: 50,
    healthyHold: 100,
    pollInterval: 50,
    deadline: 500,
  });
  policy.decide = {
    tiers: [
      { role: 'on-call', within: 20_000 },
      { role: 'sre', within: 20_000 },
    ],
    holdFor: 0,
  };
  policy.act.lockDeadline = 10_000;
  policy.close = { alertsDeadline: 300, linger: 100 };
  changes(policy);
  return {
    environment: 'test',
    cluster: 'test',
    service,
    settings: {
      ...settings,
      service: {
        ...settings.service,
        deployment: { ...settings.service.deployment, name: `${service}-api` },
        dependsOn: [],
      },
    },
  };
}
