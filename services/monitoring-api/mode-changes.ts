import type {
  OperatingMode,
  ServiceModes,
} from '../../activities/contracts/monitoring.contract.js';
import type { ModesSeen } from '../shared/storage/audit/append-mode-change.js';

/** Changes that wait while the database is away; of more, the oldest give way. */
const maxDue = 1_000;

interface Watched {
  /** As last seen, and since when. */
  readonly seen: ModesSeen;
  readonly text: string;
  times: number;
  /** What was last put in line; null at the start. */
  inLine: string | null;
}

/**
 * Notices when the modes of a service change, whichever of its pods obey them. A change counts once it is seen twice,
 * since pods obey one after the other; one that nobody saw twice is not noticed.
 */
export class ModeChanges {
  readonly #services = new Map<string, Watched>();
  readonly #due: ModesSeen[] = [];

  /** `modes`: null when no pod tells, which says nothing about them. */
  note(service: string, modes: ServiceModes | null, at: number): void {
    if (modes === null) return;
    const known = this.#services.get(service);
    const all = modes.inForce.map(({ mode, until, isolation }): OperatingMode => ({
      mode,
      until,
      isolation,
    }));
    const text = JSON.stringify(all.map((one) => JSON.stringify(one)).sort());
    if (known?.text !== text) {
      const seen = { service, at, modes: all };
      this.#services.set(service, { seen, text, times: 1, inLine: known?.inLine ?? null });
      return;
    }
    known.times += 1;
    if (known.times === 2 && known.inLine !== text) this.#putInLine(known);
  }

  /** What may be on record otherwise, oldest first. It stays until `recorded` is told of it. */
  due(): ModesSeen[] {
    return [...this.#due];
  }

  recorded(done: ModesSeen): void {
    const index = this.#due.indexOf(done);
    if (index !== -1) this.#due.splice(index, 1);
  }

  #putInLine(watched: Watched): void {
    watched.inLine = watched.text;
    this.#due.push(watched.seen);
    if (this.#due.length > maxDue) this.#due.shift();
  }
}
