import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { RunbookActivities } from '../../activities/contracts/index.js';
import type {
  ApplyMutationInput,
  DeploymentFacts,
  Mutation,
  Receipt,
} from '../../activities/contracts/kubernetes.contract.js';
import type {
  ActiveAlert,
  ServiceHealth,
  Verdict,
  VerdictKind,
} from '../../activities/contracts/monitoring.contract.js';
import type {
  RecordClosedInput,
  RecordOpenedInput,
  TimelineEvent,
} from '../../activities/contracts/registry.contract.js';
import { breached, facts, health } from './facts.js';

/** Of the `count`th change that was made. */
export const receiptOf = ({ mutation, fence }: ApplyMutationInput, count: number): Receipt => ({
  mutationId: mutation.id,
  target: mutation.target,
  appliedAt: new Date().toISOString(),
  resourceVersion: String(100 + count),
  generation: 2 + count,
  fence,
  alreadyApplied: false,
});

/**
 * A small world for workflow tests: what the activities would find and do, held in memory. Time in it is real;
 * everything a test wants to go differently is a field it sets.
 */
export class World {
  /** What monitoring says now. */
  health: ServiceHealth = breachedNow();
  facts: DeploymentFacts = factsNow();
  alerts: ActiveAlert[] = [];
  /** What watching for a recovery ends in. `recovered` also makes the service healthy. */
  verdict: VerdictKind = 'recovered';
  /** Part of the plan's hash: moves when somebody else changes the target. */
  template = 'bad';
  registryDown = false;
  /** Keeps a rollout from settling until it is set. */
  rolloutMayEnd = true;
  rolloutStuck = false;
  handledBefore: string | null = null;

  readonly applied: ApplyMutationInput[] = [];
  readonly notified: string[] = [];
  readonly opened: RecordOpenedInput[] = [];
  readonly timeline: TimelineEvent[] = [];
  readonly closed: RecordClosedInput[] = [];

  readonly activities: RunbookActivities = {
    readHealth: ({ services }) =>
      Promise.resolve(services.map((service) => ({ ...this.health, service }))),
    readActiveAlerts: () => Promise.resolve(this.alerts),
    inspectDeployment: () => Promise.resolve(this.facts),
    previewMutations: ({ idPrefix, intents }) =>
      Promise.resolve({
        planHash: `hash-of-${this.template}`,
        mutations: intents.map((intent, index): Mutation => ({
          id: `${idPrefix}/${index}`,
          target: intent.target,
          objectUid: 'uid-deployment',
          intent,
          patchDigest: 'patch-to-good',
          undo:
            intent.change === 'restart-pods'
              ? null
              : { intent: { ...intent, replicaSetUid: 'uid-bad' }, patchDigest: 'patch-to-bad' },
          digestBefore: this.template,
          digestAfter: 'good',
          diff: '-bad\n+good\n',
          summary: `${intent.change} of ${intent.target.name}`,
        })),
      }),
    applyMutation: (input) => {
      this.applied.push(input);
      return Promise.resolve(receiptOf(input, this.applied.length));
    },
    awaitRollout: async () => {
      if (this.rolloutStuck) {
        throw ApplicationFailure.nonRetryable('2 of 2 new pods are not ready', 'RolloutStuck');
      }
      while (!this.rolloutMayEnd) await beat();
      const { templateHash } = this.facts.revisions.find(({ current }) => current)!;
      return { settledAt: new Date().toISOString(), replicas: 2, templateHash };
    },
    watchVerdict: async ({ service, since }): Promise<Verdict> => {
      await beat();
      if (this.verdict === 'recovered') this.health = health();
      return {
        kind: this.verdict,
        service,
        since,
        decidedAt: new Date().toISOString(),
        heldForMs: this.verdict === 'recovered' ? 1_000 : 0,
        slos: this.health.slos,
        summary: `${this.verdict} by ${this.health.slos.length} readings`,
      };
    },
    notify: ({ audience }) => {
      this.notified.push(audience);
      return Promise.resolve();
    },
    recordOpened: (input) => {
      this.requireRegistry();
      this.opened.push(input);
      const number = this.opened.length;
      return Promise.resolve({
        name: `${input.service}-${number}`,
        number,
        handledBefore: this.handledBefore,
      });
    },
    recordTimeline: ({ events }) => {
      this.requireRegistry();
      this.timeline.push(...events);
      return Promise.resolve();
    },
    recordClosed: (input) => {
      this.requireRegistry();
      this.closed.push(input);
      return Promise.resolve();
    },
  };

  /** Summaries of the timeline that match. */
  told(pattern: RegExp): string[] {
    return this.timeline.map(({ summary }) => summary).filter((summary) => pattern.test(summary));
  }

  private requireRegistry(): void {
    if (this.registryDown) {
      throw ApplicationFailure.retryable('the registry is down', 'RegistryUnavailable');
    }
  }
}

const beat = async (): Promise<void> => {
  Context.current().heartbeat();
  await Context.current().sleep(50);
};

/** A breach that began two seconds ago, three seconds after a release. */
const breachedNow = (): ServiceHealth =>
  breached({ breachedSince: new Date(Date.now() - 2_000).toISOString() });

const factsNow = (): DeploymentFacts =>
  facts({ releasedAt: new Date(Date.now() - 5_000).toISOString() });
