/**
 * Forward: topics → durable outbox → sinks.
 *
 * Incidents go to every sink, findings, contractions and decisions to sinks that want them. Delivery is at least once per
 * version, in order per incident; see outbox.ts for what is bounded and how.
 */
import { Value } from '@sinclair/typebox/value';
import { Contraction } from '../../schemas/contraction.js';
import type { DeadLetter } from '../../schemas/deadletter.js';
import { Incident } from '../../schemas/incident.js';
import type { Checkpoint } from '../runtime/checkpoint/types.js';
import { WallClock } from '../runtime/clock.js';
import { StepdownError } from '../runtime/errors.js';
import type { Log } from '../runtime/log.js';
import type { Service } from '../runtime/service.js';
import type { Store } from '../runtime/store/types.js';
import type { Stream } from '../runtime/stream/types.js';
import { sinkOf } from './dead-letter.js';
import { type Waiting, waitingOf } from './backlog.js';
import { Intake } from './delivery/intake.js';
import { Line, QUICK_RETRY, type QuickRetry, type SinkStatus } from './delivery/line.js';
import { OutboxDocuments } from './delivery/outbox-documents.js';
import { enqueue, type OutboxEntry, type OutboxLimits, outboxKey } from './outbox.js';
import { type ForwardRecord, versionOf } from './record.js';
import { openSinks, type SinkConfig, sinkName } from './sinks/table.js';

export type { SinkStatus } from './delivery/line.js';

const SWEEP_EVERY_MS = 6 * 3_600_000;
export const OUTBOX_LIMITS: OutboxLimits = {
  baseMs: 1_000,
  capMs: 300_000,
  maxEntries: 10_000,
  maxAgeMs: 30 * 86_400_000,
  // Longer than incidents are kept by default: a late verdict on one must not look like a new incident.
  sentKeptMs: 92 * 86_400_000,
};

export interface ForwardOptions {
  sinks: readonly SinkConfig[];
  drivers: { stream: Stream; store: Store; checkpoint: Checkpoint };
  log: Log;
  version: string;
  console?: NodeJS.WritableStream & import('node:stream').Writable;
  /** Where people reach the engine's API, for links in what is sent. */
  publicUrl?: string | undefined;
  limits?: Partial<OutboxLimits>;
  quickRetry?: Partial<QuickRetry>;
  /** Delivery lives in the outside world's time, also where the engine replays events. */
  now?: () => number;
  random?: () => number;
}

export interface Forward extends Service {
  status(): SinkStatus[];
  /** Of what waits in any sink's outbox, the longest wait, milliseconds; 0: nothing waits. For metrics. */
  oldestWaitingMs(): number;
  /** Queues again what a sink refused or what was given up. */
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
  readonly #outbox: OutboxDocuments;
  readonly #lines: Line[] = [];
  readonly #companions: Service[] = [];
  #intake: Intake | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #failed: string | undefined = 'not started';

  constructor(options: ForwardOptions) {
    this.#options = options;
    this.#limits = { ...OUTBOX_LIMITS, ...options.limits };
    this.#outbox = new OutboxDocuments(options.drivers.store);
    const wall = new WallClock();
    this.#now = options.now ?? (() => wall.now());
  }

