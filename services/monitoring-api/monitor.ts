import type {
  Backlog,
  ServiceHealth,
  SloName,
  SloSeries,
} from '../../activities/contracts/monitoring.contract.js';
import type { AlertRule, AlertSettings } from '../../configuration/alerts.schema.js';
import { effectiveSlo } from '../../configuration/effective-slo.js';
import type { ServiceSettings, Slo } from '../../configuration/services.schema.js';
import { asOf } from './alert-state.js';
import { alertOf } from './alert.js';
import type { Alert, AlertSubject } from './alert.js';
import { readBacklog } from './backlog.js';
import { backlogAlertOf, backlogView, evaluateBacklog } from './backlog-alert.js';
import type { BacklogState } from './backlog-alert.js';
import { blindAlertOf, blindView, evaluateBlindness } from './blind-alert.js';
import type { BlindState } from './blind-alert.js';
import { GaugeSeries } from './gauge-series.js';
import { ruleView } from './rule-view.js';
import type { RuleView } from './rule-view.js';
import { evaluateRule } from './rules.js';
import type { RuleState } from './rules.js';
import { assessHealth, doubtsOf, findGaps } from './service-health.js';
import { ServiceStore, storeSizes } from './service-store.js';
import { SignalLog } from './signal-log.js';
import { budgetPercent, minimumSamples, shareOf, sloNames, thresholdOf } from './slo.js';

/** How long SLO values are kept for charts. */
const historyMs = 2 * 3_600_000;

interface Watched {
  readonly name: string;
  objective: Slo;
  readonly store: ServiceStore;
  readonly signals: SignalLog;
  rules: WatchedRule[];
  /** Rules that are no longer configured, whose alerts have just been resolved by that. */
  retired: WatchedRule[];
  /** Whether all of the service is seen; null before the first evaluation. */
  blind: BlindState | null;
  /** Whether its work waits for too long; null before the first evaluation, and of a service without a queue. */
  backlog: BacklogState | null;
  readonly history: ReadonlyMap<SloName, GaugeSeries>;
  /** The newest breach of each SLO. It is over when the SLO is proven to hold. */
  readonly breaches: Map<SloName, Breach>;
}

/** When a breach was first and last seen, epoch milliseconds. */
interface Breach {
  readonly since: number;
  readonly seenAt: number;
}

interface WatchedRule {
  readonly subject: AlertSubject;
  /** Null before its first evaluation. */
  state: RuleState | null;
}

export interface ConfigurationView {
  /** When the settings in force were taken over; null when they are those of the start. ISO 8601. */
  readonly reloadedAt: string | null;
  /** Why a later change was refused; null when there was none. */
  readonly fault: string | null;
}

/** Everything the monitor knows and concludes. It does no I/O: scrapes and probes are fed into its stores. */
export class Monitor {
  readonly #services: ReadonlyMap<string, Watched>;
  readonly #settings: Readonly<Record<string, ServiceSettings>>;
  #alerts: AlertSettings;
  #evaluatedAt = 0;
  #configuration: ConfigurationView = { reloadedAt: null, fault: null };

