import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome, TimelineEvent } from '../../activities/contracts/registry.contract.js';
import type { IncidentView } from '../../workflows/incident-view.js';
import type { DecisionMessage } from '../../workflows/messages.js';

/** As incident-api tells it. */
export interface IncidentDetail {
  readonly incident: {
    readonly name: string;
    readonly openedAt: string;
    /** Who reported it: `alertmanager`, `manual`… */
    readonly trigger: string;
    readonly runbook: string | null;
    readonly outcome: Outcome | null;
    /** Applied so far; null while it is open. */
    readonly mutations: number | null;
    readonly closingSummary: string | null;
    readonly detectedAt: string | null;
    readonly mitigatedAt: string | null;
    readonly recoveredAt: string | null;
  };
  readonly timeline: readonly TimelineEvent[];
  readonly live: IncidentView | null;
}

/** The incidents of a stack, over HTTP; reading goes on over a restart of the API. @throws Error with the API's own words. */
export interface IncidentReader {
  /** Name of the newest incident of a service opened at or after `since` (ISO 8601). */
  newest(service: string, since: string): Promise<string | null>;
  detail(name: string): Promise<IncidentDetail>;
  decide(name: string, decision: DecisionMessage): Promise<void>;
  /** The post-mortem in Markdown, and its chart when there is one. */
  postmortem(name: string): Promise<{ readonly markdown: string; readonly chart: string | null }>;
}

/** The supervisor starts a dead process again within seconds. */
const backWithinMs = 30_000;
const pauseMs = 300;

export function incidentReader(baseUrl: string, token: string): IncidentReader {
  async function call(path: string, body?: unknown): Promise<Response> {
    return fetch(baseUrl + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
  }
  async function good(path: string, body?: unknown): Promise<Response> {
    const response = await call(path, body);
    if (response.ok) return response;
    throw new Error(
      `could not ask incident-api for ${path}: ${response.status} ${await response.text()}`,
    );
  }
  async function read(path: string): Promise<unknown> {
    const deadline = Date.now() + backWithinMs;
    for (;;) {
      try {
        const response = await good(path);
        return await response.json();
      } catch (error) {
        // What `fetch` throws when nobody listens, or when the answer is cut.
        if (!(error instanceof TypeError) || Date.now() > deadline) throw error;
      }
      await sleep(pauseMs);
    }
  }
  const at = (name: string): string => `/incidents/${encodeURIComponent(name)}`;
  return {
    async newest(service, since) {
      const { incidents } = (await read(
        `/incidents?service=${encodeURIComponent(service)}&limit=1`,
      )) as { incidents: IncidentDetail['incident'][] };
      const [incident] = incidents;
      if (incident === undefined || Date.parse(incident.openedAt) < Date.parse(since)) return null;
      return incident.name;
    },
    detail: async (name) => (await read(at(name))) as IncidentDetail,
    async decide(name, decision) {
      await good(`${at(name)}/decisions`, decision);
    },
    async postmortem(name) {
      const markdown = await (await good(`${at(name)}/postmortem`)).text();
      const chart = await call(`${at(name)}/postmortem.svg`);
      return { markdown, chart: chart.ok ? await chart.text() : null };
    },
  };
}
