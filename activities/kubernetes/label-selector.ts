import type { RawLabelSelector } from './raw-objects.js';

/** A selector object as the text that list requests take: `app=x,tier in (a,b),!legacy`. */
export function toSelectorText({
  matchLabels = {},
  matchExpressions = [],
}: RawLabelSelector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
    }
  });
  return [...labels, ...expressions].join(',');
}
