import type { IsolationMode } from '../../configuration/isolation.schema.js';
import type { Isolations } from '../shared/flags/isolations.js';
import { isInForce } from '../shared/flags/switches.js';
import type { Place } from './claim-orders.js';

/** The isolation modes that this service obeys: it neither takes nor sends orders of who is under one. */
export const obeyedModes: readonly IsolationMode[] = ['read-only', 'block-outbound'];

/** Whose accepted orders are kept back, until the isolation ends. */
export function heldPlaces(isolations: Isolations, now: number): Place[] {
  return [...isolations.values()].filter(
    (isolation) => obeyedModes.includes(isolation.mode) && isInForce(isolation, now),
  );
}
