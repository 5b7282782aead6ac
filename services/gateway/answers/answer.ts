/**
 * A person's answer from outside the API, as it comes out of a signed request, whatever the chat. Pure.
 *
 * A format first proves that the request comes from who holds the secret, is fresh, and only then reads it: `refused` says
 * why it is not believed, `unclear` (of a request that is genuine) what a person should write instead.
 */
export interface SignedRequest {
  headers: Readonly<Record<string, string | undefined>>;
  /** The body's text as it came: what was signed. */
  text: string;
  secret: string;
  nowMs: number;
}

export interface Answer {
  verb: 'approve' | 'deny';
  kind: 'call' | 'contraction';
  /** Its id, or the beginning of it. */
  id: string;
  /** Who says so, as the chat knows them. */
  user: string;
  reason: string | undefined;
}

export type ReadAnswer =
  | { kind: 'answer'; answer: Answer; once: string }
  /** `once` names the request: one that comes again is a replay. */
  | { kind: 'unclear'; why: string; user?: string }
  | { kind: 'refused'; why: string };

/** How far a request's time may be from ours. */
export const TOLERANCE_MS = 5 * 60_000;
export const MAX_REASON = 500;

/** `undefined`: fresh. */
export function staleness(atMs: number, nowMs: number): string | undefined {
  if (!Number.isFinite(atMs)) return 'it carries no time';
  return Math.abs(nowMs - atMs) > TOLERANCE_MS
    ? `its time is ${Math.round(Math.abs(nowMs - atMs) / 1000)} s from ours`
    : undefined;
}

const ANSWER = /\b(approve|deny)\s+(call|contraction)\s+([A-Za-z0-9_-]{6,128})(?:\s*[:,–-]\s*|\s+|$)([\s\S]*)$/i;

/** `approve call 77c0…: known receiver`, as a person writes it. */
export function answerIn(text: string, user: string): Answer | undefined {
  const [, verb, kind, id, reason] = ANSWER.exec(text) ?? [];
  if (verb === undefined || kind === undefined || id === undefined) return undefined;
  return {
    verb: verb.toLowerCase() as Answer['verb'],
    kind: kind.toLowerCase() as Answer['kind'],
    id,
    user,
    reason: reasonOf(reason),
  };
}

export function reasonOf(text: unknown): string | undefined {
  const reason = typeof text === 'string' ? text.trim().slice(0, MAX_REASON) : '';
  return reason === '' ? undefined : reason;
}

export const HOW = 'write `approve call ID: why` or `deny contraction ID: why`';
