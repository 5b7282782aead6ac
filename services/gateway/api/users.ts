/**
 * `DELETE /v1/users/{id}`: forgets a person. Says what was changed, and what was not and why.
 *
 * Documents that another service may hold in memory are written compare-and-set: its own next write then fails, and it
 * reads again what is left (runtime/state-cache.ts). Restrictions on the person are lifted first, by response itself.
 */
import { randomBytes } from 'node:crypto';
import type { Contraction } from '../../../schemas/contraction.js';
import { entityKey } from '../../../schemas/entity.js';
import { type Topic, TOPICS } from '../../../schemas/topics.js';
import { StepdownError } from '../../runtime/errors.js';
import type { Upkeep } from '../../runtime/drivers.js';
import type { Document, Store } from '../../runtime/store/types.js';
import type { Engine } from '../engine.js';
import { forgetEvent, forgetIn } from '../forgetting.js';
import { ok, type Reply } from '../http/message.js';
import type { Call, Route } from '../http/router.js';
import type { AuditSealer } from '../records/audit-sealer.js';
import { documentsUnder, part } from '../records/read.js';

interface Remaining {
  where: string;
  why: string;
}

const ATTEMPTS = 5;
const PAGE = 500;

export function userRoutes(engine: Engine, sealer: AuditSealer): Route[] {
  const tenant = part(engine.config.tenant);

  const forget = async (call: Call): Promise<Reply> => {
    engine.mustRun();
    const userId = call.params['id'] ?? '';
    if (userId.length > 512) throw new StepdownError('input-malformed', 'A user id has at most 512 characters');
    const reason = call.query.get('reason') ?? 'requested';
    const pseudonym = `forgotten-${randomBytes(8).toString('hex')}`;
    // Written down before anything is touched, and without the id that is to be forgotten.
    await engine.audit(call.principal, 'user.forget', pseudonym, reason, 'begun');

    const { upkeep } = engine.drivers;
    let lifted = 0;
    let documents = 0;
    const records: Partial<Record<Topic, number>> = {};
    // Under the name it has here, and as it was sent: that may stand in texts.
    for (const id of new Set([engine.userNames(userId), userId])) {
      lifted += await liftAll(engine, call, id, reason);
      documents += await forgetDocuments(engine, id, pseudonym);
      for (const approval of engine.point.approvals.all())
        engine.point.approvals.restore(forgetIn(approval, id, pseudonym));
      if (upkeep === undefined) continue;
      // What the seals of changed entries become is said under the key before any of them changes.
      await sealer.amend((entry) => changedBy(entry, id, pseudonym));
      for (const [topic, count] of await forgetRecords(upkeep, id, pseudonym))
        records[topic] = (records[topic] ?? 0) + count;
    }

    const remaining: Remaining[] = [
      {
        where: 'detection states of its conversations',
        why: "words that tell the user's instructions from others stay, without the id, until the state is dropped",
      },
      { where: 'what was forwarded', why: 'incidents that left for a sink cannot be called back' },
    ];
    if (upkeep === undefined)
      remaining.push({ where: 'streams', why: 'this stream cannot change what was appended; retention drops it' });
    await engine.audit(call.principal, 'user.forget', pseudonym, reason, `done: ${documents} documents`);
    return ok({ pseudonym, lifted, documents, records, remaining });
  };

  const liftAll = async (of: Engine, call: Call, userId: string, reason: string): Promise<number> => {
    const onUser: string[] = [];
    for await (const { value } of documentsUnder<Contraction>(of.drivers.store, `contraction/live/${tenant}/`))
      if (value.target.type === 'user' && value.target.id === userId) onUser.push(value.id);
    for (const id of onUser) {
      const outcome = await of.command(
        { do: 'lift', contractionId: id },
        call.principal,
        `the user is forgotten: ${reason}`,
        of.newId(),
      );
      if (outcome.kind !== 'done')
        throw new StepdownError('conflict', `The contraction ${id} on this user could not be lifted`);
    }
    return onUser.length;
  };

  return [{ method: 'DELETE', path: '/v1/users/:id', right: 'administer', run: forget }];
}

/** How many documents were changed or removed. */
async function forgetDocuments(engine: Engine, userId: string, pseudonym: string): Promise<number> {
  const { store } = engine.drivers;
  const tenant = part(engine.config.tenant);
  const entity = entityKey({ tenant: engine.config.tenant, type: 'user', id: userId });
  let changed = 0;
  for (const key of [`risk/${entity}`, `respond/target/${entity}`])
    changed += await change(store, key, () => undefined);
  for (const noun of ['finding', 'incident', 'contraction/live', 'contraction/ended', 'approval', 'agent', 'risk']) {
    let after: string | undefined;
    for (;;) {
      const page: Document[] = await store.scan(`${noun}/${tenant}/`, {
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const { key, value } of page)
        if (forgetIn(value, userId, pseudonym) !== value)
          changed += await change(store, key, (current) => forgetIn(current, userId, pseudonym));
      after = page.at(-1)?.key;
      if (page.length < PAGE) break;
    }
  }
  return changed;
}

/** Compare-and-set, again where someone else wrote in between. 1: written, 0: there was nothing to write. */
async function change(store: Store, key: string, to: (value: unknown) => unknown): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const [document] = await store.get([key]);
    if (document === undefined) return 0;
    const value = to(document.value);
    if (value === document.value) return 0;
    const [outcome] = await store.write([{ key, value, expectVersion: document.version }]);
    if (outcome?.ok === true) return 1;
  }
  throw new StepdownError('store-conflict', `The document ${key} is being written by someone else; try again`);
}

async function forgetRecords(upkeep: Upkeep, userId: string, pseudonym: string): Promise<Map<Topic, number>> {
  const counts = new Map<Topic, number>();
  for (const topic of TOPICS) {
    const { changed } =
      topic === 'telemetry'
        ? await upkeep.rewrite('telemetry', (event) => forgetEvent(event, userId, pseudonym))
        : await upkeep.rewrite(topic, (value) => changedBy(value, userId, pseudonym));
    if (changed > 0) counts.set(topic, changed);
  }
  return counts;
}

function changedBy<T>(value: T, userId: string, pseudonym: string): T | undefined {
  const next = forgetIn(value, userId, pseudonym);
  return next === value ? undefined : next;
}