  async start(): Promise<void> {
    const { sinks, drivers, log } = this.#options;
    const names = sinks.map(sinkName);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new StepdownError('config-invalid', `two sinks are called ${JSON.stringify(twice)}`, {
        place: { pointer: '/forward/sinks' },
        mend: 'give each sink a name of its own: its queue is kept under it',
      });
    const wanted = new Map<Line, (record: ForwardRecord) => boolean>();
    for (const [index, config] of sinks.entries()) await this.#open(config, index, wanted);
    await this.#load();
    this.#intake = new Intake({
      lines: this.#lines,
      outbox: this.#outbox,
      drivers,
      wanted: (line, record) => wanted.get(line)?.(record) ?? true,
      now: this.#now,
      log,
      onError: (topic, error) => {
        this.#failed = `the ${topic} topic cannot be read: ${error instanceof Error ? error.message : String(error)}`;
        log.error({ err: error, topic }, 'forward stopped reading');
      },
    });
    await this.#intake.start();
    for (const line of this.#lines) line.start();
    for (const companion of this.#companions) await companion.start();
    this.#sweep = setInterval(
      () =>
        void this.#outbox
          .forgetSent(this.#now() - this.#limits.sentKeptMs)
          .catch((error: unknown) => log.warn({ err: error }, 'the outbox could not be swept')),
      SWEEP_EVERY_MS,
    );
    this.#sweep.unref();
    this.#failed = undefined;
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    await this.#intake?.stop();
    for (const companion of this.#companions) await companion.stop();
    await Promise.all(this.#lines.map((line) => line.stop()));
    await this.#outbox.idle();
  }

  unready(): string | undefined {
    return this.#failed;
  }

  facts(): { sinks: SinkStatus[] } {
    return this.#companions.reduce((facts, each) => ({ ...facts, ...each.facts?.() }), { sinks: this.status() });
  }

  status(): SinkStatus[] {
    return this.#lines.map((line) => line.status(this.#now()));
  }

  oldestWaitingMs(): number {
    return this.status().reduce((oldest, { oldestAgeMs }) => Math.max(oldest, oldestAgeMs), 0);
  }

  async retry(letter: DeadLetter): Promise<{ ok: boolean; message: string }> {
    const name = sinkOf(letter);
    const line = this.#lines.find(({ sink }) => sink.name === name);
    if (line === undefined) return { ok: false, message: `there is no sink ${name} any more` };
    const record = recordIn(letter);
    if (record === undefined) return { ok: false, message: `it holds nothing that can be sent again` };
    const key = outboxKey(name, record.value);
    const outcome = await this.#outbox.exclusive(async () => {
      const [known] = await this.#outbox.read([key]);
      if (
        known !== undefined &&
        Math.max(known.sentVersion, known.record === undefined ? 0 : versionOf(known.record)) > record.value.version
      )
        return { ok: false, message: 'a later version was sent or waits' };
      const { sentDigest: _, ...rest } = known ?? ({} as Partial<OutboxEntry>);
      const again = enqueue(
        known === undefined ? undefined : { ...(rest as OutboxEntry), sentVersion: record.value.version - 1 },
        name,
        record,
        this.#now(),
      );
      if (again === undefined) return { ok: false, message: 'it waits already' };
      await this.#options.drivers.store.write([{ key, value: again }]);
      line.pump.note(key, again);
      return { ok: true, message: `queued for ${name}` };
    });
    line.wake();
    return outcome;
  }

  async #open(config: SinkConfig, index: number, wanted: Map<Line, (record: ForwardRecord) => boolean>): Promise<void> {
    const { log, version, drivers, publicUrl } = this.#options;
    const random = this.#options.random ?? Math.random;
    const opened = await openSinks(config, index, {
      product: { version },
      console: this.#options.console ?? process.stdout,
      now: this.#now,
      random,
      log,
      drivers,
      pauses: { baseMs: this.#limits.baseMs, capMs: this.#limits.capMs },
      ...(publicUrl === undefined ? {} : { publicUrl }),
    });
    if (opened.companion !== undefined) this.#companions.push(opened.companion);
    for (const { sink, limits, wants, onTaken } of opened.sinks) {
      const line = new Line({
        sink,
        outbox: this.#outbox,
        stream: drivers.stream,
        limits: { ...this.#limits, ...limits },
        quickRetry: { ...QUICK_RETRY, ...this.#options.quickRetry },
        log,
        now: this.#now,
        random,
        ...(onTaken === undefined ? {} : { onTaken }),
      });
      if (wants !== undefined) wanted.set(line, wants);
      this.#lines.push(line);
    }
  }

  async #load(): Promise<void> {
    const byName = new Map(this.#lines.map((line) => [line.sink.name, { line, entries: [] as Waiting[] }]));
    const orphans = new Map<string, number>();
    for await (const loaded of this.#outbox.all()) {
      const { entry } = loaded;
      if (entry.record === undefined) continue;
      const known = byName.get(entry.sink);
      // Only what choosing needs: the records themselves would be the whole backlog in memory.
      if (known !== undefined) known.entries.push(waitingOf(loaded.key, entry));
      else orphans.set(entry.sink, (orphans.get(entry.sink) ?? 0) + 1);
    }
    for (const { line, entries } of byName.values()) line.pump.load(entries);
    for (const [sink, count] of orphans)
      this.#options.log.warn(
        { sink, count },
        'records wait for a sink that is no longer configured; name a sink so to deliver them',
      );
  }
}

function recordIn(letter: DeadLetter): Extract<ForwardRecord, { kind: 'incident' | 'contraction' }> | undefined {
  if (letter.format === 'incident' && Value.Check(Incident, letter.payload))
    return { kind: 'incident', value: letter.payload };
  if (letter.format === 'contraction' && Value.Check(Contraction, letter.payload))
    return { kind: 'contraction', value: letter.payload };
  return undefined;
}
