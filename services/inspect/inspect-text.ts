/**
 * The inspector port, and the one that stands behind it now. A text is read once: verdicts are remembered by content and
 * role, so a history that is sent again with every call costs a look-up.
 */
import { LRUCache } from 'lru-cache';
import type { Inspection, TextRole } from '../../schemas/inspection.js';
import { contentHash } from '../runtime/hash.js';
import { PATTERNS_VERSION, readPatterns } from './patterns.js';

export interface Read {
  hash: string;
  verdict: Inspection['verdict'];
  /** What of the text was not read, and why (too long, nested too deep). */
  unread?: string;
}

export interface Inspector {
  readonly model: string;
  /** Pure but for its memory: the same text and role give the same verdict. */
  read(text: string, role: TextRole): Read;
  /**
   * For who can wait, where slower readers stand behind the fast ones: lets them read these texts (those of one event, which
   * share a budget), so that `read` gives their verdict from now on. The deep text model takes `withinMs` at
   * most where that is less than its budget; a judge has a timeout of its own. Never throws: what fails is said in `unread`.
   */
  readAhead?(texts: readonly { text: string; role: TextRole }[], withinMs?: number): Promise<void>;
  close?(): Promise<void>;
}

export interface InspectorOptions {
  /** Longer texts are read at their beginning and end. UTF-16 units. */
  maxChars?: number;
  /** How many verdicts are remembered. */
  remembered?: number;
  /** Whether spans carry their text; offsets and what they ask for are always there. */
  keepText?: boolean;
}

export const REMEMBERED_VERDICTS = 10_000;

export interface Part {
  text: string;
  /** Where it begins in the whole text. */
  start: number;
}

/** What of a text is read: all of it, or its beginning and its end, half of `maxChars` each. */
export function partsOf(text: string, maxChars: number): Part[] {
  if (text.length <= maxChars) return [{ text, start: 0 }];
  const half = Math.floor(maxChars / 2);
  const tailStart = text.length - half;
  return [
    { text: text.slice(0, half), start: 0 },
    { text: text.slice(tailStart), start: tailStart },
  ];
}

/** Phrases over a text, not remembered. Text from `maxChars` on is cut out of the middle: what an attacker appends or puts in front is still read. */
export function readPhrases(
  text: string,
  role: TextRole,
  hash: string,
  { maxChars = 1_000_000, keepText = true }: InspectorOptions = {},
): Read {
  const parts = partsOf(text, maxChars);
  const [head, tail] = parts as [Part, Part?];
  let probability = 0;
  let exceeded = false;
  const spans = parts.flatMap((part) => {
    const read = readPatterns(part.text, role);
    probability = Math.max(probability, read.probability);
    exceeded ||= read.exceeded;
    return read.spans.map((span) => {
      const moved = part.start === 0 ? span : { ...span, start: span.start + part.start, end: span.end + part.start };
      if (keepText) return moved;
      const { text: _text, ...rest } = moved;
      return rest;
    });
  });
  const unread =
    tail !== undefined
      ? `${tail.start - head.text.length} characters in the middle of ${text.length} were not read`
      : exceeded
        ? 'encoded layers beyond the bounds were not read'
        : undefined;
  return {
    hash,
    verdict: { kind: 'read', model: PATTERNS_VERSION, probability, spans },
    ...(unread === undefined ? {} : { unread }),
  };
}

/** Phrases alone, remembered by content and role. */
export function createInspector(options: InspectorOptions = {}): Inspector {
  const memory = new LRUCache<string, Read>({ max: options.remembered ?? REMEMBERED_VERDICTS });
  return {
    model: PATTERNS_VERSION,
    read(text, role) {
      const hash = contentHash(text);
      const key = `${role}:${hash}`;
      const known = memory.get(key);
      if (known !== undefined) return known;
      const read = readPhrases(text, role, hash, options);
      memory.set(key, read);
      return read;
    },
  };
}
