import type { RawMetadata } from './raw-objects.js';

export const changeCauseAnnotation = 'kubernetes.io/change-cause';

/** What we add to the words of whoever made the release, for `kubectl rollout history`. */
export type OwnWords = 'rolled back to' | 'put back' | 'restarted';

const ours = / ?\((?:rolled back to|put back|restarted) by [^()]*\)$/;
const longestWords = 200;

/** The release in its maker's own words, also where we added ours. Null when nobody said anything. */
export function readChangeCause({ annotations }: Pick<RawMetadata, 'annotations'>): string | null {
  const words = readWords(annotations?.[changeCauseAnnotation]?.replace(ours, '') ?? '');
  return words === '' ? null : words;
}

/** Anybody can write annotations, as much as they like: what of one is shown to people. */
export function readWords(text: string): string {
  const words = text
    .slice(0, 2 * longestWords)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, ' ')
    .trim();
  return words.length > longestWords ? `${words.slice(0, longestWords - 1)}…` : words;
}

/**
 * `release 1.0 (rolled back to by shop-7)`: never nested, never longer than the words and ours once. Ours alone where
 * nobody said anything: Kubernetes copies them to the next revision, and they must not name it after this one.
 */
export function sayChangeCause(release: string | null, words: OwnWords, incident: string): string {
  const own = `(${words} by ${incident.replace(/[()]/g, '').slice(0, 100)})`;
  return release === null ? own : `${release} ${own}`;
}
