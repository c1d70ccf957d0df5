/**
 * Something noted about a request, kept on the request itself. A `WeakMap` would do the same for more than a microsecond
 * a request, most of it when the garbage collector goes through its keys (measured).
 */
export class RequestNote<Value> {
  readonly #key = Symbol('note');

  get(request: Request): Value | undefined {
    return (request as Noted<Value>)[this.#key];
  }

  set(request: Request, value: Value): void {
    (request as Noted<Value>)[this.#key] = value;
  }
}

type Noted<Value> = Request & Record<symbol, Value | undefined>;
