import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../activities/contracts/registry.contract.js';
import type { QuestionView } from '../../workflows/incident-view.js';
import { openKubeClient } from '../../services/shared/kubernetes/kube-client.js';
import { incidentReader, type IncidentDetail, type IncidentReader } from './incident-reader.js';
import { packageRoot } from './package-root.js';
import type { DrillWorld, Scenario } from './scenarios/scenario.js';
import type { StackInfo, StackSecrets } from './state-folder.js';
import { workflowPage } from './temporal.js';
import { startTraffic } from './traffic.js';

export interface DrillOptions {
  readonly info: StackInfo;
  readonly secrets: StackSecrets;
  readonly scenario: Scenario;
  /** Leaves every question to a person. Otherwise the drill answers for them: it ends the cause and says so. */
  readonly interactive: boolean;
  readonly onBaseline: () => void;
  /** One line for people: the incident's timeline as it grows, and questions. */
  readonly onLine: (line: string) => void;
}

/** What came of a drill. Times are milliseconds since the cause set in; null when it never came to that. */
export interface DrillResult {
  readonly incident: string;
  readonly outcome: Outcome;
  readonly runbook: string | null;
  readonly detectMs: number | null;
  readonly mitigateMs: number | null;
  readonly recoverMs: number | null;
  /** File of the post-mortem. */
  readonly report: string;
}

/** Enough for the minimum of samples within the shortest window. */
const requestsPerSecond = 40;
const healthyWithinMs = 90_000;
const openedWithinMs = 60_000;
const closedWithinMs = 5 * 60_000;
const closedByPersonsWithinMs = 20 * 60_000;
const pollMs = 300;

/** The drill got no answer in time. */
export class DrillTimeout extends Error {
  override readonly name = 'DrillTimeout';
}

/** Sends traffic, breaks something, and follows the incident to its end.
 *  @throws DrillTimeout when there is no baseline, no incident or no end in time. */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const { info, secrets, scenario, onLine } = options;
  const world: DrillWorld = {
    info,
    secrets,
    kube: openKubeClient({
      kubeconfigPath: info.kubeconfigs.admin,
      userAgent: 'durable-runbooks-drill',
    }),
  };
  const incidents = incidentReader(info.urls.incidentApi, secrets.serviceToken);
  const traffic = startTraffic({
    targets: info.urls.services,
    ratePerSecond: requestsPerSecond,
  });
  let endCause: (() => Promise<void>) | undefined;
  try {
    await untilHealthy(info.urls.monitoringApi);
    options.onBaseline();
    const begunAt = Date.now();
    endCause = once(await scenario.cause(world));
    const causedAt = Date.now();
    onLine(`${time(causedAt, causedAt)}  ${scenario.title}`);
    const name = await untilOpened(incidents, scenario.service, begunAt);
    const { incident } = await follow({ ...options, incidents, name, causedAt, endCause });
    const since = (instant: string | null): number | null =>
      // A false alarm is noticed while it is still being told.
      instant === null ? null : Math.max(0, Date.parse(instant) - causedAt);
    return {
      incident: incident.name,
      outcome: incident.outcome,
      runbook: incident.runbook,
      detectMs: since(incident.detectedAt),
      mitigateMs: since(incident.mitigatedAt),
      recoverMs: since(incident.recoveredAt),
      report: await saveReport(incidents, name, causedAt),
    };
  } finally {
    await endCause?.();
    await traffic.stop();
  }
}

async function untilHealthy(monitoringApi: string): Promise<void> {
  const deadline = Date.now() + healthyWithinMs;
  for (;;) {
    const [health, alerts] = await Promise.all(
      ['health', 'alerts'].map(async (what) => {
        const response = await fetch(`${monitoringApi}/monitoring/${what}`, {
          signal: AbortSignal.timeout(5_000),
        });
        return response.json();
      }),
    );
    const { status } = health as { status: string };
    const { active } = alerts as { active: { state: string; alertname: string }[] };
    const firing = active.filter(({ state }) => state === 'firing');
    if (status === 'ok' && firing.length === 0) return;
    if (Date.now() > deadline) {
      const why = firing.map(({ alertname }) => alertname).join(', ') || `status ${status}`;
      throw new DrillTimeout(
        `could not reach a healthy baseline within ${healthyWithinMs / 1000} s: ${why}. See ${monitoringApi}/monitoring/health`,
      );
    }
    await sleep(pollMs);
  }
}

