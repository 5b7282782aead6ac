/**
 * Approvals made durable: the book is in memory, each change goes to the store and to the `approvals` topic.
 *
 * Several gateways may keep the same approvals. A change is written compare-and-set on what the book knew when it was made;
 * where another gateway was first, the book takes over what is stored, and the change did not happen. What others have
 * written is heard of by the topic and read from the store, which is never behind it. So an answer that one gateway was
 * given releases the call that waits at another, and a leave is spent once, wherever.
 */
import { LRUCache } from 'lru-cache';
import type { Approval } from '../../../schemas/approval.js';
import { entityKey, keyPart } from '../../../schemas/entity.js';
import type { Log } from '../../runtime/log.js';
import type { Document, Store } from '../../runtime/store/types.js';
import type { Stream, Subscription } from '../../runtime/stream/types.js';
import { untilDone } from '../../runtime/until-done.js';
import type { ApprovalBook } from '../approvals.js';
import type { Outbox } from './outbox.js';

export const approvalPrefix = (tenant: string): string => `approval/${keyPart(tenant)}/`;

/** As many as the book keeps. */
const VERSIONS_KEPT = 10_000;
/** A record may reach the topic a moment after its document was read at start. */
const LOOK_BACK_MS = 60_000;

export class ApprovalKeeper {
  readonly #book: ApprovalBook;
  readonly #store: Store;
  readonly #outbox: Outbox;
  readonly #tenant: string;
  /** Of the stored document that the book's approval came from; absent: it was never stored. */
  readonly #versions = new LRUCache<string, number>({ max: VERSIONS_KEPT });
  /** Changes on their way to the store: until they are there, what is stored is older than the book. */
  readonly #keeping = new Map<string, number>();
  /** Heard of while they were being kept. */
  readonly #heard = new Set<string>();
  #stopping = new AbortController();
  #subscription: Subscription | undefined;

  constructor(options: { book: ApprovalBook; store: Store; outbox: Outbox; tenant: string }) {
    this.#book = options.book;
    this.#store = options.store;
    this.#outbox = options.outbox;
    this.#tenant = options.tenant;
  }

  /** Reads what is stored, at start. */
  async load(): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const page = await this.#store.scan<Approval>(approvalPrefix(this.#tenant), {
        limit: 500,
        ...(after === undefined ? {} : { after }),
      });
      for (const document of page) this.#adopt(document);
      after = page.at(-1)?.key;
      if (page.length < 500) return;
    }
  }

  /**
   * Hears of what other gateways change, from now on. Before {@link load}, so that nothing is missed in between.
   * @param group of this gateway alone
   */
  async follow(
    stream: Pick<Stream, 'subscribe'>,
    group: string,
    log: Log,
    onError: (error: unknown) => void,
  ): Promise<void> {
    this.#stopping = new AbortController();
    this.#subscription = await stream.subscribe({
      topic: 'approvals',
      group,
      from: 'latest',
      each: { sinceMs: LOOK_BACK_MS },
      handler: async (records) => {
        const ids = records.filter(({ value }) => value.tenant === this.#tenant).map(({ value }) => value.id);
        await untilDone(async () => this.refresh(ids), {
          signal: this.#stopping.signal,
          log,
          failed: 'approvals that changed elsewhere could not be read',
        });
      },
      onError,
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#subscription?.stop();
    this.#subscription = undefined;
  }

  /** Takes over what is stored, where another gateway may have written it. */
  async refresh(ids: readonly string[]): Promise<void> {
    const wanted = [...new Set(ids)].filter((id) => !this.#isKept(id));
    if (wanted.length === 0) return;
    const documents = await this.#store.get<Approval>(wanted.map((id) => this.#key(id)));
    documents.forEach((document, index) => {
      // What was changed here while it was read goes to the store by itself, and is compared there.
      if (document !== undefined && !this.#isKept(wanted[index] ?? '')) this.#adopt(document);
    });
  }

  /**
   * Resolves with true when durable, with false where another gateway has changed it since; the book then has what that one
   * wrote.
   */
  async keep(approval: Approval): Promise<boolean> {
    const { id } = approval;
    const expectVersion = this.#versions.get(id) ?? 0;
    this.#keeping.set(id, (this.#keeping.get(id) ?? 0) + 1);
    try {
      const [outcome] = await this.#store.write([{ key: this.#key(id), value: approval, expectVersion }]);
      if (outcome?.ok !== true) {
        const current = outcome?.current as Document<Approval> | undefined;
        if (current !== undefined) this.#adopt(current);
        return false;
      }
      this.#versions.set(id, outcome.version);
    } finally {
      const left = (this.#keeping.get(id) ?? 1) - 1;
      if (left > 0) this.#keeping.set(id, left);
      else this.#keeping.delete(id);
    }
    this.#outbox.offer({
      topic: 'approvals',
      key: entityKey({ tenant: approval.tenant, type: 'session', id: approval.sessionId }),
      value: approval,
    });
    if (!this.#keeping.has(id) && this.#heard.delete(id)) await this.refresh([id]);
    return true;
  }

  #isKept(id: string): boolean {
    if (!this.#keeping.has(id)) return false;
    this.#heard.add(id);
    return true;
  }

  #adopt({ value, version }: Document<Approval>): void {
    this.#book.put(value);
    this.#versions.set(value.id, version);
  }

  #key(id: string): string {
    return `${approvalPrefix(this.#tenant)}${keyPart(id)}`;
  }
}
