/**
 * Seals the audit stream as it grows, and verifies it. What is a seal stands in ../audit-chain.ts.
 *
 * One reader of the stream for all decision points: a partition is sealed by one process at a time. The head is
 * written compare-and-set before the seals, so that a process which lost its partition cannot seal beside the new one;
 * a crash in between leaves a head whose seals are made again from the same entries at the next start.
 *
 * An entry is unsealed for the moments between its append and its seal, and while no engine runs.
 */
import { keyPart } from '../../../schemas/entity.js';
import type { AuditEntry } from '../../../schemas/audit.js';
import type { Clock } from '../../runtime/clock.js';
import { StepdownError } from '../../runtime/errors.js';
import type { Log } from '../../runtime/log.js';
import { ensureKey, readKey } from '../../runtime/secret-file.js';
import type { Store, Write } from '../../runtime/store/types.js';
import type { Stream, StreamRecord, Subscription } from '../../runtime/stream/types.js';
import { untilDone } from '../../runtime/until-done.js';
import {
  type Amendment,
  amendmentOf,
  anchorOf,
  leafOf,
  type readAnchor,
  type Seal,
  sealOf,
  type Sealed,
  type Verified,
  verifyPartition,
} from '../audit-chain.js';
import { documentsUnder } from './read.js';

export interface AuditSealerOptions {
  stream: Pick<Stream, 'subscribe' | 'commit' | 'read' | 'state'>;
  store: Store;
  /** Where the key lies: 64 hex digits. Made at the first start. */
  keyFile: string;
  /** How long entries are kept, milliseconds. */
  retentionMs: number;
  clock: Clock;
  log: Log;
}

/** The seals of the last batch stand in the head too: they can be written again after a crash. */
interface Head {
  seal: Seal;
  batch: Seal[];
}

const GROUP = 'audit-sealer';
const PAGE = 1_000;
const headKey = (partition: number): string => `audit/head/${partition}`;
/** In order of the offsets. */
const sealKey = ({ partition, offset }: Pick<Seal, 'partition' | 'offset'>): string =>
  `audit/seal/${partition}/${String(offset).padStart(16, '0')}`;
const amendmentKey = (entryId: string, ordinal: number): string =>
  `audit/amended/${keyPart(entryId)}/${String(ordinal).padStart(6, '0')}`;

export class AuditSealer {
  readonly #options: AuditSealerOptions;
  #key: Buffer | undefined;
  #subscription: Subscription | undefined;
  #failed: unknown;
  #stopping = new AbortController();

  constructor(options: AuditSealerOptions) {
    this.#options = options;
  }

  /** Why nothing is sealed; `undefined`: it is, or was not begun. */
  get failure(): unknown {
    return this.#failed;
  }

