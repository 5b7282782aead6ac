/**
 * Forward: the incidents topic → durable outbox → sinks.
 *
 * Taking an incident over from the topic is one checkpoint (outbox entries and position together), so a sink that is down
 * holds up neither the topic nor the other sinks. Delivery is at least once per incident version, in order per incident.
 */
import { Value } from '@sinclair/typebox/value';
import type { DeadLetter } from '../../schemas/deadletter.js';
import { Incident } from '../../schemas/incident.js';
import type { Checkpoint } from '../runtime/checkpoint/types.js';
import { WallClock } from '../runtime/clock.js';
import { StepdownError } from '../runtime/errors.js';
import type { Log } from '../runtime/log.js';
import type { Service } from '../runtime/service.js';
import type { Store } from '../runtime/store/types.js';
import type { Stream, StreamRecord, Subscription } from '../runtime/stream/types.js';
import { LETTER_FORMAT, sinkOf, undeliverable } from './dead-letter.js';
import { enqueue, OUTBOX_PREFIX, type OutboxEntry, type OutboxLimits, outboxKey } from './outbox.js';
import { type OutboxStore, Pump } from './pump.js';
import { retrying } from './retry.js';
import { type Sink } from './sink.js';
import { openSink, type SinkConfig, sinkName } from './sinks/table.js';

const GROUP = 'forward';
const SCAN_PAGE = 500;
const SWEEP_EVERY_MS = 6 * 3_600_000;
/** Within a send: hiccups. Beyond: the outbox. */
const QUICK_RETRY = { baseMs: 200, capMs: 5_000, deadlineMs: 20_000 };
export const OUTBOX_LIMITS: OutboxLimits = {
  baseMs: 1_000,
  capMs: 300_000,
  maxEntries: 10_000,
  maxAgeMs: 30 * 86_400_000,
  sentKeptMs: 7 * 86_400_000,
};

export interface ForwardOptions {
  sinks: readonly SinkConfig[];
  drivers: { stream: Stream; store: Store; checkpoint: Checkpoint };
  log: Log;
  version: string;
  console?: NodeJS.WritableStream & import('node:stream').Writable;
  limits?: Partial<OutboxLimits>;
  quickRetry?: Partial<typeof QUICK_RETRY>;
  /** Delivery lives in the outside world's time, also where the engine replays events. */
  now?: () => number;
  random?: () => number;
}

export interface SinkStatus {
  sink: string;
  /** Incidents that are not delivered yet. */
  waiting: number;
  /** Of the one that waits longest; 0 where none does. */
  oldestAgeMs: number;
  lastError?: string;
}

export interface Forward extends Service {
  status(): SinkStatus[];
  /** Queues an incident again that a sink refused or that was given up. */
  retry(letter: DeadLetter): Promise<{ ok: boolean; message: string }>;
}

export function createForward(options: ForwardOptions): Forward {
  return new ForwardService(options);
}

class ForwardService implements Forward {
  readonly name = 'forward';
  readonly #options: ForwardOptions;
  readonly #limits: OutboxLimits;
  readonly #now: () => number;
  readonly #lines: { sink: Sink; pump: Pump; wake: Wake; running?: Promise<void> }[] = [];
  #lock: Promise<unknown> = Promise.resolve();
  #subscription: Subscription | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #stopping = false;
  #failed: string | undefined = 'not started';

  constructor(options: ForwardOptions) {
    this.#options = options;
    this.#limits = { ...OUTBOX_LIMITS, ...options.limits };
    const wall = new WallClock();
    this.#now = options.now ?? (() => wall.now());
  }

