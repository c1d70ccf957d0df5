import type {
  ServiceHealth,
  SloName,
  SloSeries,
} from '../../activities/contracts/monitoring.contract.js';
import { alertName } from '../../configuration/alert-names.js';
import type { AlertRule, AlertSettings } from '../../configuration/alerts.schema.js';
import { effectiveSlo } from '../../configuration/effective-slo.js';
import type { ServiceSettings, Slo } from '../../configuration/services.schema.js';
import { alertOf } from './alert.js';
import type { Alert, AlertSubject } from './alert.js';
import { GaugeSeries } from './gauge-series.js';
import { evaluateRule } from './rules.js';
import type { RuleState } from './rules.js';
import { assessHealth } from './service-health.js';
import { ServiceStore, storeSizes } from './service-store.js';
import { budgetPercent, minimumSamples, shareOf, sloNames, thresholdOf } from './slo.js';

/** How long SLO values are kept for charts. */
const historyMs = 2 * 3_600_000;

interface Watched {
  readonly name: string;
  readonly objective: Slo;
  readonly store: ServiceStore;
  readonly rules: WatchedRule[];
  readonly history: ReadonlyMap<SloName, GaugeSeries>;
  /** When each SLO that is breached now was first seen so. */
  readonly breachedSince: Map<SloName, number>;
}

interface WatchedRule {
  readonly subject: AlertSubject;
  state: RuleState | null;
}

/** One rule for one SLO of one service, as `/monitoring/alerts` shows it. Times are ISO 8601. */
export interface RuleView {
  readonly name: string;
  readonly service: string;
  readonly slo: SloName;
  readonly state: RuleState['state'];
  readonly since: string | null;
  readonly lastEvaluation: {
    readonly at: string;
    readonly long: number | null;
    readonly short: number | null;
  } | null;
  /** Why the last evaluation decided nothing. */
  readonly note?: string;
}

/** Everything the monitor knows and concludes. It does no I/O: scrapes and probes are fed into its stores. */
export class Monitor {
  readonly #services: ReadonlyMap<string, Watched>;
  readonly #alerts: AlertSettings;

  constructor(configuration: {
    readonly services: Readonly<Record<string, ServiceSettings>>;
    readonly alerts: AlertSettings;
  }) {
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

  /** Where scrapes and probes of a service go. @throws Error for a service that is not configured. */
  store(service: string): ServiceStore {
    return this.#find(service).store;
  }

  /** Moves every rule one step and keeps the SLO values of this moment. */
  evaluate(now: number): void {
    for (const watched of this.#services.values()) {
      const health = this.#health(watched, now, null);
      for (const { slo, state, value } of health.slos) {
        watched.history.get(slo)?.add(now, value);
        if (state === 'ok') watched.breachedSince.delete(slo);
        // An unproven moment does not end a breach.
        if (state === 'breached' && !watched.breachedSince.has(slo)) {
          watched.breachedSince.set(slo, now);
        }
      }
      for (const watchedRule of watched.rules) this.#step(watched, watchedRule, now);
    }
  }

  health(service: string, now: number, since: number | null): ServiceHealth {
    return this.#health(this.#find(service), now, since);
  }

  /** Pending, firing and lately resolved alerts. */
  alerts(): Alert[] {
    return this.#allRules().flatMap(({ subject, state }) => {
      const alert = state === null ? null : alertOf(subject, state);
      return alert === null ? [] : [alert];
    });
  }

  rules(): RuleView[] {
    return this.#allRules().map(({ subject: { rule, service, slo }, state }) => ({
      name: alertName(slo, rule),
      service,
      slo,
      ...(state === null
        ? { state: 'inactive', since: null, lastEvaluation: null }
        : {
            state: state.state,
            since: iso(state.since),
            lastEvaluation: { ...state.lastEvaluation, at: iso(state.lastEvaluation.at) },
            ...(state.note === null ? {} : { note: state.note }),
          }),
    }));
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
    const { rules, evaluationInterval } = this.#alerts;
    const points = Math.ceil(historyMs / evaluationInterval) + 1;
    return {
      name,
      objective,
      store: new ServiceStore(storeSizes(this.#alerts, objective)),
      rules: rules.flatMap((rule: AlertRule) =>
        sloNames.map((slo) => ({ subject: { rule, service: name, slo, objective }, state: null })),
      ),
      history: new Map(sloNames.map((slo) => [slo, new GaugeSeries(points)])),
      breachedSince: new Map(),
    };
  }

  #step({ store }: Watched, watchedRule: WatchedRule, now: number): void {
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
      rememberResolvedMs: this.#alerts.notify.repeatInterval,
    });
  }

  #health(watched: Watched, now: number, since: number | null): ServiceHealth {
    const { name, objective, store, breachedSince } = watched;
    const began = [...breachedSince.values()];
    return assessHealth({
      service: name,
      objective,
      alerts: this.#alerts,
      store,
      now,
      since,
      breachedSince: began.length === 0 ? null : Math.min(...began),
    });
  }

  #allRules(): WatchedRule[] {
    return [...this.#services.values()].flatMap(({ rules }) => rules);
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

const iso = (at: number): string => new Date(at).toISOString();
