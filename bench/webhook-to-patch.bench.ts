import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { openStack } from '../deploy/local/open-stack.js';
import { freePorts } from '../deploy/local/ports.js';
import { webhookPath } from '../deploy/local/product-processes.js';
import { databaseUrl } from '../deploy/local/state-folder.js';
import { openKubeClient, type KubeClient } from '../services/shared/kubernetes/kube-client.js';
import { actionWorkflowId, incidentWorkflowId } from '../workflows/messages.js';
import type { Benchmark, Measurement } from './benchmark.js';
import { patchedAt, releaseTwice, writeBenchConfiguration } from './engine/bench-services.js';
import { serveEvidence } from './engine/evidence-server.js';
import { startProcess } from './engine/start-process.js';
import { interleave } from './interleave.js';
import { median, pairedRatio } from './statistics.js';

const rounds = 15;
/** One run alone takes tens of milliseconds, give or take half: a sample is the mean of this many. */
const hellosPerSample = 12;
const environment = 'local';
const patchedWithinMs = 20_000;
const compiled = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));

/**
 * From just before the webhook is posted until the rollback's PATCH is sent, with a real incident-api, worker, registry
 * and API server, to a workflow with one activity on the same Temporal server. Evidence is ready, the policy approves.
 */
export const webhookToPatch: Benchmark = {
  id: 'engine.webhook-to-patch',
  unit: 'ratio',
  target: 8,
  better: 'lower',
  async measure() {
    const cleanUps: CleanUp[] = [];
    try {
      return await measureWith((cleanUp) => cleanUps.unshift(cleanUp));
    } finally {
      for (const cleanUp of cleanUps) await cleanUp();
    }
  },
};

type CleanUp = () => unknown;

async function measureWith(later: (cleanUp: CleanUp) => void): Promise<Measurement> {
  const services = Array.from({ length: rounds + 1 }, (_, index) => `bench-${index}`);
  const stack = await openStack({
    name: 'bench',
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  later(() => stack.close());
  const { info, secrets } = stack;
  const kube = openKubeClient({ kubeconfigPath: info.kubeconfigs.admin, userAgent: 'bench' });
  await releaseTwice(kube, services);

  const evidence = await serveEvidence();
  later(() => {
    evidence.close();
  });
  const layer = await writeBenchConfiguration(services);
  later(() => rm(layer, { recursive: true, force: true }));
  const env = {
    RUNBOOK_ENVIRONMENT: environment,
    RUNBOOK_CONFIG: [...info.configuration, layer].join(','),
    LOG_LEVEL: 'error',
    TEMPORAL_ADDRESS: info.temporalAddress,
    TEMPORAL_TASK_QUEUE: 'bench',
    DATABASE_URL: databaseUrl(info.databaseAddress, secrets.databasePassword, 'runbooks'),
    // The remediator may touch only the services under care; these are others.
    KUBECONFIG: info.kubeconfigs.admin,
    MONITORING_URL: evidence.url,
    ALERT_WEBHOOK_TOKEN: secrets.alertWebhookToken,
    SERVICE_TOKEN: secrets.serviceToken,
  };
  const [workerPort = 0, apiPort = 0] = await freePorts(2);
  const worker = await startProcess(compiled('services/worker/main.js'), workerPort, env);
  later(worker.stop);
  const api = await startProcess(compiled('services/incident-api/main.js'), apiPort, env);
  later(api.stop);

  const hello = await startHello(info.temporalAddress);
  later(hello.stop);
  let next = 0;
  const values = await interleave(
    {
      hello: hello.measure,
      control: hello.measure,
      engine: () =>
        webhookToPatchMs({
          kube,
          client: hello.client,
          service: services[next++] ?? '',
          url: api.url + webhookPath,
          token: secrets.alertWebhookToken,
        }),
    },
    rounds,
  );
  const ratio = pairedRatio(values.engine, values.hello);
  return {
    value: ratio.median,
    peers: {
      'webhook to PATCH, ms': median(values.engine),
      'hello with one activity, ms': median(values.hello),
    },
    rounds,
    spread: [ratio.min, ratio.max],
    control: pairedRatio(values.control, values.hello),
  };
}

interface Hello {
  readonly client: Client;
  /** Milliseconds from start to result, the mean of several runs. */
  measure(): Promise<number>;
  stop(): Promise<void>;
}

async function startHello(address: string): Promise<Hello> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const taskQueue = 'bench-hello';
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: compiled('bench/hello/hello.workflow.js'),
    activities: { greet: (name: string) => Promise.resolve(`hello ${name}`) },
  });
  const running = worker.run();
  const client = new Client({ connection });
  let count = 0;
  const run = async (): Promise<void> => {
    count += 1;
    await client.workflow.execute('helloWorkflow', {
      taskQueue,
      workflowId: `bench-hello-${Date.now()}-${count}`,
      args: ['bench'],
    });
  };
  return {
    client,
    async measure() {
      const startedAt = performance.now();
      for (let runs = 0; runs < hellosPerSample; runs += 1) await run();
      return (performance.now() - startedAt) / hellosPerSample;
    },
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

interface Round {
  readonly kube: KubeClient;
  readonly client: Client;
  readonly service: string;
  readonly url: string;
  readonly token: string;
}

/** By the time that the activity writes on the object right before it sends: one machine, one clock. */
async function webhookToPatchMs({ kube, client, service, url, token }: Round): Promise<number> {
  const postedAt = Date.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(webhook(service)),
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status !== 202) {
    throw new Error(`could not post webhook: ${response.status} ${await response.text()}`);
  }
  const deadline = Date.now() + patchedWithinMs;
  for (;;) {
    // Seldom, so that the question does not slow the answer.
    await sleep(100);
    const at = await patchedAt(kube, service);
    if (at !== null) {
      await end(client, service);
      return at - postedAt;
    }
    if (Date.now() > deadline) throw new Error(`could not see a PATCH of ${service} in time`);
  }
}

/** The rounds to come must not share the machine with this incident's verification. */
async function end(client: Client, service: string): Promise<void> {
  const action = actionWorkflowId({
    cluster: environment,
    namespace: 'supply-chain',
    name: service,
    container: 'main',
  });
  for (const id of [action, incidentWorkflowId(environment, service)]) {
    await client.workflow.getHandle(id).terminate('measured');
  }
}

function webhook(service: string): object {
  return {
    version: '4',
    receiver: 'bench',
    status: 'firing',
    groupKey: service,
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://127.0.0.1/',
    truncatedAlerts: 0,
    alerts: [
      {
        status: 'firing',
        labels: {
          alertname: 'ErrorRateFastBurn',
          service,
          slo: 'error-rate',
          severity: 'critical',
        },
        annotations: { summary: 'bench' },
        startsAt: new Date().toISOString(),
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://127.0.0.1/',
        fingerprint: service,
      },
    ],
  };
}
