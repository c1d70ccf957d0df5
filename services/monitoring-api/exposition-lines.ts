// The text format of Prometheus, line by line, as far as it is needed.

/** The lines that begin with a letter of `first`; comments and all others are not even cut out. */
export function* linesOf(text: string, first: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const stop = end === -1 ? text.length : end;
    if (first.includes(text[start] ?? '\n')) yield text.slice(start, stop);
    start = stop + 1;
  }
}

/** The first sample of a gauge; null when there is none, or it is no number. */
export function readGauge(text: string, name: string): number | null {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + name.length)) {
    const isWhole =
      (at === 0 || text[at - 1] === '\n') && /[{ ]/.test(text[at + name.length] ?? '');
    if (!isWhole) continue;
    const end = text.indexOf('\n', at);
    const value = Number.parseFloat(valueText(text.slice(at, end === -1 ? text.length : end)));
    return Number.isFinite(value) ? value : null;
  }
  return null;
}

export function nameOf(line: string): string {
  const end = line.search(/[{ ]/);
  return end === -1 ? line : line.slice(0, end);
}

/** `name{a="b",c="d"} 1` → a, c. Values may hold escaped quotes, backslashes and newlines. */
export function labelsOf(line: string): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [, name, value] of line.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    if (name === undefined || value === undefined) continue;
    const plain = value.includes('\\')
      ? value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))
      : value;
    labels.set(name, plain);
  }
  return labels;
}

/** The number after the labels; a timestamp may follow it. */
export function valueOf(line: string): number {
  const value = Number.parseFloat(valueText(line));
  return Number.isFinite(value) ? value : 0;
}

function valueText(line: string): string {
  const rest = line.slice(line.lastIndexOf('}') + 1).trim();
  return line.includes('}') ? rest : (line.split(' ')[1] ?? '');
}
