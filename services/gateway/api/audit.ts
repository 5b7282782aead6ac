/** Who did what, and why: the audit stream, the head of its chain, and whether it is intact. */
import { StepdownError } from '../../runtime/errors.js';
import { anchorOf, readAnchor } from '../audit-chain.js';
import type { Engine } from '../engine.js';
import { ok, type Reply } from '../http/message.js';
import type { Call, Route } from '../http/router.js';
import type { AuditSealer } from '../records/audit-sealer.js';
import { newestList } from './newest-list.js';

export function auditRoutes(engine: Engine, sealer: AuditSealer): Route[] {
  const list = newestList(engine, 'audit', (call) => {
    const by = call.query.get('by');
    const act = call.query.get('act');
    const subject = call.query.get('subject');
    return ({ value }) =>
      (by === null || value.by === by) &&
      (act === null || value.act === act) &&
      (subject === null || value.subject === subject);
  });

  const verify = async (call: Call): Promise<Reply> => {
    const anchors = call.query.getAll('anchor').map((text) => {
      const anchor = readAnchor(text);
      if (anchor === undefined)
        throw new StepdownError('input-malformed', 'An anchor is `partition:ordinal:mac`, as `head` gives it', {
          place: { pointer: '?anchor' },
        });
      return anchor;
    });
    const partitions = await sealer.verify(anchors);
    return ok({
      ok: partitions.every(({ faults }) => faults.length === 0),
      intact: partitions.reduce((sum, each) => sum + each.intact, 0),
      amended: partitions.reduce((sum, each) => sum + each.amended, 0),
      unsealed: partitions.reduce((sum, each) => sum + each.unsealed, 0),
      faults: partitions.flatMap(({ faults }) => faults),
      anchors: partitions.flatMap(({ head }) => (head === undefined ? [] : [anchorOf(head)])),
    });
  };

  return [
    { method: 'GET', path: '/v1/audit', right: 'read', run: list },
    {
      method: 'GET',
      path: '/v1/audit/head',
      right: 'read',
      run: async () => ok({ items: (await sealer.heads()).map((seal) => ({ ...seal, anchor: anchorOf(seal) })) }),
    },
    { method: 'GET', path: '/v1/audit/verify', right: 'administer', run: verify },
  ];
}
