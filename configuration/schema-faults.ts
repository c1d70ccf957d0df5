import { z } from 'zod';
import { closestName } from './closest-name.js';
import { find, formatPath, placeOf } from './layered-yaml.js';
import type { Fault, Located, Path } from './layered-yaml.js';

/** Checks a document against its schema. Every fault names the place that set the bad value and what would be right. */
export function checkSchema<Output>(
  schema: z.ZodType<Output>,
  document: { readonly located: Located; readonly plain: unknown; readonly secret: boolean },
): { readonly value: Output | null; readonly faults: readonly Fault[] } {
  const result = schema.safeParse(document.plain, { error: expectation });
  if (result.success) return { value: result.data, faults: [] };
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, schema, document));
  return { value: null, faults };
}

function faultsOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  { located, secret }: { readonly located: Located; readonly secret: boolean },
): Fault[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => ({
      place: find(located, [...path, key])?.keyPlace ?? placeOf(located, path),
      key: formatPath([...path, key]),
      message: `unknown key; ${suggestion(key, known) ?? `known here: ${known.join(', ')}`}`,
    }));
  }
  const key = formatPath(path);
  const found = find(located, path);
  if (issue.code === 'invalid_key') {
    const reason = issue.issues[0]?.message ?? issue.message;
    return [{ place: found?.keyPlace ?? placeOf(located, path), key, message: reason }];
  }
  const place = placeOf(located, path);
  if (issue.code === 'custom') return [{ place, key, message: issue.message }];
  if (found === null) return [{ place, key, message: `missing; ${issue.message}` }];
  const hint =
    issue.code === 'invalid_value' &&
    found.value.kind === 'scalar' &&
    typeof found.value.scalar === 'string'
      ? suggestion(found.value.scalar, issue.values.map(String))
      : null;
  const message = [`${issue.message}, found ${show(found, secret)}`, ...(hint ? [hint] : [])];
  return [{ place, key, message: message.join('; ') }];
}

const suggestion = (name: string, known: readonly string[]): string | null => {
  const closest = closestName(name, known);
  return closest === null ? null : `did you mean ${closest}?`;
};

const kinds: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

/** What would have been right, where the schema itself does not say so. */
function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.map(String).join(' or ')}`;
    case 'too_small': {
      const least = `${issue.inclusive === true ? 'at least' : 'more than'} ${String(issue.minimum)}`;
      return `expected ${least}${issue.origin === 'array' ? ' entries' : issue.origin === 'string' ? ' characters' : ''}`;
    }
    case 'too_big':
      return `expected ${issue.inclusive === true ? 'at most' : 'less than'} ${String(issue.maximum)}`;
    case 'invalid_format':
      return issue.format === 'url'
        ? 'expected a URL such as http://name.example'
        : issue.format === 'starts_with'
          ? `expected text that begins with ${String(issue.prefix)}`
          : `expected a valid ${issue.format}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    default:
      return `not accepted (${issue.code})`;
  }
}

function show({ value }: Located, secret: boolean): string {
  if (value.kind === 'map') return 'a map';
  if (value.kind === 'list')
    return value.items.length === 0 ? 'an empty list' : `a list of ${value.items.length}`;
  if (value.scalar === null) return 'nothing';
  if (typeof value.scalar !== 'string') return JSON.stringify(value.scalar);
  return secret ? 'other text' : JSON.stringify(value.scalar.slice(0, 80));
}

/** Names of the keys a schema knows at `path`. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let at: unknown = schema;
  for (const step of path) {
    const container = unwrap(at);
    at =
      container instanceof z.ZodObject
        ? (container.shape as Record<string, unknown>)[step]
        : container instanceof z.ZodRecord
          ? container.valueType
          : container instanceof z.ZodArray
            ? container.element
            : undefined;
  }
  const container = unwrap(at);
  if (container instanceof z.ZodObject) return Object.keys(container.shape);
  if (container instanceof z.ZodRecord && container.keyType instanceof z.ZodEnum) {
    return container.keyType.options.map(String);
  }
  return [];
}

function unwrap(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.unwrap();
  return inner;
}
