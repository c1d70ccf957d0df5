import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import type { Breaker } from './breaker.js';
import { breakerStates } from './breaker.js';
import type { Delivery } from './deliver.js';
import { deliveryKinds } from './deliver.js';

/** Registers `outbound_deliveries_total{result}` and `outbound_breaker_state{state}` of this process. Gives the function
 *  that counts an attempt. */
export function registerDispatchMetrics(
  registry: Registry,
  breaker: Breaker,
): (kind: Delivery['kind']) => void {
  const deliveries = new Counter({
    name: 'outbound_deliveries_total',
    help: 'Attempts to deliver an order, by how they ended.',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of deliveryKinds) deliveries.inc({ result }, 0);
  new Gauge({
    name: 'outbound_breaker_state',
    help: 'The state of the circuit breaker: 1 for the one it is in.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const state of breakerStates) this.set({ state }, Number(state === breaker.state));
    },
  });
  return (result) => {
    deliveries.inc({ result });
  };
}
