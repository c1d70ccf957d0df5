import type { DestinationStream } from 'pino';

/** From here on a line is written at once: the process may be about to hang or die. */
const urgentLevel = 40;

/** How long any other line waits at most, milliseconds. */
const longestWait = 10;

/** Bytes kept at most. */
const capacity = 32_768;

/** No character of a JavaScript string takes more in UTF-8. */
const maxBytesPerCharacter = 3;

/** With this mark pino sets `lastLevel` before each `write`. */
const tellsLevel = { [Symbol.for('pino.metadata')]: true };

/**
 * Gives what is logged to `write` in pieces: within ten milliseconds, before a piece grows large, at the end of the
 * process, and with every warning. Under load a write a line costs more than all the rest of logging (measured). What
 * kills a process outright may take the lines of the last ten milliseconds with it, but no warning and nothing before
 * one. `write` must be done with a piece when it returns.
 */
export function gatherLines(write: (piece: Uint8Array) => void): DestinationStream {
  const kept = Buffer.allocUnsafeSlow(capacity);
  let length = 0;
  let isDue = false;
  const writeOut = (): void => {
    if (length > 0) write(kept.subarray(0, length));
    length = 0;
  };
  const onDue = (): void => {
    isDue = false;
    writeOut();
  };
  process.on('exit', writeOut);
  const stream = {
    ...tellsLevel,
    lastLevel: 0,
    write(line: string): void {
      const mostBytes = line.length * maxBytesPerCharacter;
      if (mostBytes > capacity - length) writeOut();
      if (mostBytes > capacity) {
        write(Buffer.from(line));
        return;
      }
      length += kept.write(line, length);
      if (stream.lastLevel >= urgentLevel) {
        writeOut();
      } else if (!isDue) {
        isDue = true;
        setTimeout(onDue, longestWait);
      }
    },
  };
  return stream;
}
