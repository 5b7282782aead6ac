/** Overlapping windows over a text, so that the cost of reading is linear and a span is found wherever it stands. */
export interface Window {
  start: number;
  text: string;
}

/**
 * Windows of `size` units, each sharing `overlap` units with the one before. A phrase of up to `overlap` units is whole in
 * at least one window. A window never cuts a surrogate pair.
 */
export function* windowsOf(text: string, size = 4096, overlap = 512): Generator<Window> {
  if (text.length <= size) {
    yield { start: 0, text };
    return;
  }
  for (let start = 0; start < text.length; start += size - overlap) {
    const from = isLowSurrogate(text, start) ? start - 1 : start;
    const to = Math.min(text.length, isLowSurrogate(text, start + size) ? start + size + 1 : start + size);
    yield { start: from, text: text.slice(from, to) };
    if (to === text.length) return;
  }
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = at < text.length ? text.charCodeAt(at) : 0;
  return code >= 0xdc00 && code <= 0xdfff;
}
