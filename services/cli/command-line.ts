/** A command of ours as a person pastes it into a shell. */
export const commandLine = (words: readonly string[]): string =>
  ['npx', 'runbook', ...words].map(quote).join(' ');

const quote = (word: string): string =>
  /^[\w.:/=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