  async start(): Promise<void> {
    const { sinks, drivers } = this.#options;
    const names = sinks.map(sinkName);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new StepdownError('config-invalid', `two sinks are called ${JSON.stringify(twice)}`, {
        place: { pointer: '/forward/sinks' },
        mend: 'give each sink a name of its own: its queue is kept under it',
      });
    for (const [index, config] of sinks.entries()) this.#open(config, index);
    await this.#load();
    this.#subscription = await drivers.stream.subscribe({
      topic: 'incidents',
      group: GROUP,
      from: 'earliest',
      handler: (records) => this.#take(records),
      onError: (error) => {
        this.#failed = `the incidents topic cannot be read: ${error instanceof Error ? error.message : String(error)}`;
        this.#options.log.error({ err: error }, 'forward stopped reading incidents');
      },
    });
    for (const line of this.#lines) {
      line.running = line.pump.run().catch((error: unknown) => {
        this.#failed = `sink ${line.sink.name} stopped`;
        this.#options.log.error({ err: error, sink: line.sink.name }, 'a sink stopped');
      });
    }
    this.#sweep = setInterval(
      () =>
        void this.#forgetSent().catch((error: unknown) =>
          this.#options.log.warn({ err: error }, 'the outbox could not be swept'),
        ),
      SWEEP_EVERY_MS,
    );
    this.#sweep.unref();
    this.#failed = undefined;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#sweep);
    await this.#subscription?.stop();
    for (const line of this.#lines) line.wake.stop();
    for (const line of this.#lines) {
      await line.running;
      await line.sink.close();
    }
    await this.#lock;
  }

  unready(): string | undefined {
    return this.#failed;
  }

  facts(): { sinks: SinkStatus[] } {
    return { sinks: this.status() };
  }

  status(): SinkStatus[] {
    const nowMs = this.#now();
    return this.#lines.map(({ sink, pump }) => ({
      sink: sink.name,
      waiting: pump.waiting,
      oldestAgeMs: pump.oldestAgeMs(nowMs),
      ...(pump.lastError === undefined ? {} : { lastError: pump.lastError }),
    }));
  }

  async retry(letter: DeadLetter): Promise<{ ok: boolean; message: string }> {
    const name = sinkOf(letter);
    const line = this.#lines.find(({ sink }) => sink.name === name);
    if (line === undefined) return { ok: false, message: `there is no sink ${name} any more` };
    if (letter.format !== LETTER_FORMAT || !Value.Check(Incident, letter.payload))
      return { ok: false, message: 'it holds no incident' };
    const incident = letter.payload;
    const key = outboxKey(name, incident);
    const outcome = await this.#exclusive(async () => {
      const { store } = this.#options.drivers;
      const [document] = await store.get<OutboxEntry>([key]);
      const known = document?.value;
      if (known !== undefined && Math.max(known.sentVersion, known.incident?.version ?? 0) > incident.version)
        return { ok: false, message: 'a later version was sent or waits' };
      const again = enqueue(
        known === undefined ? undefined : { ...known, sentVersion: incident.version - 1 },
        name,
        incident,
        this.#now(),
      );
      if (again === undefined) return { ok: false, message: 'it waits already' };
      await store.write([{ key, value: again }]);
      line.pump.note(key, again);
      return { ok: true, message: `queued for ${name}` };
    });
    line.wake.now();
    return outcome;
  }

  #open(config: SinkConfig, index: number): void {
    const { log, version } = this.#options;
    const random = this.#options.random ?? Math.random;
    const wake = new Wake();
    const stopped = () => this.#stopping;
    const bare = openSink(config, index, {
      product: { version },
      console: this.#options.console ?? process.stdout,
      now: this.#now,
    });
    // The quick retry has its own sleep: an incident that arrives must not cut a pause short that the receiver asked for.
    const pause = new Wake();
    const sink = retrying(bare, {
      ...QUICK_RETRY,
      ...this.#options.quickRetry,
      now: this.#now,
      random,
      stopped,
      sleep: (ms) => Promise.race([pause.after(ms), wake.stopped]),
    });
    const pump = new Pump({
      sink,
      store: this.#outbox(),
      limits: {
        ...this.#limits,
        ...('deadlineMs' in config && config.deadlineMs !== undefined ? { maxAgeMs: config.deadlineMs } : {}),
      },
      now: this.#now,
      random,
      stopped,
      sleep: (ms) => wake.after(ms),
      onDropped: (entry, reason) => this.#deadLetter(entry, reason),
      onOutcome: (outcome, count) => {
        if (outcome.kind !== 'success')
          log.warn(
            { sink: sink.name, count, outcome: outcome.kind, reason: outcome.reason },
            'incidents not delivered',
          );
      },
    });
    this.#lines.push({ sink, pump, wake });
  }

  /** One change of the outbox at a time: taking over and settling never overwrite each other. */
  async #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lock.then(work);
    this.#lock = result.catch(() => undefined);
    return result;
  }

  #outbox(): OutboxStore {
    const { store } = this.#options.drivers;
    return {
      read: async (keys) => (await store.get<OutboxEntry>(keys)).map((document) => document?.value),
      change: (key, change) =>
        this.#exclusive(async () => {
          const [document] = await store.get<OutboxEntry>([key]);
          if (document === undefined) return undefined;
          const value = change(document.value);
          await store.write([{ key, value }]);
          return value;
        }),
    };
  }

  async #load(): Promise<void> {
    const pumps = new Map(this.#lines.map((line) => [line.sink.name, line.pump]));
    const orphans = new Set<string>();
    for await (const { key, value } of this.#scan()) {
      const pump = pumps.get(value.sink);
      if (pump !== undefined) pump.note(key, value);
      else if (value.incident !== undefined) orphans.add(value.sink);
    }
    for (const sink of orphans)
      this.#options.log.warn(
        { sink },
        'incidents wait for a sink that is no longer configured; name a sink so to deliver them',
      );
  }

  async *#scan(): AsyncGenerator<{ key: string; value: OutboxEntry }> {
    for (let after: string | undefined; ;) {
      const page = await this.#options.drivers.store.scan<OutboxEntry>(OUTBOX_PREFIX, {
        limit: SCAN_PAGE,
        ...(after === undefined ? {} : { after }),
      });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < SCAN_PAGE) return;
      after = last.key;
    }
  }

  async #take(records: readonly StreamRecord<'incidents'>[]): Promise<void> {
    const position = records.at(-1);
    if (position === undefined) return;
    await this.#exclusive(async () => {
      const { store, checkpoint } = this.#options.drivers;
      const incidents = newest(records);
      const targets = this.#lines.flatMap((line) =>
        incidents.map((incident) => ({ line, incident, key: outboxKey(line.sink.name, incident) })),
      );
      const documents = await store.get<OutboxEntry>(targets.map(({ key }) => key));
      const nowMs = this.#now();
      const changed = targets.flatMap((target, index) => {
        const value = enqueue(documents[index]?.value, target.line.sink.name, target.incident, nowMs);
        return value === undefined ? [] : [{ ...target, value }];
      });
      await checkpoint.commit({
        outputs: [],
        writes: changed.map(({ key, value }) => ({ key, value })),
        timers: { set: [], cancel: [], done: [] },
        position: { group: GROUP, topic: 'incidents', partition: position.partition, offset: position.offset },
      });
      for (const { line, key, value } of changed) line.pump.note(key, value);
    });
    for (const { wake } of this.#lines) wake.now();
  }

  async #deadLetter(entry: OutboxEntry, reason: string): Promise<void> {
    const incident = entry.incident;
    if (incident === undefined) return;
    this.#options.log.error(
      { sink: entry.sink, incident: incident.id, version: incident.version, reason },
      'an incident was not delivered and is kept as a dead letter',
    );
    const letter = undeliverable(entry, incident, reason, this.#now());
    await this.#options.drivers.stream.append([{ topic: 'deadletter', key: letter.id, value: letter }]);
  }

  /** The mark "sent up to version n" is needed while repeats may come; afterwards it goes. */
  async #forgetSent(): Promise<void> {
    const before = this.#now() - this.#limits.sentKeptMs;
    for await (const { key, value } of this.#scan()) {
      if (value.incident !== undefined || (value.sentAtMs ?? 0) > before) continue;
      await this.#exclusive(async () => {
        const [document] = await this.#options.drivers.store.get<OutboxEntry>([key]);
        if (document?.value.incident === undefined)
          await this.#options.drivers.store.write([{ key, value: undefined }]);
      });
    }
  }
}

/** The newest version of each incident in a batch, in order of first arrival. */
function newest(records: readonly StreamRecord<'incidents'>[]): Incident[] {
  const byKey = new Map<string, Incident>();
  for (const { value } of records) {
    const key = `${value.tenant}\u0000${value.id}`;
    const known = byKey.get(key);
    if (known === undefined || known.version < value.version) byKey.set(key, value);
  }
  return [...byKey.values()];
}

/** A sleep that can be ended. */
class Wake {
  #end: (() => void) | undefined;
  #pending = false;
  #stop: () => void = () => undefined;
  readonly stopped = new Promise<void>((resolve) => {
    this.#stop = resolve;
  });

  now(): void {
    if (this.#end === undefined) this.#pending = true;
    else this.#end();
  }

  stop(): void {
    this.#stop();
    this.now();
  }

  async after(ms: number): Promise<void> {
    if (this.#pending) {
      this.#pending = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
      const end = () => done();
      this.#end = end;
      function done(this: void) {
        clearTimeout(timer);
        resolve();
      }
    });
    this.#end = undefined;
  }
}
