import { WorkflowNotFoundError } from '@temporalio/client';
import type { TLSConfig } from '@temporalio/client';
import { loadConfiguration } from '../../../configuration/load-configuration.js';
import type { Configuration } from '../../../configuration/load-configuration.js';
import type { IncidentView } from '../../../workflows/incident-view.js';
import { incidentWorkflowId } from '../../../workflows/messages.js';
import type { DecisionMessage } from '../../../workflows/messages.js';
import { readState, sendDecision, signalFiring } from './incident-calls.js';
import type { IncidentAddress } from './incident-calls.js';
import { incidentInput, manualAlert } from './incident-opening.js';
import type { ManualOpening } from './incident-opening.js';
import { explainTemporalFault } from './explain-temporal-fault.js';
import { createTemporalClient } from './temporal-client.js';
import type { TemporalClient } from './temporal-client.js';

export type { DecisionMessage, IncidentView, ManualOpening };
export { DecisionRefused, DecisionUnanswered } from './incident-calls.js';

export interface ConnectOptions {
  /** `host:port` of Temporal. Default `127.0.0.1:7233`. */
  readonly address?: string;
  /** Certificates, for another than a local Temporal; see `TLSConfig` of @temporalio/client. */
  readonly tls?: TLSConfig;
  readonly apiKey?: string;
  /** Default `default`. */
  readonly namespace?: string;
  /** Where the workers listen. Default `runbooks`. */
  readonly taskQueue?: string;
  /** The environment whose incidents are meant. Default `local`. */
  readonly environment?: string;
  /** Name of the cluster in lock ids and records. Default: the environment's name. */
  readonly cluster?: string;
  /** Configuration folders, each overriding those before it; read by `openIncident`. Default `['configuration']`. */
  readonly configuration?: readonly string[];
}

type Security = 'tls' | 'apiKey';
type ConnectSettings = Required<Omit<ConnectOptions, Security>> & Pick<ConnectOptions, Security>;

/** An opening that Temporal has stored. */
export interface OpenedIncident {
  readonly service: string;
  readonly workflowId: string;
  /** When it was asked for, ISO 8601: pass it to `result` as `since`. */
  readonly at: string;
}

const callDeadlineMs = 10_000;
const pollMs = 500;

/**
 * Opens, reads and decides incidents from a pipeline or script, over Temporal alone.
 *
 * ```ts
 * const client = await RunbookClient.connect({ address: 'temporal:7233', environment: 'production' });
 * const { at } = await client.openIncident({ service: 'billing', reason: 'canary failed', by: 'pipeline 812' });
 * const { outcome } = await client.result('billing', { timeoutMs: 600_000, since: at });
 * await client.close();
 * ```
 */
export class RunbookClient {
  readonly #temporal: TemporalClient;
  readonly #options: ConnectSettings;
  #configuration: Configuration | undefined;

  private constructor(temporal: TemporalClient, options: ConnectSettings) {
    this.#temporal = temporal;
    this.#options = options;
  }

  /** @throws Error when Temporal cannot be reached or does not know the namespace. */
  static async connect(options: ConnectOptions = {}): Promise<RunbookClient> {
    const environment = options.environment ?? 'local';
    const settings: ConnectSettings = {
      address: '127.0.0.1:7233',
      namespace: 'default',
      taskQueue: 'runbooks',
      cluster: environment,
      configuration: ['configuration'],
      ...options,
      environment,
    };
    const temporal = createTemporalClient(settings);
    try {
      await temporal.check();
    } catch (error) {
      await temporal.close();
      throw new Error(
        `could not reach Temporal ${settings.address} namespace ${settings.namespace}: ${explainTemporalFault(error)}`,
        { cause: error },
      );
    }
    return new RunbookClient(temporal, settings);
  }

  /**
   * Opens an incident of the service, or joins the one that is open. Resolves when Temporal has stored it.
   * @throws ConfigurationError, or Error when the service is not configured.
   */
  async openIncident(opening: ManualOpening): Promise<OpenedIncident> {
    this.#configuration ??= loadConfiguration(this.#options.configuration);
    const { service } = opening;
    const input = incidentInput(this.#configuration, this.#options, service);
    const alert = manualAlert(opening, new Date());
    const { workflowId } = await this.#temporal.within(callDeadlineMs, () =>
      signalFiring(this.#temporal, this.#options.taskQueue, input, alert),
    );
    return { service, workflowId, at: alert.receivedAt };
  }

  /** The service's newest incident as it stands. @throws when there is none or no worker answers. */
  state(service: string): Promise<IncidentView> {
    return readState(this.#temporal, this.#address(service), callDeadlineMs);
  }

  /**
   * Decides the step that waits: copy one of `state().question.answers` and add `reason` and `by`.
   * `runId`: the one of the state that was read; episodes number their steps alike, and it must not reach the next one.
   * @throws DecisionRefused when another step or plan waits; DecisionUnanswered when no worker answered.
   */
  decide(
    service: string,
    decision: DecisionMessage,
    { runId, ...options }: { readonly updateId?: string; readonly runId?: string } = {},
  ): Promise<IncidentView> {
    const address = { ...this.#address(service), ...(runId === undefined ? {} : { runId }) };
    return sendDecision(this.#temporal, address, decision, {
      deadlineMs: callDeadlineMs,
      ...options,
    });
  }

  /**
   * Waits until the incident is closed and returns its view with the outcome, without waiting for the time the
   * workflow lingers afterwards. A worker that is down only delays it.
   * `since`: the `at` of `openIncident`; an episode that had closed before is not taken for the answer.
   * @throws Error when there is no incident, when `timeoutMs` pass first, or when another episode has taken its place.
   */
  async result(
    service: string,
    { timeoutMs, since = '' }: { readonly timeoutMs: number; readonly since?: string },
  ): Promise<IncidentView> {
    const deadline = Date.now() + timeoutMs;
    let followed: string | undefined;
    let lastFault: unknown;
    while (Date.now() < deadline) {
      const view = await this.#look(service, deadline).catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) throw error;
        lastFault = error;
        return null;
      });
      if (view !== null && closedAt(view) >= since) {
        followed ??= view.runId;
        if (view.runId !== followed) throw new Error(supplanted(service, followed));
        if (view.outcome !== null) return view;
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    throw new Error(
      `could not see the end of incident ${service}: still open after ${timeoutMs / 1_000} s; see npx runbook incidents show ${service}`,
      { cause: lastFault },
    );
  }

  async close(): Promise<void> {
    await this.#temporal.close();
  }

  #address(service: string): IncidentAddress {
    return { workflowId: incidentWorkflowId(this.#options.environment, service) };
  }

  #look(service: string, deadline: number): Promise<IncidentView> {
    const left = Math.max(1, deadline - Date.now());
    return readState(this.#temporal, this.#address(service), Math.min(callDeadlineMs, left));
  }
}

/** When the incident closed, by its own timeline; later than anything while it is open. */
function closedAt({ outcome, timeline }: IncidentView): string {
  const closing = timeline.findLast(({ kind, phase }) => kind === 'phase' && phase === 'close');
  return outcome === null ? '\uffff' : (closing?.at ?? '');
}

const supplanted = (service: string, runId: string): string =>
  `could not follow incident ${runId} of ${service}: a newer episode has taken its place; see npx runbook incidents list`;