  constructor(configuration: {
    readonly services: Readonly<Record<string, ServiceSettings>>;
    readonly alerts: AlertSettings;
  }) {
    this.#settings = configuration.services;
    this.#alerts = configuration.alerts;
    this.#services = new Map(
      Object.keys(configuration.services).map((name) => [
        name,
        this.#watch(name, effectiveSlo(configuration, name)),
      ]),
    );
  }

  get serviceNames(): readonly string[] {
    return [...this.#services.keys()];
  }

  /** How the last change of the configuration went. */
  get configuration(): ConfigurationView {
    return this.#configuration;
  }

  /**
   * Goes on under other settings. Nothing known is lost: a rule of the same name goes on in the state it is in, and is
   * judged by its new numbers from the next evaluation on. An alert whose rule is gone is resolved.
   */
  reconfigure(alerts: AlertSettings, now: number): void {
    this.#alerts = alerts;
    this.#configuration = { reloadedAt: iso(now), fault: null };
    for (const watched of this.#services.values()) {
      const { name, store, rules, history } = watched;
      watched.objective = effectiveSlo({ services: this.#settings, alerts }, name);
      store.resize(storeSizes(alerts, watched.objective));
      for (const series of history.values()) series.resize(this.#historyPoints());
      const before = new Map(rules.map((rule) => [keyOf(rule), rule]));
      watched.rules = this.#rulesOf(name, watched.objective);
      for (const rule of watched.rules) {
        const same = before.get(keyOf(rule));
        rule.state = same?.state ?? null;
        // Other labels make it another alert for whoever receives it: the old one ends.
        if (same !== undefined && hasSameLabels(same, rule)) before.delete(keyOf(rule));
      }
      for (const { subject, state } of before.values()) {
        if (state?.state !== 'firing') continue;
        watched.retired.push({ subject, state: { ...state, state: 'resolved', since: now } });
      }
    }
  }

  /** Notes that a changed configuration was refused; what was in force stays so. */
  refuseConfiguration(fault: string): void {
    this.#configuration = { ...this.#configuration, fault };
  }

  /** Where scrapes and probes of a service go. @throws Error for a service that is not configured. */
  store(service: string): ServiceStore {
    return this.#find(service).store;
  }

  /** Where the signals of a service's pods go. @throws Error for a service that is not configured. */
  signals(service: string): SignalLog {
    return this.#find(service).signals;
  }

  /** Moves every rule one step and keeps the SLO values of this moment. */
  evaluate(now: number): void {
    if (now < this.#evaluatedAt) this.#startAnew(now);
    this.#evaluatedAt = now;
    for (const watched of this.#services.values()) {
      const health = this.#health(watched, now, null);
      for (const { slo, state, value } of health.slos) {
        watched.history.get(slo)?.add(now, value);
        if (state === 'ok') watched.breaches.delete(slo);
        if (state === 'breached') {
          const since = ongoingBreach(watched, slo, now)?.since ?? now;
          watched.breaches.set(slo, { since, seenAt: now });
        }
      }
      const gaps = findGaps(watched.store, this.#alerts, now);
      for (const watchedRule of watched.rules) {
        const { rule, slo } = watchedRule.subject;
        const lacks = watched.store.lacks(now - rule.longWindow);
        const { blind, partial } = doubtsOf(slo, gaps, lacks);
        this.#step(watched, watchedRule, now, blind ?? partial);
      }
      watched.blind = evaluateBlindness(watched.blind, {
        at: now,
        gaps,
        rememberResolvedMs: this.#alerts.notify.repeatInterval,
      });
      const { backlog } = health;
      if (backlog) {
        watched.backlog = evaluateBacklog(watched.backlog, {
          at: now,
          backlog,
          keepFiringFor: this.#alerts.verdictWindow,
          rememberResolvedMs: this.#alerts.notify.repeatInterval,
        });
      }
      watched.retired = watched.retired.filter(
        ({ state }) => state !== null && now - state.since < this.#alerts.notify.repeatInterval,
      );
    }
  }

  health(service: string, now: number, since: number | null): ServiceHealth {
    return this.#health(this.#find(service), now, since);
  }

  /** How long its work waits; null of a service without a queue. @throws Error when it is not configured. */
  backlog(service: string): Backlog | null {
    return readBacklog(this.#find(service).store, this.#settings[service]?.queue);
  }

  /** Pending, firing and lately resolved alerts. */
  alerts(): Alert[] {
    const services = [...this.#services.values()];
    return [
      ...services.flatMap(({ rules }) => rules.map(alertOf)),
      ...services.map(({ name, blind }) => blindAlertOf(name, blind)),
      ...services.map(({ name, backlog }) => backlogAlertOf(name, backlog)),
      ...services.flatMap(({ retired }) => retired.map(alertOf)),
    ].filter((alert) => alert !== null);
  }

  rules(): RuleView[] {
    return [...this.#services.values()].flatMap(({ name, rules, blind, backlog }) => [
      ...rules.map(ruleView),
      blindView(name, blind),
      ...(backlog === null ? [] : [backlogView(name, backlog)]),
    ]);
  }

  /** SLO values of each evaluation in the verdict window that ended then, for charts. */
  series(service: string, from: number, to: number): SloSeries[] {
    const { objective, history } = this.#find(service);
    return sloNames.map((slo) => ({
      service,
      slo,
      ...thresholdOf(slo, objective),
      points: (history.get(slo)?.points(from, to) ?? []).map(({ at, value }) => ({
        at: iso(at),
        value,
      })),
    }));
  }

  #watch(name: string, objective: Slo): Watched {
    return {
      name,
      objective,
      store: new ServiceStore(storeSizes(this.#alerts, objective)),
      signals: new SignalLog(name),
      rules: this.#rulesOf(name, objective),
      retired: [],
      blind: null,
      backlog: null,
      history: new Map(sloNames.map((slo) => [slo, new GaugeSeries(this.#historyPoints())])),
      breaches: new Map(),
    };
  }

  #rulesOf(service: string, objective: Slo): WatchedRule[] {
    return this.#alerts.rules.flatMap((rule: AlertRule) =>
      sloNames.map((slo) => ({ subject: { rule, service, slo, objective }, state: null })),
    );
  }

  #historyPoints(): number {
    return Math.ceil(historyMs / this.#alerts.evaluationInterval) + 1;
  }

  #step({ store }: Watched, watchedRule: WatchedRule, now: number, doubt: string | null): void {
    const { rule, slo, objective } = watchedRule.subject;
    const share = (window: number) => shareOf(slo, store.counts(now - window, now), objective);
    watchedRule.state = evaluateRule(watchedRule.state, {
      at: now,
      rule,
      slo,
      budget: budgetPercent(slo, objective),
      minSamples: minimumSamples(slo, this.#alerts.minimumSamples),
      long: share(rule.longWindow),
      short: share(rule.shortWindow),
      doubt,
      rememberResolvedMs: this.#alerts.notify.repeatInterval,
    });
  }

  #health(watched: Watched, now: number, since: number | null): ServiceHealth {
    const { name, objective, store } = watched;
    const began = sloNames.flatMap((slo) => ongoingBreach(watched, slo, now)?.since ?? []);
    return assessHealth({
      service: name,
      objective,
      queue: this.#settings[name]?.queue,
      alerts: this.#alerts,
      store,
      now,
      since,
      breachedSince: began.length === 0 ? null : Math.min(...began),
    });
  }

  /** The clock was set back: what is remembered lies in the future. Nothing is proven until the windows fill again. */
  #startAnew(now: number): void {
    for (const watched of this.#services.values()) {
      watched.store.startAnew(now);
      watched.breaches.clear();
      for (const series of watched.history.values()) series.forget();
      for (const rule of [...watched.rules, ...watched.retired]) {
        if (rule.state !== null) rule.state = asOf(rule.state, now);
      }
      if (watched.blind !== null) watched.blind = asOf(watched.blind, now);
      if (watched.backlog !== null) watched.backlog = asOf(watched.backlog, now);
    }
  }

  #find(service: string): Watched {
    const watched = this.#services.get(service);
    if (watched === undefined) {
      throw new Error(
        `could not find service ${service}: known are ${this.serviceNames.join(', ')}`,
      );
    }
    return watched;
  }
}

/** An unproven while does not end a breach; a whole window of the objective without proof leaves nothing to go on from. */
function ongoingBreach({ breaches, objective }: Watched, slo: SloName, now: number): Breach | null {
  const breach = breaches.get(slo);
  const isRecent = breach !== undefined && now - breach.seenAt <= objective.windowMinutes * 60_000;
  return isRecent ? breach : null;
}

const keyOf = ({ subject }: WatchedRule): string => `${subject.rule.name}/${subject.slo}`;
const hasSameLabels = ({ subject: { rule } }: WatchedRule, { subject }: WatchedRule): boolean =>
  rule.severity === subject.rule.severity && rule.automation === subject.rule.automation;
const iso = (at: number): string => new Date(at).toISOString();
