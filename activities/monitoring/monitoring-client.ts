import type { z } from 'zod';
import type { ActiveAlert, ServiceHealth } from '../contracts/monitoring.contract.js';
import { createFailure } from '../failure.js';
import { alertsAnswerSchema, healthAnswerSchema } from './monitoring.schema.js';

export interface MonitoringClient {
  /** `since`: only what happened after it, ISO 8601. @throws InvalidQuery (final), MonitoringUnavailable (retried). */
  readHealth(service: string, since: string | undefined): Promise<ServiceHealth>;
  /** Of all services. @throws MonitoringUnavailable (retried). */
  readAlerts(): Promise<ActiveAlert[]>;
}

export interface MonitoringClientOptions {
  /** Base URL of monitoring-api. */
  readonly url: string;
  /** For each request, its body included. */
  readonly timeoutMs?: number;
}

export function createMonitoringClient({
  url,
  timeoutMs = 4_000,
}: MonitoringClientOptions): MonitoringClient {
  async function read<T>(what: string, path: string, schema: z.ZodType<T>): Promise<T> {
    const unavailable = (cause: string) =>
      createFailure('MonitoringUnavailable', `could not read ${what}: ${cause}`);
    const signal = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(new URL(path, url), { signal });
      body = await response.json();
    } catch (error) {
      throw unavailable(signal.aborted ? `no answer within ${timeoutMs} ms` : causeOf(error));
    }
    if (response.status === 400 || response.status === 404 || response.status === 422) {
      throw createFailure(
        'InvalidQuery',
        `could not read ${what}: monitoring refused the question: ${JSON.stringify(body)}`,
      );
    }
    if (!response.ok) throw unavailable(`monitoring answered ${response.status}`);
    const answer = schema.safeParse(body);
    if (answer.success) return answer.data;
    const [fault] = answer.error.issues;
    throw unavailable(
      `its answer is not understood: ${fault?.path.join('.') ?? ''}: ${fault?.message ?? ''}`,
    );
  }

  return {
    readHealth: async (service, since) => {
      const query = new URLSearchParams({ service, ...(since !== undefined && { since }) });
      const { services } = await read(
        `health of service ${service}`,
        `/monitoring/health?${query.toString()}`,
        healthAnswerSchema,
      );
      const health = services.find((entry) => entry.service === service);
      if (health !== undefined) return health;
      throw createFailure(
        'InvalidQuery',
        `could not read health of service ${service}: monitoring does not know it`,
      );
    },
    readAlerts: async () =>
      (await read('active alerts', '/monitoring/alerts', alertsAnswerSchema)).active,
  };
}

/** `fetch failed` says nothing: the reason is in its cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
