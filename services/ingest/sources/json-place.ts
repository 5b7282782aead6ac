/** Where JSON stops being JSON. */

export type JsonRead = { ok: true; value: unknown } | { ok: false; message: string; offset: number };

/** Parses a text; a failure says at which character, as far as the engine tells. */
export function readJson(text: string): JsonRead {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    const message = error instanceof Error ? error.message : 'not JSON';
    const position = /at position (\d+)/.exec(message)?.[1];
    const offset =
      position === undefined ? (/end of JSON input/i.test(message) ? text.length : firstFault(text)) : Number(position);
    // The engine's message quotes the input, which may be anything anyone said.
    const what = /end of JSON input/i.test(message) ? 'the JSON ends too early' : 'not JSON';
    return { ok: false, message: what, offset };
  }
}

/** Where the engine names no position: the first character that cannot begin a value. */
function firstFault(text: string): number {
  const start = /\S/.exec(text);
  return start?.index ?? 0;
}
