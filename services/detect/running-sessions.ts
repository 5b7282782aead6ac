/**
 * Amounts of an agent's running sessions, kept with the agent. Detection does not see the end of a conversation that
 * simply stops; so an agent's few latest sessions are kept here, and the least lately active one is given to the baseline
 * when a new one needs its place.
 */
import { itemHash } from './item-hash.js';

export interface RunningSession<T> {
  /** Hash of the session's id. */
  k: string;
  v: T;
  /** Something was flagged in it: it trains nothing. */
  f?: 1;
}

/** An agent rarely serves more at once, and a session that is pushed out early only counts as two shorter ones. */
const MAX_RUNNING = 4;

/**
 * The running session's entry, made where there is none; moves it to the end. `onClosed` is given what had to leave,
 * unless it was flagged.
 */
export function runningSession<T>(
  sessions: RunningSession<T>[],
  sessionId: string,
  make: () => T,
  onClosed: (amounts: T) => void,
): RunningSession<T> {
  const key = itemHash(sessionId);
  const at = sessions.findIndex(({ k }) => k === key);
  if (at >= 0) {
    const known = sessions[at] as RunningSession<T>;
    if (at < sessions.length - 1) {
      sessions.splice(at, 1);
      sessions.push(known);
    }
    return known;
  }
  if (sessions.length >= MAX_RUNNING) {
    const closed = sessions.shift() as RunningSession<T>;
    if (closed.f === undefined) onClosed(closed.v);
  }
  const entry: RunningSession<T> = { k: key, v: make() };
  sessions.push(entry);
  return entry;
}

/** Looks without changing anything. */
export function findRunning<T>(
  sessions: readonly RunningSession<T>[] | undefined,
  sessionId: string,
): RunningSession<T> | undefined {
  if (sessions === undefined) return undefined;
  const key = itemHash(sessionId);
  return sessions.find(({ k }) => k === key);
}