async function untilOpened(
  incidents: IncidentReader,
  service: string,
  since: number,
): Promise<string> {
  const deadline = Date.now() + openedWithinMs;
  for (;;) {
    const name = await incidents.newest(service, new Date(since).toISOString());
    if (name !== null) return name;
    if (Date.now() > deadline) {
      throw new DrillTimeout(
        `could not find an incident of ${service}: none opened within ${openedWithinMs / 1000} s. See the logs of monitoring-api and incident-api`,
      );
    }
    await sleep(pollMs);
  }
}

type ClosedIncident = IncidentDetail['incident'] & { readonly outcome: Outcome };

interface Following extends DrillOptions {
  readonly incidents: IncidentReader;
  readonly name: string;
  readonly causedAt: number;
  readonly endCause: () => Promise<void>;
}

/** Tells the timeline as it grows, until the incident is closed. */
async function follow(options: Following): Promise<{ readonly incident: ClosedIncident }> {
  const { incidents, name, interactive, causedAt, onLine } = options;
  const within = interactive ? closedByPersonsWithinMs : closedWithinMs;
  const deadline = Date.now() + within;
  let told = 0;
  let asked = '';
  for (;;) {
    const { incident, timeline, live } = await incidents.detail(name);
    for (const { sequence, at, phase, summary } of timeline) {
      if (sequence <= told) continue;
      told = sequence;
      onLine(`${time(Date.parse(at), causedAt)}  ${phase.padEnd(8)} ${summary}`);
    }
    const { outcome } = incident;
    if (outcome !== null) return { incident: { ...incident, outcome } };
    const question = live?.question ?? null;
    if (live !== null && question !== null && question.stepId !== asked) {
      asked = question.stepId;
      if (interactive) tellHowToAnswer(options, live.workflowId, question);
      else await answerForThem(options, question.stepId);
    }
    if (Date.now() > deadline) {
      throw new DrillTimeout(
        `could not follow incident ${name} to its end: still in phase ${live?.phase ?? 'unknown'} after ${within / 1000} s`,
      );
    }
    await sleep(pollMs);
  }
}

function tellHowToAnswer(
  { info, name, onLine }: Following,
  workflowId: string,
  { text, planHash }: QuestionView,
): void {
  onLine(`          asked    ${text}`);
  onLine(
    planHash === null
      ? `                   See the answers: npx runbook incidents show ${name} --name ${info.name}`
      : `                   See the plan and be asked: npx runbook approve ${name} --name ${info.name} --reason "…"`,
  );
  const page = workflowPage(info.urls.temporalUi, workflowId);
  onLine(`                   or in the Temporal UI, under User Metadata: ${page}`);
}

/** The part of the person on call: ends the cause by hand and closes the incident. */
async function answerForThem(options: Following, stepId: string): Promise<void> {
  options.onLine(`          drill    asked a person: the drill ends the cause and closes by hand`);
  await options.endCause();
  await options.incidents.decide(options.name, {
    stepId,
    decision: 'close',
    by: 'drill',
    reason: 'the cause was ended by hand',
  });
}

/** Into a folder that outlives the stack. */
async function saveReport(
  incidents: IncidentReader,
  name: string,
  causedAt: number,
): Promise<string> {
  const { markdown, chart } = await incidents.postmortem(name);
  const stamp = new Date(causedAt).toISOString().replace(/[:.]/g, '-');
  const folder = path.join(packageRoot, '.runbook', 'reports', `${stamp}-${name}`);
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'postmortem.md');
  await writeFile(file, markdown);
  // The post-mortem refers to it by this name.
  if (chart !== null) await writeFile(path.join(folder, 'postmortem.svg'), chart);
  return file;
}

function once(end: () => Promise<void>): () => Promise<void> {
  let ending: Promise<void> | undefined;
  return () => (ending ??= end());
}

const time = (at: number, causedAt: number): string =>
  `+${((at - causedAt) / 1000).toFixed(1).padStart(6)} s`;
