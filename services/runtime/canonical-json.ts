/**
 * JSON with keys in order: equal values give equal text, in whatever order their keys came (the idea of RFC 8785;
 * numbers and strings as JSON.stringify writes them). What JSON cannot say is `null`.
 */
export function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
        : inner,
    ) ?? 'null'
  );
}
