/** Writes when the state of a subject changes: a fault of an hour is one line, not seven hundred. */
export class StateLog {
  /** Only of subjects whose state is not null. */
  readonly #states = new Map<string, string>();

  /** Calls `write` when the state is another than the last one; null is the state that goes without saying. */
  note(subject: string, state: string | null, write: () => void): void {
    if ((this.#states.get(subject) ?? null) === state) return;
    if (state === null) this.#states.delete(subject);
    else this.#states.set(subject, state);
    write();
  }

  /** Forgets the subjects that are none of these. */
  keepOnly(subjects: readonly string[]): void {
    const kept = new Set(subjects);
    for (const subject of this.#states.keys()) {
      if (!kept.has(subject)) this.#states.delete(subject);
    }
  }
}
