import type { Registry } from 'prom-client';
import { Gauge } from 'prom-client';
import type { IsolationMode } from '../../../configuration/isolation.schema.js';
import type { ModesInForce, OperatingModes } from './operating-modes.js';
import { isInForce } from './switches.js';

/** Refused files that are told apart, and how much of why; a reason quotes what somebody wrote. */
const maxFlags = 16;
const maxReason = 160;

/**
 * Registers what is in force as gauges: `service_read_only`, `service_shedding` (0 or 1), `service_isolations` and
 * `service_refused_flags` (counts); with ends in seconds since 1970 `service_mode_ends_seconds{mode}` of switches that have
 * one and `service_isolation_ends_seconds{tenant,warehouse,mode}` of isolations that this service obeys (64 at most); and
 * `service_refused_flag{file,reason}`.
 */
export function registerModeMetrics(
  registry: Registry,
  modes: OperatingModes,
  obeys: readonly IsolationMode[],
): void {
  registerCounts(registry, modes);
  const registers = [registry];
  new Gauge({
    name: 'service_mode_ends_seconds',
    help: 'When a mode that is in force ends.',
    labelNames: ['mode'],
    registers,
    collect() {
      this.reset();
      const { modeUntil, shedUntil } = modes.inForce();
      if (modeUntil !== null) this.set({ mode: 'read-only' }, secondsOf(Date.parse(modeUntil)));
      if (shedUntil !== null) this.set({ mode: 'shed' }, secondsOf(Date.parse(shedUntil)));
    },
  });
  new Gauge({
    name: 'service_isolation_ends_seconds',
    help: 'When the isolation of a tenant, or of one warehouse of it, ends.',
    labelNames: ['tenant', 'warehouse', 'mode'],
    registers,
    collect() {
      this.reset();
      const now = Date.now();
      for (const isolation of modes.read().isolations.values()) {
        const { tenantId: tenant, warehouseId: warehouse, mode, until } = isolation;
        if (!obeys.includes(mode) || !isInForce(isolation, now)) continue;
        this.set({ tenant, mode, ...(warehouse !== null && { warehouse }) }, secondsOf(until));
      }
    },
  });
  new Gauge({
    name: 'service_refused_flag',
    help: '1 for a flag file whose content is refused, so that what was in force before still is.',
    labelNames: ['file', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const { file, reason } of modes.faults().slice(0, maxFlags)) {
        this.set({ file, reason: reason.slice(0, maxReason) }, 1);
      }
    },
  });
}

function registerCounts(registry: Registry, modes: OperatingModes): void {
  const gauges: [name: string, help: string, value: (inForce: ModesInForce) => number][] = [
    ['service_read_only', 'Writes are refused.', ({ mode }) => Number(mode === 'read-only')],
    [
      'service_shedding',
      'Requests that are not critical are refused.',
      ({ shed }) => Number(shed !== 'none'),
    ],
    ['service_isolations', 'Tenants and warehouses set apart.', ({ isolations }) => isolations],
    [
      'service_refused_flags',
      'Flag files with refused content.',
      ({ refusedFlags }) => refusedFlags.length,
    ],
  ];
  for (const [name, help, value] of gauges) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value(modes.inForce()));
      },
    });
  }
}

const secondsOf = (instant: number): number => instant / 1_000;
