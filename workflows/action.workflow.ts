import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  rootCause,
  workflowInfo,
} from '@temporalio/workflow';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import type {
  Mutation,
  Receipt,
  RolloutSettled,
} from '../activities/contracts/kubernetes.contract.js';
import type { Verdict } from '../activities/contracts/monitoring.contract.js';
import type { Policy, RunbookName } from '../configuration/policy.schema.js';
import {
  applyMutation,
  awaitRollout,
  inspectDeployment,
  previewMutations,
  undoMutation,
  watchVerdict,
} from './activity-proxies.js';
import { isoIn, isoNow } from './clock.js';
import type { ActionProgress } from './messages.js';
import { progressSignal } from './messages.js';
import { inverseOf } from './policies/undo.js';

export interface ActionInput {
  /** Id of the incident's workflow: told how it goes. */
  readonly incident: string;
  /** What people call it: named on the object. */
  readonly incidentName: string;
  readonly service: string;
  readonly runbook: RunbookName;
  /** What was approved. Another hash after locking means that the world has changed: nothing is done. */
  readonly planHash: string;
  readonly mutations: readonly Mutation[];
  readonly rolloutTimeoutMs: number;
  readonly rolloutPollMs: number;
  readonly verify: Policy['verify'];
}

export type ActionResult =
  | { readonly kind: 'plan-changed'; readonly summary: string }
  | {
      readonly kind: 'verified';
      readonly receipts: readonly Receipt[];
      readonly settledAt: string;
      readonly verdict: Verdict;
      readonly reverted: boolean;
      /** Goes on a sentence about what was set: why it is not to be set again. Null: no fault of it is known. */
      readonly blame: string | null;
    }
  | {
      readonly kind: 'failed' | 'aborted';
      readonly summary: string;
      readonly receipts: readonly Receipt[];
      readonly reverted: boolean;
      readonly blame: string | null;
    };

/**
 * One remedy on one target. Its workflow id is the lock: the server lets only one of them be open per target, and
 * frees it whatever ends it. Re-inspects, applies what was approved, waits for it, verifies, takes back what did not help.
 */
export async function actionWorkflow(input: ActionInput): Promise<ActionResult> {
  const fence = Date.now();
  const incident = tellIncident(input.incident);
  const receipts: Receipt[] = [];
  let mutations: readonly Mutation[] = [];

  try {
    const preview = await previewMutations({
      idPrefix: idPrefix(),
      intents: input.mutations.map((mutation) => mutation.intent),
    });
    if (preview.planHash !== input.planHash) {
      return {
        kind: 'plan-changed',
        summary: `the target changed after the plan was made: approved ${input.planHash.slice(0, 12)}, now ${preview.planHash.slice(0, 12)}`,
      };
    }

    mutations = preview.mutations;
    for (const mutation of mutations) receipts.push(await applyOnce(mutation, input, fence));
    incident.tell({
      stage: 'applied',
      kind: 'mutation',
      summary: `applied: ${sayAll(mutations)}`,
      receipts,
      details: { receipts, changes: mutations.map(changeOf) },
    });

    const { settledAt, templateHash } = await awaitRollouts(receipts, input);
    incident.tell({
      stage: 'settled',
      kind: 'rollout',
      summary: 'rolled out: every pod runs the wanted revision',
      details: { settledAt },
    });

    const verdict = await disownOthers(
      await awaitVerdict(input, settledAt),
      receipts,
      templateHash,
    );
    incident.tell({
      stage: 'verdict',
      kind: 'verdict',
      summary: `${verdict.kind}: ${verdict.summary}`,
      details: verdict,
    });

    const blame =
      verdict.kind === 'not-recovered' ? `did not bring recovery in ${input.incidentName}` : null;
    const reverted =
      verdict.kind === 'not-recovered' &&
      (await takeBack(mutations, input, fence, blame, incident));
    return { kind: 'verified', receipts, settledAt, verdict, reverted, blame };
  } catch (error) {
    if (receipts.length === 0 && failedWith(error, 'PlanChanged')) {
      return { kind: 'plan-changed', summary: explain(error) };
    }
    const aborted = isCancellation(error);
    const summary = aborted ? 'stopped on request' : explain(error);
    log.warn('the action did not go through', { summary });
    // Whoever has changed the target since owns it now: taking back would destroy their work.
    const ours = !failedWith(error, 'FenceLost');
    const blame = failedWith(error, 'RolloutStuck')
      ? `did not roll out in ${input.incidentName}`
      : null;
    const reverted = ours && (await takeBack(mutations, input, fence, blame, incident));
    return { kind: aborted ? 'aborted' : 'failed', summary, receipts, reverted, blame };
  } finally {
    await incident.delivered();
  }
}

/** What a mutation did to which object, for the record. */
const changeOf = ({ target, digestBefore, digestAfter, diff }: Mutation) => ({
  target: `deployment ${target.namespace}/${target.name}`,
  digestBefore,
  digestAfter,
  diff,
});

