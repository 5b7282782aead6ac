/**
 * A machine whose states belong to the stream key that an input came by. Where a topic has several partitions, what two
 * stream keys have in common (an agent seen by two services, a conversation over both) would have two writers; here each
 * stream key has states of its own, and every state has one writer, whatever number of partitions there is.
 *
 * Documents for people that every scope writes are its own too, and whoever shows them puts them together.
 */
import { keyPart } from '../../schemas/entity.js';
import type { Machine, StepContext, States } from './machine.js';

export interface Scoping<In> {
  scopeOf(input: In): string;
  /** Which scope a timer's payload names; `undefined`: it touches no scoped state. */
  scopeOfTimer(payload: unknown): string | undefined;
  /** States of these prefixes are the scope's own; others are not. */
  prefixes: readonly string[];
}

/** How many scopes' suffixes are remembered; a service has one, and each of its events asks several times. */
const REMEMBERED = 10_000;
const suffixes = new Map<string, string>();

/** What a scope's keys and ids end with. `@` stands in no encoded part, so a scoped key is no other's. */
function suffixOf(scope: string): string {
  let suffix = suffixes.get(scope);
  if (suffix === undefined) {
    suffix = `@${keyPart(scope)}`;
    if (suffixes.size >= REMEMBERED) suffixes.clear();
    suffixes.set(scope, suffix);
  }
  return suffix;
}

/**
 * The keys asked for last, each with what became of it: a step reads and writes the same few, and a text that is put together
 * anew has to be hashed anew by everyone who looks it up.
 */
const LATEST = 16;
const latest = Array.from({ length: LATEST }, () => ({
  prefixes: [] as readonly string[],
  suffix: '',
  key: '',
  scoped: '',
}));
let oldest = 0;

function scopedKey(prefixes: readonly string[], suffix: string, key: string): string {
  for (const known of latest)
    if (known.key === key && known.suffix === suffix && known.prefixes === prefixes) return known.scoped;
  const scoped = prefixes.some((prefix) => key.startsWith(prefix)) ? key + suffix : key;
  latest[oldest] = { prefixes, suffix, key, scoped };
  oldest = (oldest + 1) % LATEST;
  return scoped;
}

/** The states as a machine sees them that knows of no scope. */
export function scopedView(
  states: Pick<States, 'get'>,
  prefixes: readonly string[],
  scope: string,
): Pick<States, 'get'> {
  const suffix = suffixOf(scope);
  return { get: (key) => states.get(scopedKey(prefixes, suffix, key)) };
}

/** One for all steps of a machine: it is told anew before each whose context and scope it stands for. */
class ScopedContext implements StepContext {
  nowMs = 0;
  readonly states: States;
  readonly emit: StepContext['emit'];
  readonly setTimer: StepContext['setTimer'];
  readonly cancelTimer: StepContext['cancelTimer'];
  #inner: StepContext | undefined;
  #suffix = '';
  /** A timer that fires knows its scope; a step goes by what the payload names. */
  #always = false;

  constructor({ prefixes, scopeOfTimer }: Pick<Scoping<never>, 'prefixes' | 'scopeOfTimer'>) {
    const within = (): StepContext => {
      if (this.#inner === undefined) throw new Error('no step is running');
      return this.#inner;
    };
    this.states = {
      get: (key) => within().states.get(scopedKey(prefixes, this.#suffix, key)),
      set: (key, value) => within().states.set(scopedKey(prefixes, this.#suffix, key), value),
    };
    this.emit = (record) => within().emit(record);
    this.setTimer = (id, dueMs, payload) => {
      const own = this.#always || scopeOfTimer(payload) !== undefined;
      within().setTimer(own ? id + this.#suffix : id, dueMs, payload);
    };
    this.cancelTimer = (id) => {
      // A cancelled timer names no payload: both are gone then.
      if (!this.#always) within().cancelTimer(id);
      within().cancelTimer(id + this.#suffix);
    };
  }

  run(inner: StepContext, suffix: string, always: boolean, step: (context: StepContext) => void): void {
    this.#inner = inner;
    this.#suffix = suffix;
    this.#always = always;
    this.nowMs = inner.nowMs;
    try {
      step(this);
    } finally {
      this.#inner = undefined;
    }
  }
}

/** The same machine, each stream key with states and timers of its own. */
export function scopedMachine<In, M extends Machine<In>>(machine: M, scoping: Scoping<In>): M {
  const { prefixes } = scoping;
  const scopeOfTimer = (payload: unknown) => scoping.scopeOfTimer(payload);
  const scoped = new ScopedContext({ prefixes, scopeOfTimer });
  const bareId = (id: string, suffix: string) => id.slice(0, id.length - suffix.length);
  const overrides: Machine<In> = {
    name: machine.name,
    timeOf: (input) => machine.timeOf(input),
    keys(input, states) {
      const scope = scoping.scopeOf(input);
      const suffix = suffixOf(scope);
      return machine.keys(input, scopedView(states, prefixes, scope)).map((key) => scopedKey(prefixes, suffix, key));
    },
    step(input, context) {
      scoped.run(context, suffixOf(scoping.scopeOf(input)), false, (own) => machine.step(input, own));
    },
    timerKeys(timer, states) {
      const scope = scopeOfTimer(timer.payload);
      if (scope === undefined) return machine.timerKeys(timer, states);
      const suffix = suffixOf(scope);
      return machine
        .timerKeys({ ...timer, id: bareId(timer.id, suffix) }, scopedView(states, prefixes, scope))
        .map((key) => scopedKey(prefixes, suffix, key));
    },
    onTimer(timer, context) {
      const scope = scopeOfTimer(timer.payload);
      if (scope === undefined) {
        machine.onTimer(timer, context);
        return;
      }
      const suffix = suffixOf(scope);
      const bare = { ...timer, id: bareId(timer.id, suffix) };
      scoped.run(context, suffix, true, (own) => machine.onTimer(bare, own));
    },
  };
  return { ...machine, ...overrides };
}
