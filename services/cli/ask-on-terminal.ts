import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Long enough to get all that lies ready. */
const typedAheadMs = 50;

/**
 * Asks the person at the terminal; an ended input is an empty answer. What was typed before the question stood there is
 * no answer to it. Null where nobody sits at a terminal.
 */
export function askOnTerminal(): ((question: string) => Promise<string>) | null {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return null;
  return async (question) => {
    stdin.resume();
    await sleep(typedAheadMs);
    if (stdin.readableEnded) return '';
    const lines = createInterface({ input: stdin, output: stdout });
    const ended = new Promise<string>((resolve) => {
      lines.once('close', () => {
        resolve('');
      });
    });
    try {
      return await Promise.race([lines.question(question).catch(() => ''), ended]);
    } finally {
      lines.close();
    }
  };
}
