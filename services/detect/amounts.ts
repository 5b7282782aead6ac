/** Amounts of an event that detectors count: characters that leave or come in. */
import type { EventOf } from '../../schemas/event.js';

/** Values deeper or more than this are not counted one by one: hostile arguments cost no more than large ones. */
const MAX_VALUES = 2000;

/** Characters of a JSON value's texts and numbers, without its punctuation. */
export function charsOf(value: unknown): number {
  let chars = 0;
  let left = MAX_VALUES;
  const stack: unknown[] = [value];
  while (stack.length > 0 && left > 0) {
    left -= 1;
    const next = stack.pop();
    if (typeof next === 'string') chars += next.length;
    else if (typeof next === 'number') chars += 8;
    else if (Array.isArray(next)) for (const each of next) stack.push(each);
    else if (next !== null && typeof next === 'object')
      for (const each of Object.values(next as Record<string, unknown>)) stack.push(each);
  }
  return chars;
}

/** Characters a tool gave back; 0 where neither text nor length was sent. */
export const resultChars = (event: EventOf<'tool.result'>): number => event.chars ?? event.text?.length ?? 0;
