/**
 * Names with wildcards. `*` stands for any run of characters (also none, also `.` and `/`); nothing else is special and
 * case counts, because the program that runs a tool tells `Send` from `send` too.
 *
 * Matching is linear in practice and never backtracks over more than one star: the pieces between stars are looked for
 * leftmost-first, which is complete for this grammar.
 */

export type GlobMatcher = (text: string) => boolean;

/** One spelling for one meaning: runs of stars are one star. */
export function canonicalGlob(pattern: string): string {
  return pattern.replace(/\*+/g, '*');
}

export function compileGlob(pattern: string): GlobMatcher {
  const canonical = canonicalGlob(pattern);
  if (canonical === '*') return () => true;
  if (!canonical.includes('*')) return (text) => text === canonical;
  const pieces = canonical.split('*');
  const head = pieces[0] ?? '';
  const tail = pieces[pieces.length - 1] ?? '';
  const middle = pieces.slice(1, -1);
  const least = head.length + tail.length;
  return (text) => {
    if (text.length < least || !text.startsWith(head) || !text.endsWith(tail)) return false;
    let from = head.length;
    const end = text.length - tail.length;
    for (const piece of middle) {
      const at = text.indexOf(piece, from);
      if (at < 0 || at + piece.length > end) return false;
      from = at + piece.length;
    }
    return from <= end;
  };
}

const COMPILED = new Map<string, GlobMatcher>();
const COMPILED_LIMIT = 4096;

/** {@link compileGlob} with the newest patterns kept. */
export function glob(pattern: string): GlobMatcher {
  let matcher = COMPILED.get(pattern);
  if (!matcher) {
    matcher = compileGlob(pattern);
    if (COMPILED.size >= COMPILED_LIMIT) COMPILED.clear();
    COMPILED.set(pattern, matcher);
  }
  return matcher;
}

export function matchesAnyGlob(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => glob(pattern)(text));
}

/**
 * Does every name that `narrow` matches match `wide` too? Exact for this grammar: read `narrow` as a name whose stars
 * are characters that only a star can match; if `wide` matches that name, its stars can absorb whatever stands there.
 */
export function globCovers(wide: string, narrow: string): boolean {
  return glob(wide)(canonicalGlob(narrow));
}
