import { ApplicationFailure } from '@temporalio/common';
import type {
  ApplyMutationInput,
  DeploymentFacts,
  Mutation,
  PreviewMutationsInput,
  RevisionFacts,
} from '../../activities/contracts/kubernetes.contract.js';
import type { PodReading } from '../../activities/contracts/monitoring.contract.js';
import { breached, facts, revision } from './facts.js';
import { World, receiptOf } from './world.js';

/** How a release behaves once it is put in force. */
export type Behaviour = 'good' | 'bad' | 'never-ready';

/**
 * A world whose Deployment has these releases behind it, the last of them in force and in breach. It numbers revisions
 * and keeps marks as the real one does: what is used again gets a new number, and why a revision is bad stays with it.
 */
export class ReleaseWorld extends World {
  readonly #behaviours: readonly Behaviour[];
  readonly #badNumbers = new Map<number, string>();
  #revisions: RevisionFacts[];

  constructor(behaviours: readonly Behaviour[]) {
    super();
    this.#behaviours = behaviours;
    this.#revisions = behaviours.map((_, index) =>
      revision(index + 1, {
        changeCause: `release 1.${index}`,
        current: index === behaviours.length - 1,
      }),
    );
    this.breach();
    Object.assign(this.activities, {
      inspectDeployment: () => Promise.resolve(this.read()),
      previewMutations: (input: PreviewMutationsInput) => Promise.resolve(this.preview(input)),
      applyMutation: (input: ApplyMutationInput) => Promise.resolve(this.apply(input)),
      awaitRollout: () => this.rollOut(),
    });
  }

  /** In breach since two seconds ago; `pods`: what monitoring counted of the releases. */
  breach(pods: readonly PodReading[] = []): void {
    this.health = breached({ breachedSince: new Date(Date.now() - 2_000).toISOString(), pods });
  }

  /** Versions that mutations have set, in order. */
  get wentTo(): (string | null)[] {
    return this.applied.map(({ mutation: { intent } }) =>
      intent.change === 'restore-revision' ? this.#find(intent.replicaSetUid).changeCause : null,
    );
  }

  private read(): DeploymentFacts {
    const revisions = this.#revisions
      .map((one) => ({ ...one, knownBad: this.#badNumbers.get(one.revision) ?? null }))
      .sort((a, b) => b.revision - a.revision);
    return facts({ revisions, releasedAt: this.facts.releasedAt });
  }

  private preview({ idPrefix, intents }: PreviewMutationsInput) {
    const current = this.#current;
    const mutations = intents.map((intent, index): Mutation => ({
      id: `${idPrefix}/${index}`,
      target: intent.target,
      objectUid: 'uid-deployment',
      intent,
      patchDigest: 'patch',
      undo:
        intent.change === 'restart-pods'
          ? null
          : {
              intent: { ...intent, replicaSetUid: current.replicaSetUid },
              patchDigest: 'patch back',
            },
      digestBefore: current.templateDigest,
      digestAfter: 'after',
      diff: '',
      summary: intent.change,
    }));
    return { planHash: `${current.revision} ${JSON.stringify(intents)}`, mutations };
  }

  private apply(input: ApplyMutationInput) {
    const { intent } = input.mutation;
    this.applied.push(input);
    if (input.blame !== null) this.#badNumbers.set(this.#current.revision, input.blame);
    if (intent.change === 'restore-revision') {
      const number = Math.max(...this.#revisions.map((one) => one.revision)) + 1;
      this.#revisions = this.#revisions.map((one) =>
        one.replicaSetUid === intent.replicaSetUid
          ? { ...one, revision: number, current: true }
          : { ...one, current: false },
      );
    }
    this.verdict = this.#behaviour === 'good' ? 'recovered' : 'not-recovered';
    return receiptOf(input, this.applied.length);
  }

  private rollOut() {
    if (this.#behaviour === 'never-ready') {
      return Promise.reject(
        ApplicationFailure.nonRetryable('2 of 2 new pods are not ready', 'RolloutStuck'),
      );
    }
    const { templateHash } = this.#current;
    return Promise.resolve({ settledAt: new Date().toISOString(), replicas: 2, templateHash });
  }

  get #current(): RevisionFacts {
    return this.#revisions.find(({ current }) => current)!;
  }

  /** UIDs are numbered as the releases were. */
  get #behaviour(): Behaviour {
    return this.#behaviours[Number(this.#current.replicaSetUid.replace('uid-', '')) - 1]!;
  }

  #find(uid: string): RevisionFacts {
    return this.#revisions.find(({ replicaSetUid }) => replicaSetUid === uid)!;
  }
}
