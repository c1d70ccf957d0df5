import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import { digest } from './digest.js';
import type { RawDeployment } from './raw-objects.js';
import { withoutKey } from './templates.js';

/** A diff is read by people and kept in a workflow history: longer ones are cut. Characters. */
const diffLimit = 8_000;
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const secretName = /pass(word|wd)?|secret|token|credential|api[-_]?key|private/i;
/** An address with a password in it. */
const secretUrl = /\w:\/\/[^/\s:@]*:[^@\s]+@/;

/** Unified YAML diff of what a change does to an object. Empty when it does nothing. */
export function diffObjects(before: RawDeployment, after: RawDeployment): string {
  const [left, right] = [readable(before), readable(after)];
  if (left === right) return '';
  const { namespace, name } = before.metadata;
  const title = `deployment ${namespace}/${name}`;
  const text = createTwoFilesPatch(`${title} (now)`, `${title} (planned)`, left, right);
  // Its first line is only a rule.
  return shorten(text.replace(/^=+\n/, ''));
}

/** Without what the server keeps for itself, and without the values of variables that look secret. */
function readable({ metadata, spec }: RawDeployment): string {
  const { name, namespace, labels, annotations = {} } = metadata;
  const shown = {
    metadata: { name, namespace, labels, annotations: withoutKey(annotations, lastApplied) },
    spec,
  };
  return stringify(shown, hideSecret, { lineWidth: 0, sortMapEntries: true });
}

function hideSecret(_key: unknown, part: unknown): unknown {
  if (!isVariable(part) || !looksSecret(part)) return part;
  // The digest still shows whether the value changes.
  return { ...part, value: `(hidden, ${digest(part.value).slice(0, 8)})` };
}

const looksSecret = ({ name, value }: { name: string; value: string }): boolean =>
  secretName.test(name) || secretUrl.test(value);

function isVariable(part: unknown): part is { name: string; value: string } {
  return (
    typeof part === 'object' &&
    part !== null &&
    'name' in part &&
    'value' in part &&
    typeof part.name === 'string' &&
    typeof part.value === 'string'
  );
}

function shorten(text: string): string {
  if (text.length <= diffLimit) return text;
  const kept = text.slice(0, text.lastIndexOf('\n', diffLimit));
  const lines = text.slice(kept.length).trim().split('\n').length;
  return `${kept}\n… ${lines} more lines are not shown\n`;
}
