import { RequestNote } from '../http/request-note.js';

const warehouses = new RequestNote<string>();

/** Tells telemetry which warehouse a request is about: only its route knows where it is written. */
export function noteWarehouse(request: Request, warehouseId: string): void {
  warehouses.set(request, warehouseId);
}

export function warehouseOf(request: Request): string | undefined {
  return warehouses.get(request);
}
