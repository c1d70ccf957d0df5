import { changeCauseAnnotation, readWords } from './change-cause.js';
import type { JsonPatchOperation, RawDeployment } from './raw-objects.js';

const prefix = 'durable-runbooks.io/';

/** What we write on an object in the same patch as the change: who did it, once, and what came of it. */
export interface Marks {
  readonly mutation: string;
  readonly incident: string;
  readonly runbook: string;
  readonly fence: number;
  readonly appliedAt: string;
  /** Of the object, right after the change. */
  readonly generation: number;
  /** Digest of the template that the change set: another one standing there means someone has changed it since. */
  readonly template: string;
  /** When somebody released what the change set, and what it replaced, ISO 8601: a change of ours is no release. */
  readonly releasedAt: string;
  readonly releasedAtBefore: string;
  /** Why revisions are not to be gone back to, by their number: one that is used again gets another number. */
  readonly badRevisions: Readonly<Record<string, string>>;
}

/** Null when we never changed the object, or someone took our marks off it (`kubectl rollout undo` does). */
export function readMarks({ metadata }: RawDeployment): Marks | null {
  const mark = (name: string): string => metadata.annotations?.[prefix + name] ?? '';
  if (mark('mutation') === '') return null;
  return {
    mutation: mark('mutation'),
    incident: mark('incident'),
    runbook: mark('runbook'),
    fence: Number(mark('fence')),
    appliedAt: mark('applied-at'),
    generation: Number(mark('generation')),
    template: mark('template'),
    releasedAt: mark('released-at'),
    releasedAtBefore: mark('released-at-before'),
    badRevisions: readBadRevisions(mark('bad-revisions')),
  };
}

/** More than a Deployment keeps revisions by default. */
const mostBadRevisions = 20;

/** Anybody can write annotations: what is no object of texts says nothing. */
function readBadRevisions(text: string): Record<string, string> {
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
    return Object.fromEntries(
      entries
        .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
        .slice(0, mostBadRevisions)
        .map(([revision, why]) => [revision, readWords(why)]),
    );
  } catch {
    return {};
  }
}

/** The annotations that `marks` become, with the cause that `kubectl rollout history` shows. */
export function toAnnotations(marks: Marks, changeCause: string): Record<string, string> {
  return {
    [changeCauseAnnotation]: changeCause,
    [`${prefix}mutation`]: marks.mutation,
    [`${prefix}incident`]: marks.incident,
    [`${prefix}runbook`]: marks.runbook,
    [`${prefix}fence`]: String(marks.fence),
    [`${prefix}applied-at`]: marks.appliedAt,
    [`${prefix}generation`]: String(marks.generation),
    [`${prefix}template`]: marks.template,
    [`${prefix}released-at`]: marks.releasedAt,
    [`${prefix}released-at-before`]: marks.releasedAtBefore,
    [`${prefix}bad-revisions`]: JSON.stringify(marks.badRevisions),
  };
}

/** Sets keys of the map at `path`, which may not exist yet. Other keys stay. */
export function setKeys(
  path: string,
  existing: Readonly<Record<string, string>> | undefined,
  values: Readonly<Record<string, string>>,
): JsonPatchOperation[] {
  if (existing === undefined) return [{ op: 'add', path, value: values }];
  return Object.entries(values).map(([key, value]) => ({
    op: 'add',
    path: `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    value,
  }));
}
