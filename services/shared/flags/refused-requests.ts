import type { Refusal } from './admission.js';
import { RequestNote } from '../http/request-note.js';

const refused = new RequestNote<Refusal>();

/** Notes that a request was refused on purpose, so that it is not counted as a failure. */
export function markRefused(request: Request, why: Refusal): void {
  refused.set(request, why);
}

/** Why a request was refused on purpose; undefined when it was not. */
export function refusalOf(request: Request): Refusal | undefined {
  return refused.get(request);
}
