import { loadConfiguration } from '../../configuration/load-configuration.js';
import type { WatchedConfiguration } from './evaluate-both.js';

const load = (...folders: string[]): WatchedConfiguration => {
  const { services, alerts } = loadConfiguration(folders);
  const { inventory } = services;
  if (inventory === undefined) throw new Error('no service inventory');
  return { services: { inventory }, alerts };
};

export const production = load('configuration');
export const local = load('configuration', 'configuration/local');

/** The same windows in fewer scrapes: an hour is 240 of them. */
export const coarse: WatchedConfiguration = {
  ...production,
  alerts: {
    ...production.alerts,
    scrapeInterval: 15_000,
    evaluationInterval: 15_000,
    probeInterval: 15_000,
  },
};

/** Rules that wait before they fire, or end at once. */
export const patient: WatchedConfiguration = {
  ...coarse,
  alerts: {
    ...coarse.alerts,
    rules: coarse.alerts.rules.map((rule, index) => ({
      ...rule,
      for: [30_000, 60_000, 0][index] ?? 0,
      keepFiringFor: [0, 120_000, 60_000][index] ?? 0,
    })),
  },
};

/** A configuration with every rule changed: to prove that a comparison notices. */
export const withRules = (
  configuration: WatchedConfiguration,
  change: (rule: WatchedConfiguration['alerts']['rules'][number]) => object,
): WatchedConfiguration => ({
  ...configuration,
  alerts: {
    ...configuration.alerts,
    rules: configuration.alerts.rules.map((rule) => ({ ...rule, ...change(rule) })),
  },
});
