import type { ServiceHealth } from '../../activities/contracts/monitoring.contract.js';

/** Every objective is proven to hold now. `warning`: only the rolling window still remembers the bad minutes. */
export const isHealthyNow = (health: ServiceHealth | undefined): boolean =>
  (health?.status === 'ok' || health?.status === 'warning') &&
  health.slos.every((slo) => slo.state === 'ok');

/** Proven: an objective is missed now. */
export const isBreachedNow = (health: ServiceHealth | undefined): boolean =>
  health?.status === 'critical';