/** A change under way is awaited even when the action is cancelled: afterwards it is known, and can be taken back. */
const applyOnce = (mutation: Mutation, input: ActionInput, fence: number): Promise<Receipt> =>
  CancellationScope.nonCancellable(() =>
    applyMutation({
      mutation,
      incident: input.incidentName,
      runbook: input.runbook,
      blame:
        mutation.intent.change === 'restore-revision'
          ? `was rolled back from in ${input.incidentName}`
          : null,
      fence,
    }),
  );

async function awaitRollouts(
  receipts: readonly Receipt[],
  input: ActionInput,
): Promise<Pick<RolloutSettled, 'settledAt' | 'templateHash'>> {
  let settled = { settledAt: isoNow(), templateHash: '' };
  const deadline = isoIn(input.rolloutTimeoutMs);
  for (const receipt of receipts) {
    settled = await awaitRollout({
      target: receipt.target,
      generation: receipt.generation,
      appliedAt: receipt.appliedAt,
      pollMs: input.rolloutPollMs,
      deadline,
    });
  }
  return settled;
}

/** A monitor that cannot be asked proves nothing, neither for the change nor against it. */
async function awaitVerdict(input: ActionInput, settledAt: string): Promise<Verdict> {
  const { service, verify } = input;
  try {
    return await watchVerdict({
      service,
      since: settledAt,
      holdForMs: verify.holdFor,
      pollMs: verify.pollInterval,
      deadline: isoIn(verify.deadline),
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return {
      kind: 'unproven',
      service,
      since: settledAt,
      decidedAt: isoNow(),
      heldForMs: 0,
      slos: [],
      summary: `monitoring could not be asked: ${explain(error)}`,
    };
  }
}

/** A recovery under somebody else's release, rolled out while ours was verified, is not ours. */
async function disownOthers(
  verdict: Verdict,
  receipts: readonly Receipt[],
  templateHash: string,
): Promise<Verdict> {
  const target = receipts.at(-1)?.target;
  if (verdict.kind !== 'recovered' || target === undefined) return verdict;
  const { revisions } = await inspectDeployment(target);
  if (revisions.some((revision) => revision.current && revision.templateHash === templateHash)) {
    return verdict;
  }
  return {
    ...verdict,
    kind: 'unproven',
    heldForMs: 0,
    summary: 'healthy, but somebody rolled out another template while this one was verified',
  };
}

/**
 * Undoes what has a defined undo, newest first. A mutation that never reached the target finds nothing to undo.
 * True when something was taken back.
 */
async function takeBack(
  mutations: readonly Mutation[],
  input: ActionInput,
  fence: number,
  blame: string | null,
  incident: IncidentTeller,
): Promise<boolean> {
  const inverses = mutations.flatMap((mutation) => inverseOf(mutation) ?? []).toReversed();
  if (inverses.length === 0) return false;
  return CancellationScope.nonCancellable(async () => {
    incident.tell({
      stage: 'reverting',
      kind: 'mutation',
      summary: `taking back: ${sayAll(inverses)}`,
    });
    const receipts: Receipt[] = [];
    for (const mutation of inverses) {
      try {
        receipts.push(
          await undoMutation({
            mutation,
            incident: input.incidentName,
            runbook: input.runbook,
            blame,
            fence: fence + 1,
          }),
        );
      } catch (error) {
        // Another template: either it never got there, or somebody has changed it since.
        const why = failedWith(error, 'PlanChanged')
          ? 'nothing of ours is there'
          : 'not taken back';
        incident.tell({
          stage: 'reverted',
          kind: 'mutation',
          summary: `${why}: ${explain(error)}`,
        });
      }
    }
    if (receipts.length === 0) return false;
    const summary = await awaitRollouts(receipts, input).then(
      () => 'taken back and rolled out',
      (error: unknown) => `taken back, but: ${explain(error)}`,
    );
    incident.tell({ stage: 'reverted', kind: 'rollout', summary, details: { receipts } });
    return true;
  });
}

interface IncidentTeller {
  tell(what: Omit<ActionProgress, 'at'>): void;
  delivered(): Promise<void>;
}

/** Tells the incident in the background: an incident that is gone must not keep the action from its work. */
function tellIncident(workflowId: string): IncidentTeller {
  const incident = getExternalWorkflowHandle(workflowId);
  let sending: Promise<void> = Promise.resolve();
  return {
    tell(what) {
      const progress: ActionProgress = { ...what, at: isoNow() };
      sending = sending.then(() =>
        CancellationScope.nonCancellable(() => incident.signal(progressSignal, progress)).catch(
          (error: unknown) => {
            log.warn('the incident could not be told', { error });
          },
        ),
      );
    },
    delivered: () => CancellationScope.nonCancellable(() => sending),
  };
}

/** Names every change after this run: a repeated attempt is recognised, another run never mistaken for it. */
const idPrefix = (): string => `${workflowInfo().workflowId}/${workflowInfo().runId}`;

const sayAll = (mutations: readonly Mutation[]): string =>
  mutations.map((mutation) => mutation.summary).join('; ');

const explain = (error: unknown): string => rootCause(error) ?? String(error);

function failedWith(error: unknown, type: string): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && cause.type === type;
}
