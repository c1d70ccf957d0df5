import type { RecordedAuditEvent } from './audit-event.js';
import { firstHash, hashOf } from './audit-event.js';

export type AuditVerdict =
  | {
      readonly intact: true;
      readonly events: number;
      /** Hash of the newest event. Whoever notes it elsewhere can tell later whether the end was cut off. */
      readonly head: string;
    }
  | {
      readonly intact: false;
      /** Of the first event that is wrong. */
      readonly position: number;
      readonly reason: string;
    };

/**
 * Follows the chain from its first event. `readAfter`: the next events after a position, in order; none at the end.
 * `noted`: a head noted earlier, which the chain must still hold; null when there is none.
 */
export async function verifyAuditChain(
  readAfter: (position: number) => Promise<readonly RecordedAuditEvent[]>,
  noted: string | null = null,
): Promise<AuditVerdict> {
  let position = 0;
  let head = firstHash;
  let holdsNoted = noted === null || noted === head;
  for (;;) {
    const events = await readAfter(position);
    if (events.length === 0) break;
    for (const event of events) {
      const fault = faultOf(event, position, head);
      if (fault !== null) return { intact: false, position: position + 1, reason: fault };
      position = event.position;
      head = event.hash;
      holdsNoted ||= head === noted;
    }
  }
  return holdsNoted
    ? { intact: true, events: position, head }
    : {
        intact: false,
        position: position + 1,
        reason: 'the chain ends before the noted head: events were cut off, or replaced',
      };
}

function faultOf(event: RecordedAuditEvent, before: number, head: string): string | null {
  const { hash, ...said } = event;
  if (event.position !== before + 1) return `it is missing: ${event.position} comes next`;
  if (event.previousHash !== head) return 'it does not stand on the event before it';
  return hashOf(said) === hash ? null : 'it was changed after it was recorded';
}
