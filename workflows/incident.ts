import {
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { ApplicationFailure } from '@temporalio/common';
import type { Outcome, Phase, TimelineKind } from '../activities/contracts/registry.contract.js';
import type { ActionResult } from './action.workflow.js';
import { isoNow } from './clock.js';
import { describeIncident, renderIncident } from './describe-incident.js';
import type { IncidentState } from './incident-state.js';
import { addEvent, takeAlert } from './incident-state.js';
import type { IncidentView } from './incident-view.js';
import { decideUpdate, stateQuery } from './incident-view.js';
import type { ActionProgress, AlertEvent, DecisionMessage } from './messages.js';
import { alertSignal, decideSignal, progressSignal } from './messages.js';
import { isAlert } from './policies/alerts.js';
import { readDecision, refuseDecision, warnOfRevision } from './policies/answers.js';
import { runbookName, runbookService, runbookSeverity, runbookState } from './search-attributes.js';
import type { Recorder } from './recorder.js';

/** What each phase finds out. */
const phaseQuestions: Record<Phase, string> = {
  open: 'is this new?',
  confirm: 'is the objective really missed, now?',
  diagnose: 'what fits the evidence?',
  plan: 'what exactly would be done?',
  decide: 'may it be done?',
  act: 'do it once',
  verify: 'did it help, and did it harm?',
  ask: 'a person is asked, with the evidence',
  close: 'is everything owned?',
};

/** An action as the incident sees it. */
export interface ActionInProgress {
  /** Arrived and not yet read. */
  readonly progress: ActionProgress[];
  readonly outcome: Promise<ActionResult>;
  result: ActionResult | null;
  failure: unknown;
  cancel(): void;
}

/**
 * An incident while it runs: its state, what has arrived and is not yet answered, and the ways to wait.
 * Message handlers only put things here; the phases decide.
 */
export class Incident {
  /** Something happened that makes a fresh look at the SLO worth while: an alert came or ended. */
  nudged = false;
  /** The answer to the question that waits. */
  answer: DecisionMessage | null = null;
  abort: DecisionMessage | null = null;
  /** The action under way, from its start to the reading of its result. */
  action: ActionInProgress | null = null;

  constructor(
    readonly state: IncidentState,
    readonly recorder: Recorder,
  ) {
    this.listen();
  }

  get policy() {
    return this.state.settings.policy;
  }

  /** The service itself first, then what it depends on. */
  get services(): string[] {
    return [this.state.ref.service, ...this.state.settings.service.dependsOn];
  }

  /** Adds to the timeline, and to the registry in the background. */
  note(kind: TimelineKind, summary: string, details?: unknown, at = isoNow()): void {
    const { state } = this;
    const event = addEvent(state, at, kind, summary, details);
    this.recorder.add({
      kind: 'timeline',
      input: {
        ...state.ref,
        phase: state.phase,
        runbook: state.plan?.runbook ?? null,
        events: [event],
      },
    });
    this.show();
  }

  /** A re-send changes nothing; anything else is worth a fresh look at the SLO. */
  hearAlert(alert: AlertEvent): void {
    if (!takeAlert(this.state, alert)) return;
    this.nudged = true;
    // What fires after closing belongs to the next episode alone: here it would look like handled.
    if (this.state.heardAfterClose.includes(alert)) return;
    this.note('alert', `${alert.source}: ${alert.alertname} ${alert.status}. ${alert.summary}`, {
      key: alert.key,
      startsAt: alert.startsAt,
      severity: alert.severity,
    });
  }

  /** Opens the episode in the registry, before anything else is on record. */
  recordOpened(): void {
    const { state } = this;
    const first = state.alerts[0];
    this.recorder.addFirst({
      kind: 'opened',
      input: {
        ...state.ref,
        openedAt: state.openedAt,
        severity: state.severity,
        trigger: first?.source ?? 'unknown',
        summary: first?.summary ?? 'opened without an alert',
        alertKeys: state.seenAlertKeys,
        configurationOverride: state.settings.override,
      },
    });
  }

  /** What people read first: where the incident stands. */
  say(headline: string): void {
    this.state.headline = headline;
    this.show();
  }

  enter(phase: Phase): void {
    this.state.phase = phase;
    this.publish();
    this.note('phase', phaseQuestions[phase]);
  }

  /** Sets how the incident ends; the close phase checks it and makes it so. */
  conclude(outcome: Outcome, summary: string): 'close' {
    this.state.conclusion = { outcome, summary };
    return 'close';
  }

  concludeAborted(): 'close' {
    const { abort } = this;
    return this.conclude(
      'aborted',
      `stopped by ${abort?.by ?? 'a person'}${abort?.reason === undefined ? '' : `: ${abort.reason}`}`,
    );
  }

  describe(): IncidentView {
    return describeIncident(this.state);
  }

  /** The next name for something that may be decided: unique within the incident. */
  nextStep(kind: string): string {
    this.state.steps += 1;
    return `${kind}-${this.state.steps}`;
  }

  /** Waits until the predicate holds or the instant comes. True when the predicate held. */
  async waitUntil(deadline: number, predicate: () => boolean, summary?: string): Promise<boolean> {
    const timeout = Math.max(1, deadline - Date.now());
    return condition(predicate, timeout, summary === undefined ? {} : { summary });
  }

  private listen(): void {
    setHandler(
      alertSignal,
      (sent: unknown) => {
        if (isAlert(sent)) this.hearAlert(sent);
        else this.note('alert', 'not counted: what was sent as an alert is none');
      },
      { description: 'An alert about the service, sent by the front door.' },
    );
    setHandler(
      decideSignal,
      (sent) => {
        const refusal = this.hear(sent, 'signal');
        if (refusal !== null) this.note('decision', `not counted: ${refusal}`);
      },
      {
        description: 'Answer the question shown in the current details: paste one of its answers.',
      },
    );
    setHandler(
      decideUpdate,
      (sent) => {
        const refusal = this.hear(sent, 'update');
        if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal, 'DecisionRefused');
        return describeIncident(this.state);
      },
      {
        description: 'The same as the signal, but refused at once when it does not fit.',
        validator: (sent) => {
          const read = readDecision(sent);
          const refusal = 'fault' in read ? read.fault : this.refuse(read.message);
          if (refusal !== null) throw new Error(refusal);
        },
      },
    );
    setHandler(progressSignal, (progress) => {
      this.action?.progress.push(progress);
    });
    setHandler(stateQuery, () => describeIncident(this.state));
  }

  /** Takes a decision in. Returns why it does not count, or null. Never throws: a signal's failure would stop the run. */
  private hear(sent: unknown, by: 'signal' | 'update'): string | null {
    const read = readDecision(sent);
    if ('fault' in read) return read.fault;
    const refusal = this.refuse(read.message);
    if (refusal !== null) return refusal;
    if (read.message.decision === 'abort') this.abort ??= read.message;
    else if (this.answer !== null) return 'the question has been answered already';
    else this.answer = read.message;
    const { decision, runbook, revision, reason } = read.message;
    const what = [
      decision,
      runbook,
      revision === undefined ? undefined : `to revision ${revision}`,
    ];
    const warning = warnOfRevision(read.message, this.state.question);
    this.note(
      'decision',
      `${what.filter(Boolean).join(' ')} by ${read.message.by ?? 'an unnamed person'}${reason === undefined ? '' : `: ${reason}`}${warning === null ? '' : `. Warning: ${warning}`}`,
      { ...read.message, identity: 'claimed', by_message: by },
    );
    return null;
  }

  private refuse(message: DecisionMessage): string | null {
    const { outcome, question } = this.state;
    return outcome === null
      ? refuseDecision(message, question)
      : `the incident is closed as ${outcome}: there is nothing to decide or to stop`;
  }

  publish(): void {
    const { state } = this;
    upsertSearchAttributes([
      { key: runbookService, value: state.ref.service },
      { key: runbookState, value: state.outcome ?? state.phase },
      { key: runbookSeverity, value: state.severity },
      { key: runbookName, value: state.plan?.runbook ?? null },
    ]);
  }

  private show(): void {
    setCurrentDetails(renderIncident(describeIncident(this.state)));
  }
}
