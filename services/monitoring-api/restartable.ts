export interface Restartable<Input> {
  /** Starts the work anew with this input, once what runs has ended. */
  start(input: Input): Promise<void>;
  stop(): Promise<void>;
}

/** Work without an end that goes by an input. `run` must end when its signal aborts, and must not throw. */
export function restartable<Input>(
  run: (input: Input, signal: AbortSignal) => Promise<void>,
): Restartable<Input> {
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  return {
    async start(input) {
      await stop();
      stopping = new AbortController();
      running = run(input, stopping.signal);
    },
    stop,
  };
}
