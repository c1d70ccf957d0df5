import type { DestinationStream } from 'pino';

/** From here on a line is written at once: the process may be about to hang or die. */
const urgentLevel = 40;

/** Characters kept at most. */
const maxKept = 16_384;

/** With this mark pino sets `lastLevel` before each `write`. */
const tellsLevel = { [Symbol.for('pino.metadata')]: true };

/**
 * Writes what one turn of the event loop logs in one piece, at its end or when the process exits: under load a write a
 * line costs more than all the rest of logging (measured). What kills a process outright may take the lines of that
 * turn with it, but no warning.
 */
export function writeByTurn(output: DestinationStream): DestinationStream {
  let kept = '';
  let isDue = false;
  const writeOut = (): void => {
    if (kept !== '') output.write(kept);
    kept = '';
  };
  process.on('exit', writeOut);
  const stream = {
    ...tellsLevel,
    lastLevel: 0,
    write(line: string): void {
      kept += line;
      if (stream.lastLevel >= urgentLevel || kept.length > maxKept) {
        writeOut();
      } else if (!isDue) {
        isDue = true;
        setImmediate(() => {
          isDue = false;
          writeOut();
        });
      }
    },
  };
  return stream;
}
