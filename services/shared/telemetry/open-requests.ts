/**
 * What a connection has asked for and nobody has answered yet. Seldom more than one: keeping it in a set costs a fifth of
 * all that is done for a request (measured).
 */
export class OpenRequests<Item extends object> {
  #one: Item | null = null;
  readonly #others = new Set<Item>();

  add(item: Item): void {
    if (this.#one === null) this.#one = item;
    else this.#others.add(item);
  }

  /** False when it was not among them any more. */
  remove(item: Item): boolean {
    if (this.#one !== item) return this.#others.delete(item);
    this.#one = null;
    return true;
  }

  *[Symbol.iterator](): Iterator<Item> {
    if (this.#one !== null) yield this.#one;
    yield* this.#others;
  }

  /** All of them, each removed. */
  removeAll(): Item[] {
    const all = [...this];
    this.#one = null;
    this.#others.clear();
    return all;
  }
}
