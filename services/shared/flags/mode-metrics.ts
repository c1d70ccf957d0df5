import type { Registry } from 'prom-client';
import { Gauge } from 'prom-client';
import type { ModesInForce, OperatingModes } from './operating-modes.js';

/** Registers what is in force as gauges: `service_read_only`, `service_shedding` (0 or 1), `service_isolations` and
 *  `service_refused_flags` (counts). */
export function registerModeMetrics(registry: Registry, modes: OperatingModes): void {
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
