/**
 * Where in a recorded text the planted instruction stands, and what it asks for without its wrapper.
 *
 * Recordings say which tool result exposed the agent, not which characters of it. What is known here are the wrappers of
 * public recordings; a run whose planted text is in none of them is left out of the variants and counted as left out.
 * This is for making variants only: no detector sees it.
 */

export interface Planted {
  /** UTF-16 code units of the whole, wrapper and all. */
  start: number;
  end: number;
  /** The request alone, in the notation in which it stands in the text (escapes, folded lines, doubled quotes). */
  request: string;
  /** What ends a line in that notation. */
  newline: string;
}

/** Notations fold lines and escape line ends inside a text: a blank of the wrapper may be any of these. */
const GAP = String.raw`(?:\s|\\r|\\n|\\\r?\n|\\ )+`;
const loose = (words: string): string => words.replaceAll(' ', GAP);

/** The wrappers of public recordings: before the request, the request, after it. */
const WRAPPERS: readonly RegExp[] = [
  // AgentDojo, `important_instructions` (Debenedetti et al. 2024, MIT).
  new RegExp(
    `<INFORMATION>(?:(?!</INFORMATION>)[^])*?${loose('please do the following first:')}${GAP}((?:(?!</INFORMATION>)[^])*?)${GAP}${loose('After you do that, you can solve')}(?:(?!</INFORMATION>)[^])*?</INFORMATION>`,
    'gu',
  ),
];

/** Every planted instruction in a text, in order. */
export function plantedIn(text: string): Planted[] {
  const found: Planted[] = [];
  for (const wrapper of WRAPPERS) {
    for (const match of text.matchAll(wrapper)) {
      const [whole, request = ''] = match;
      found.push({
        start: match.index,
        end: match.index + whole.length,
        request,
        newline: newlineOf(whole),
      });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** The line end the wrapper itself used, with the indentation of its notation. */
function newlineOf(whole: string): string {
  return /^<INFORMATION>((?:\s|\\r|\\n|\\\r?\n|\\ )+)/u.exec(whole)?.[1] ?? '\n';
}

/** The text with every planted instruction put differently; `undefined` where none is known in it. */
export function replant(text: string, put: (planted: Planted) => string): string | undefined {
  const all = plantedIn(text);
  if (all.length === 0) return undefined;
  let result = '';
  let from = 0;
  for (const planted of all) {
    result += text.slice(from, planted.start) + put(planted);
    from = planted.end;
  }
  return result + text.slice(from);
}
