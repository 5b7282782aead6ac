/**
 * Taking a person out of what is stored. Pure. The id becomes a pseudonym that nothing ties to the person; what the
 * person's conversations said goes; what happened (which tool, which finding, which restriction) stays, so that an
 * incident's story still holds.
 */
import type { TelemetryEvent } from '../../schemas/event.js';

/** Shorter ids are replaced only where they stand alone: as a part of other words they mean something else. */
const WITHIN_TEXT_FROM = 4;

/** The value with every mention of the id replaced; the very same value where there is none. */
export function forgetIn<T>(value: T, userId: string, pseudonym: string): T {
  return replaced(value, userId, pseudonym) as T;
}

function replaced(value: unknown, userId: string, pseudonym: string): unknown {
  if (typeof value === 'string') {
    if (value === userId) return pseudonym;
    if (userId.length < WITHIN_TEXT_FROM || !mentions(value, userId)) return value;
    return value.replaceAll(userId, pseudonym).replaceAll(encodeURIComponent(userId), pseudonym);
  }
  if (Array.isArray(value)) {
    let changed = false;
    const items = value.map((item: unknown) => {
      const next = replaced(item, userId, pseudonym);
      changed ||= next !== item;
      return next;
    });
    return changed ? items : value;
  }
  if (value === null || typeof value !== 'object') return value;
  let changed = false;
  const entries = Object.entries(value).map(([key, item]: [string, unknown]) => {
    const next = replaced(item, userId, pseudonym);
    const name = replaced(key, userId, pseudonym) as string;
    changed ||= next !== item || name !== key;
    return [name, next] as const;
  });
  return changed ? Object.fromEntries(entries) : value;
}

const mentions = (text: string, userId: string): boolean =>
  text.includes(userId) || text.includes(encodeURIComponent(userId));

const CONTENT = ['text', 'messages', 'documents', 'query', 'arguments', 'inspections', 'toolCalls'] as const;

/** An event of the person's, without what was said in it; `undefined` where the event has nothing of the person. */
export function forgetEvent(event: TelemetryEvent, userId: string, pseudonym: string): TelemetryEvent | undefined {
  if (event.user?.id !== userId) {
    const changed = forgetIn(event, userId, pseudonym);
    return changed === event ? undefined : changed;
  }
  const bare: Record<string, unknown> = { ...event };
  for (const name of CONTENT) delete bare[name];
  bare['skipped'] = [...(event.skipped ?? []), { check: 'content', reason: 'the user was forgotten' }];
  return forgetIn(bare as TelemetryEvent, userId, pseudonym);
}
