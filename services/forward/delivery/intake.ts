/**
 * From a topic into the outbox. A batch is one checkpoint (entries and position together), so a sink that is down holds
 * up neither the topic nor the other sinks.
 */
import type { Checkpoint } from '../../runtime/checkpoint/types.js';
import type { Log } from '../../runtime/log.js';
import type { AnyOutgoing, Stream, StreamRecord, Subscription } from '../../runtime/stream/types.js';
import { untilDone } from '../../runtime/until-done.js';
import { enqueue, type OutboxEntry, outboxKey } from '../outbox.js';
import { type ForwardRecord, type RecordKind, TOPIC_OF, versionOf } from '../record.js';
import { newsFor } from '../sink.js';
import type { Line } from './line.js';
import type { OutboxDocuments } from './outbox-documents.js';

const GROUP = 'forward';

export interface IntakeOptions {
  lines: readonly Line[];
  outbox: OutboxDocuments;
  drivers: { stream: Stream; checkpoint: Checkpoint };
  /** Whether a line takes this record of its kind. */
  wanted: (line: Line, record: ForwardRecord) => boolean;
  now: () => number;
  log: Log;
  onError: (topic: string, error: unknown) => void;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #subscriptions: Subscription[] = [];
  readonly #stopping = new AbortController();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { lines, drivers, log, onError } = this.#options;
    for (const [kind, topic] of Object.entries(TOPIC_OF) as [RecordKind, (typeof TOPIC_OF)[RecordKind]][]) {
      const takers = lines.filter(({ sink }) => sink.takes === kind);
      // A sink that was taken out of the configuration must not hold the topic at the position where it stopped.
      const begun = (await drivers.stream.state(topic, GROUP)).some(({ committed }) => committed >= 0);
      if (takers.length === 0 && !begun && kind !== 'incident') continue;
      this.#subscriptions.push(
        await drivers.stream.subscribe({
          topic,
          group: GROUP,
          from: 'earliest',
          handler: (records) =>
            untilDone(async () => this.#take(records, takers), {
              signal: this.#stopping.signal,
              log,
              failed: `records of ${topic} could not be put into the outbox`,
            }),
          onError: (error) => onError(topic, error),
        }),
      );
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const subscription of this.#subscriptions) await subscription.stop();
  }

  async #take(batch: readonly StreamRecord[], takers: readonly Line[]): Promise<void> {
    const position = batch.at(-1);
    if (position === undefined) return;
    const { outbox, drivers, wanted, now } = this.#options;
    await outbox.exclusive(async () => {
      const records = takers.length === 0 ? [] : newest(batch);
      const targets = takers.flatMap((line) =>
        records
          .filter((record) => wanted(line, record))
          .map((record) => ({ line, record, key: outboxKey(line.sink.name, record.value) })),
      );
      const entries = targets.length === 0 ? [] : await outbox.read(targets.map(({ key }) => key));
      const nowMs = now();
      const changed = targets.flatMap((target, index) => {
        const value = enqueue(
          entries[index],
          target.line.sink.name,
          target.record,
          nowMs,
          newsFor(target.line.sink, target.record),
        );
        return value === undefined ? [] : [{ ...target, value }];
      });
      await drivers.checkpoint.commit({
        outputs: [] as AnyOutgoing[],
        writes: changed.map(({ key, value }: { key: string; value: OutboxEntry }) => ({ key, value })),
        timers: { set: [], cancel: [], done: [] },
        position: { group: GROUP, topic: position.topic, partition: position.partition, offset: position.offset },
      });
      for (const { line, key, value } of changed) line.pump.note(key, value);
    });
    for (const line of takers) line.wake();
  }
}

/** What of a topic's record can be forwarded: of findings the copy that people are shown, of the ledger the contractions. */
function recordOf({ topic, value }: StreamRecord): ForwardRecord | undefined {
  switch (topic) {
    case 'incidents':
      return { kind: 'incident', value: value as Extract<ForwardRecord, { kind: 'incident' }>['value'] };
    case 'decisions':
      return { kind: 'decision', value: value as Extract<ForwardRecord, { kind: 'decision' }>['value'] };
    case 'signals':
      return 'kind' in value && value.kind === 'finding' && value.finding.primary
        ? { kind: 'finding', value: value.finding }
        : undefined;
    case 'contractions':
      return 'kind' in value && value.kind === 'contraction'
        ? { kind: 'contraction', value: value.contraction }
        : undefined;
    case 'approvals':
      return { kind: 'approval', value: value as Extract<ForwardRecord, { kind: 'approval' }>['value'] };
    case 'telemetry':
    case 'audit':
    case 'deadletter':
      return undefined;
  }
}

/** The newest version of each noun in a batch, in order of first arrival. */
function newest(batch: readonly StreamRecord[]): ForwardRecord[] {
  const byKey = new Map<string, ForwardRecord>();
  for (const each of batch) {
    const record = recordOf(each);
    if (record === undefined) continue;
    const key = `${record.value.tenant}\u0000${record.value.id}`;
    const known = byKey.get(key);
    if (known === undefined || versionOf(known) < versionOf(record)) byKey.set(key, record);
  }
  return [...byKey.values()];
}
