import { writeSync } from 'node:fs';

const standardOutput = 1;

/** Whoever shares a pipe can have told it to answer "full" rather than wait: then to try again after so many ms. */
const pause = 10;

/**
 * Writes to standard output before it returns, so that nothing is lost when the process dies. It waits for a reader that
 * is late; where nobody reads any more, or the disk is full, the text is dropped: no service stops for its log.
 */
export function writeToStandardOutput(piece: Uint8Array): void {
  let written = 0;
  while (written < piece.length) {
    try {
      written += writeSync(standardOutput, piece, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
  }
}
