import type { ServiceModes } from '../../activities/contracts/monitoring.contract.js';
import type { ModesSeen, RecordedMode } from '../shared/storage/audit/append-mode-change.js';

interface Watched {
  /** As last seen, and since when; a change counts once it is seen twice, since pods obey one after the other. */
  seen: ModesSeen & { readonly text: string };
  times: number;
  /** What of it is on record for certain; null at the start. */
  recorded: string | null;
}

/** Notices when the modes of a service change, whichever of its pods obey them. One that nobody saw twice is not noticed. */
export class ModeChanges {
  readonly #services = new Map<string, Watched>();

  /** `modes`: null when no pod tells, which says nothing about them. */
  note(service: string, modes: ServiceModes | null, at: number): void {
    if (modes === null) return;
    const known = this.#services.get(service);
    const all = modes.inForce.map(({ mode, until, isolation }): RecordedMode => ({
      ...{ mode, until, isolation },
    }));
    const text = JSON.stringify(all.map((one) => JSON.stringify(one)).sort());
    if (known?.seen.text === text) {
      known.times += 1;
      return;
    }
    const seen = { service, at, modes: all, text };
    this.#services.set(service, { seen, times: 1, recorded: known?.recorded ?? null });
  }

  /** What may be on record otherwise. It stays until `recorded` is told of it. */
  due(): ModesSeen[] {
    return [...this.#services.values()].flatMap(({ seen, times, recorded }) =>
      times > 1 && recorded !== seen.text ? [seen] : [],
    );
  }

  recorded(due: ModesSeen): void {
    for (const watched of this.#services.values()) {
      if (watched.seen === due) watched.recorded = watched.seen.text;
    }
  }
}
