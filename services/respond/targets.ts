/** On whom a playbook's contraction is laid: an entity of what it fired on, or the agents around that one. */
import type { EntityRef } from '../../schemas/entity.js';
import type { Cause } from './cause.js';
import type { CompiledPlaybook } from './playbook/types.js';

/** Neighbours contracted at once by one finding; limits come on top. */
const MAX_NEIGHBOURS = 20;

/** Agents the finding's one exchanges messages with, those the same attack reached first. */
function neighboursOf({ finding, tenant, agentId }: Cause): EntityRef[] {
  const reached = (finding?.peers ?? []).filter(({ type }) => type === 'agent').map(({ id }) => id);
  return [...new Set([...reached, ...(finding?.neighbours ?? [])])]
    .filter((id) => id !== agentId)
    .slice(0, MAX_NEIGHBOURS)
    .map((id) => ({ tenant, type: 'agent' as const, id }));
}

/** In the order in which limits are spent on them. Empty: what it fired on names none. */
export function targetsOf({ target }: Pick<CompiledPlaybook, 'target'>, cause: Cause): EntityRef[] {
  const { tenant, finding } = cause;
  switch (target) {
    case 'neighbours':
      return neighboursOf(cause);
    // The calls are the controls' business; they are predicted for this conversation.
    case 'predicted':
    case 'session':
      return cause.unnamed === true ? [] : [{ tenant, type: 'session', id: cause.sessionId }];
    case 'agent':
      return cause.unnamed === true ? [] : [{ tenant, type: 'agent', id: cause.agentId }];
    default: {
      const id = {
        blueprint: finding?.blueprint,
        user: finding?.userId ?? cause.userId,
        tool: finding?.tool,
        model: finding?.model,
      }[target];
      return id === undefined ? [] : [{ tenant, type: target, id }];
    }
  }
}
