/** How many rows go into one call. Pure. */

/**
 * Of one call's body before compression. The service's limit is 1 MB, the client cuts at 1,000,000 bytes of rows without
 * counting commas; with brackets and commas counted here the client never cuts, so one call is one answer.
 */
export const MAX_CALL_BYTES = 990_000;

/** How many of the rows, from the first, make a JSON array within the limit; at least one. `sizes`: bytes of each row. */
export function fitting(sizes: readonly number[], maxBytes: number = MAX_CALL_BYTES): number {
  let bytes = 2;
  let count = 0;
  for (const size of sizes) {
    bytes += size + (count === 0 ? 0 : 1);
    if (bytes > maxBytes) break;
    count += 1;
  }
  return Math.max(1, Math.min(count, sizes.length));
}
