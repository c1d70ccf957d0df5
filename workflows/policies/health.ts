import type { ServiceHealth } from '../../activities/contracts/monitoring.contract.js';

/** The objectives hold now. `warning` means that only the rolling window still remembers the bad minutes. */
export const isHealthyNow = (health: ServiceHealth | undefined): boolean =>
  health?.status === 'ok' || health?.status === 'warning';

/** Proven: an objective is missed now. */
export const isBreachedNow = (health: ServiceHealth | undefined): boolean =>
  health?.status === 'critical';
