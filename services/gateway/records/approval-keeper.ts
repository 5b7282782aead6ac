/** Approvals made durable: the book is in memory, each change goes to the store and to the `approvals` topic. */
import type { Approval } from '../../../schemas/approval.js';
import { entityKey, keyPart } from '../../../schemas/entity.js';
import { StepdownError } from '../../runtime/errors.js';
import type { Store } from '../../runtime/store/types.js';
import type { ApprovalBook } from '../approvals.js';
import type { Outbox } from './outbox.js';

export const approvalPrefix = (tenant: string): string => `approval/${keyPart(tenant)}/`;

export class ApprovalKeeper {
  readonly #book: ApprovalBook;
  readonly #store: Store;
  readonly #outbox: Outbox;
  readonly #tenant: string;

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
      for (const document of page) this.#book.put(document.value);
      after = page.at(-1)?.key;
      if (page.length < 500) return;
    }
  }

  /** Resolves when durable. */
  async keep(approval: Approval): Promise<void> {
    const key = `${approvalPrefix(approval.tenant)}${keyPart(approval.id)}`;
    const [outcome] = await this.#store.write([{ key, value: approval }]);
    if (outcome?.ok !== true)
      throw new StepdownError('store-conflict', 'The approval was changed by someone else; try again');
    this.#outbox.offer({
      topic: 'approvals',
      key: entityKey({ tenant: approval.tenant, type: 'session', id: approval.sessionId }),
      value: approval,
    });
  }
}
