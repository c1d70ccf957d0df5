import { createInterface } from 'node:readline/promises';

/** Asks the person at the terminal; an ended input is an empty answer. Null where nobody sits at one. */
export function askOnTerminal(): ((question: string) => Promise<string>) | null {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return null;
  return async (question) => {
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
