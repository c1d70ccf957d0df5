/** What PostgreSQL has no room for in text and jsonb: NUL, and one half of a surrogate pair alone. */
const unstorable = /[\u0000\p{Cs}]/gu;

/**
 * JSON as PostgreSQL can keep it: in every text, keys too, U+FFFD stands for each character it would refuse. For what
 * others have said and must be kept all the same, such as alerts; what a caller asks for is refused instead.
 */
export function storable<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(unstorable, '\ufffd');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(clean);
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [clean(key), clean(part)] as const),
  );
}
