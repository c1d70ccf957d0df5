import type { RawMetadata } from './raw-objects.js';

export const changeCauseAnnotation = 'kubernetes.io/change-cause';

/** What we add to the words of whoever made the release, for `kubectl rollout history`. */
export type OwnWords = 'rolled back to' | 'put back' | 'restarted';

const ours = / \((?:rolled back to|put back|restarted) by [^()]*\)$/;
const longestWords = 200;

/** The release in its maker's own words, also where we added ours. Null when nobody said anything. */
export function readChangeCause({ annotations }: Pick<RawMetadata, 'annotations'>): string | null {
  return annotations?.[changeCauseAnnotation]?.replace(ours, '') ?? null;
}

/** `release 1.0 (rolled back to by shop-7)`: never nested, never longer than the words and ours once. */
export function sayChangeCause(release: string, words: OwnWords, incident: string): string {
  const kept = release.length > longestWords ? `${release.slice(0, longestWords - 1)}…` : release;
  return `${kept} (${words} by ${incident.replace(/[()]/g, '').slice(0, 100)})`;
}