  async start(): Promise<void> {
    const { stream, keyFile, log } = this.#options;
    this.#key = ensureKey(keyFile);
    this.#stopping = new AbortController();
    this.#subscription = await stream.subscribe({
      topic: 'audit',
      group: GROUP,
      from: 'earliest',
      maxBatch: 500,
      // A head that another process has written meanwhile is read again; an engine that is away is waited for.
      handler: (records) =>
        untilDone(async () => this.#seal(records), {
          signal: this.#stopping.signal,
          log,
          failed: 'audit entries could not be sealed',
        }),
      onError: (error) => {
        this.#failed = error;
        log.error({ err: error }, 'audit entries are no longer sealed');
      },
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#subscription?.stop();
    this.#subscription = undefined;
  }

  async #seal(records: StreamRecord<'audit'>[]): Promise<void> {
    const { store, stream, clock } = this.#options;
    const key = this.#key;
    const [first] = records;
    const last = records.at(-1);
    if (key === undefined || first === undefined || last === undefined) return;
    const { partition } = first;
    const [document] = await store.get<Head>([headKey(partition)]);
    const head = document?.value;
    let previous = head?.seal;
    const batch: Seal[] = [];
    for (const { offset, value } of records) {
      if (head !== undefined && offset <= head.seal.offset) continue;
      previous = sealOf(key, previous, { partition, offset, nowMs: clock.now() }, value);
      batch.push(previous);
    }
    if (previous !== undefined && batch.length > 0) {
      const [taken] = await store.write([
        {
          key: headKey(partition),
          value: { seal: previous, batch } satisfies Head,
          expectVersion: document?.version ?? 0,
        },
      ]);
      if (taken?.ok !== true)
        throw new StepdownError('store-conflict', `another process seals partition ${partition} of the audit stream`);
    }
    // Also those of the batch before: a crash may have come between its head and its seals.
    const writes: Write[] = [...(head?.batch ?? []), ...batch].map((seal) => ({ key: sealKey(seal), value: seal }));
    if (writes.length > 0) await store.write(writes);
    await stream.commit({ group: GROUP, topic: 'audit', partition, offset: last.offset });
  }

  /** The newest seal of each partition. */
  async heads(): Promise<Seal[]> {
    const heads: Seal[] = [];
    for await (const { value } of documentsUnder<Head>(this.#options.store, 'audit/head/')) heads.push(value.seal);
    return heads;
  }

  /** Reads the whole stream that is kept. Works over a stopped engine's store, if its key is there. */
  async verify(anchors: NonNullable<ReturnType<typeof readAnchor>>[] = []): Promise<Verified[]> {
    const { stream, store, keyFile, retentionMs, clock } = this.#options;
    const key = readKey(keyFile);
    if (key === undefined)
      throw new StepdownError('not-found', `There is no key at ${keyFile}: nothing was sealed here`);
    const amendments = new Map<string, Amendment[]>();
    for await (const { value } of documentsUnder<Amendment>(store, 'audit/amended/'))
      amendments.set(value.entryId, [...(amendments.get(value.entryId) ?? []), value]);
    const verified: Verified[] = [];
    for (const { partition } of await stream.state('audit')) {
      // The head first: what it covers is in the stream, and what is sealed while this reads is left for the next time.
      const [head] = await store.get<Head>([headKey(partition)]);
      const sealedTo = head?.value.seal.offset ?? Infinity;
      const entries = await this.#entries(partition);
      const seals = new Map<number, Seal>();
      for await (const { value } of documentsUnder<Seal>(store, `audit/seal/${partition}/`))
        if (value.offset <= sealedTo) seals.set(value.offset, value);
      for (const seal of head?.value.batch ?? []) if (!seals.has(seal.offset)) seals.set(seal.offset, seal);
      verified.push(
        verifyPartition(key, {
          partition,
          headed: head !== undefined,
          seals: [...seals.values()].sort((a, b) => a.offset - b.offset),
          entries,
          amendments,
          anchors,
          keptSinceMs: clock.now() - retentionMs,
        }),
      );
    }
    return verified;
  }

  async #entries(partition: number): Promise<Sealed[]> {
    const { stream } = this.#options;
    const [state] = (await stream.state('audit')).filter((each) => each.partition === partition);
    const entries: Sealed[] = [];
    for (let from = state?.start ?? 0; from < (state?.end ?? 0);) {
      const page = await stream.read('audit', { partition, from, limit: PAGE });
      entries.push(...page.map(({ offset, value }) => ({ offset, value })));
      const last = page.at(-1);
      if (last === undefined) break;
      from = last.offset + 1;
    }
    return entries;
  }

  /**
   * Before entries are changed because a user is forgotten: says under the key what each becomes. Only what is still as
   * it was sealed is amended; what someone else changed stays a fault.
   */
  async amend(change: (entry: AuditEntry) => AuditEntry | undefined): Promise<number> {
    const { stream, store, keyFile } = this.#options;
    const key = readKey(keyFile);
    if (key === undefined) return 0;
    let amended = 0;
    for (const { partition } of await stream.state('audit'))
      for (const { offset, value } of await this.#entries(partition)) {
        const after = change(value);
        if (after === undefined) continue;
        const [seal] = await store.get<Seal>([sealKey({ partition, offset })]);
        const earlier: Amendment[] = [];
        for await (const { value: each } of documentsUnder<Amendment>(store, `audit/amended/${keyPart(value.id)}/`))
          earlier.push(each);
        const was = earlier.at(-1)?.after ?? seal?.value.leaf;
        if (was !== undefined && was !== leafOf(key, value)) continue;
        await store.write([{ key: amendmentKey(value.id, earlier.length), value: amendmentOf(key, value, after) }]);
        amended += 1;
      }
    return amended;
  }

  /** Said in the log from time to time: what ships logs elsewhere anchors the chain. */
  async tell(): Promise<void> {
    const heads = await this.heads();
    if (heads.length > 0) this.#options.log.info({ anchors: heads.map(anchorOf) }, 'head of the audit chain');
  }
}
