/**
 * A machine whose states belong to the stream key that an input came by. Where a topic has several partitions, what two
 * stream keys have in common (an agent seen by two services, a conversation over both) would have two writers; here each
 * stream key has states of its own, and every state has one writer, whatever number of partitions there is.
 *
 * Documents for people that every scope writes are its own too, and whoever shows them puts them together.
 */
import { keyPart } from '../../schemas/entity.js';
import type { Machine, States } from './machine.js';

export interface Scoping<In> {
  scopeOf(input: In): string;
  /** Which scope a timer's payload names; `undefined`: it touches no scoped state. */
  scopeOfTimer(payload: unknown): string | undefined;
  /** States of these prefixes are the scope's own; others are not. */
  prefixes: readonly string[];
}

/** `@` stands in no encoded part, so a scoped key is no other's. */
function scopedKey(prefixes: readonly string[], scope: string, key: string): string {
  return prefixes.some((prefix) => key.startsWith(prefix)) ? `${key}@${keyPart(scope)}` : key;
}

/** The states as a machine sees them that knows of no scope. */
export function scopedView(
  states: Pick<States, 'get'>,
  prefixes: readonly string[],
  scope: string,
): Pick<States, 'get'> {
  return { get: (key) => states.get(scopedKey(prefixes, scope, key)) };
}

/** The same machine, each stream key with states and timers of its own. */
export function scopedMachine<In, M extends Machine<In>>(machine: M, scoping: Scoping<In>): M {
  const { prefixes } = scoping;
  const scopeOf = (input: In) => scoping.scopeOf(input);
  const scopeOfTimer = (payload: unknown) => scoping.scopeOfTimer(payload);
  const scoped = (states: States, scope: string): States => ({
    ...scopedView(states, prefixes, scope),
    set: (key, value) => states.set(scopedKey(prefixes, scope, key), value),
  });
  const ownId = (id: string, scope: string) => `${id}@${keyPart(scope)}`;
  const bareId = (id: string, scope: string) => id.slice(0, id.length - ownId('', scope).length);
  const overrides: Machine<In> = {
    name: machine.name,
    timeOf: (input) => machine.timeOf(input),
    keys(input, states) {
      const scope = scopeOf(input);
      return machine.keys(input, scopedView(states, prefixes, scope)).map((key) => scopedKey(prefixes, scope, key));
    },
    step(input, context) {
      const scope = scopeOf(input);
      machine.step(input, {
        ...context,
        states: scoped(context.states, scope),
        setTimer: (id, dueMs, payload) =>
          context.setTimer(scopeOfTimer(payload) === undefined ? id : ownId(id, scope), dueMs, payload),
        // A cancelled timer names no payload: both are gone then.
        cancelTimer: (id) => {
          context.cancelTimer(id);
          context.cancelTimer(ownId(id, scope));
        },
      });
    },
    timerKeys(timer, states) {
      const scope = scopeOfTimer(timer.payload);
      if (scope === undefined) return machine.timerKeys(timer, states);
      return machine
        .timerKeys({ ...timer, id: bareId(timer.id, scope) }, scopedView(states, prefixes, scope))
        .map((key) => scopedKey(prefixes, scope, key));
    },
    onTimer(timer, context) {
      const scope = scopeOfTimer(timer.payload);
      if (scope === undefined) {
        machine.onTimer(timer, context);
        return;
      }
      machine.onTimer(
        { ...timer, id: bareId(timer.id, scope) },
        {
          ...context,
          states: scoped(context.states, scope),
          setTimer: (id, dueMs, payload) => context.setTimer(ownId(id, scope), dueMs, payload),
          cancelTimer: (id) => context.cancelTimer(ownId(id, scope)),
        },
      );
    },
  };
  return { ...machine, ...overrides };
}
