/** The table of places: a key → how it is read and written. A key says all there is to know, so that it can be found again. */
import type { Graph } from './graph.js';
import type { Slot } from './slot.js';
import { accountSlot } from './slots/account.js';
import { grantSlot } from './slots/grant.js';
import { groupSlot } from './slots/group.js';
import { policySlot } from './slots/policy.js';
import { riskSlot } from './slots/risk.js';
import { rolesSlot } from './slots/roles.js';
import { sessionsSlot } from './slots/sessions.js';

const OPENERS: Readonly<Record<string, (graph: Graph, id: string, key: string) => Slot>> = {
  policy: policySlot,
  group: groupSlot,
  account: accountSlot,
  grant: grantSlot,
  roles: rolesSlot,
  risk: riskSlot,
  sessions: sessionsSlot,
};

export function slotAt(graph: Graph, key: string): Slot {
  const at = key.indexOf('/');
  const open = OPENERS[key.slice(0, at)];
  if (open === undefined) throw new Error(`nothing is known of the place ${key}`);
  return open(graph, key.slice(at + 1), key);
}
