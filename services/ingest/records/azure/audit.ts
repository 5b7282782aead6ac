/** Entra audit logs: who changed what in the directory. What makes, changes or ends an agent is told as inventory too. */
import type { Fields } from '../fields.js';
import { type AzureRead, clipped, defined, fault, type NativeEvent } from './reading.js';

/** What an agent is in a directory, in `targetResources[].type`. */
const AGENT_TYPES: ReadonlySet<string> = new Set(['serviceprincipal', 'application', 'agentidentity', 'agent']);
/** Activities that make an agent known, or say something new of it. */
const MAKES = /\b(?:add|create|update|restore|import)\b.*\b(?:service principal|application|agent|blueprint)/i;

interface Party {
  id: string;
  name: string | undefined;
}

export function readAudit(fields: Fields): AzureRead {
  const activity = fields.text('activityDisplayName', 'operationName');
  if (activity === undefined) return fault('/properties/activityDisplayName', 'an audit record names its activity');
  const by = fields.fields('initiatedBy') ?? fields.fields('performedBy');
  const actor = partyOf(by?.fields('app'), 'servicePrincipalId', 'appId', 'displayName');
  const user = partyOf(by?.fields('user'), 'id', 'userPrincipalName', 'displayName');
  const targets = fields.list('targetResources').flatMap((target) => {
    const party = partyOf(target, 'id', 'displayName', 'displayName');
    return party === undefined ? [] : [{ ...party, type: target.text('type')?.toLowerCase() ?? '' }];
  });
  const agents = targets.filter(({ type }) => AGENT_TYPES.has(type));
  const about = actor ?? agents[0];
  const result = fields.text('result', 'resultSignature', 'resultType')?.toLowerCase();
  const id = fields.text('id');
  const base = (party: Party | undefined) =>
    defined({
      agent: party && { id: clipped(party.id), ...(party.name !== undefined && { name: party.name }) },
      user: user === undefined ? undefined : { id: clipped(user.id) },
      timeMs: fields.time('activityDateTime', 'time', 'timeGenerated'),
    });
  const events: NativeEvent[] = [
    {
      kind: 'auth',
      ...(id !== undefined && { id: clipped(`entra:audit:${id}`) }),
      ...base(about),
      outcome: result === undefined || result === 'success' || result === '0' ? 'success' : 'failure',
      resource: [activity, targets.map(({ name, id: target }) => name ?? target).join(', ')]
        .filter((part) => part !== '')
        .join(': '),
      method: 'directory',
      ...defined({
        reason: fields.text('resultReason', 'resultDescription'),
        // What failed was not the agent's own doing where somebody else did it.
        notice: actor === undefined ? true : undefined,
        host: by?.fields('user')?.text('ipAddress'),
      }),
    },
  ];
  if (MAKES.test(activity))
    agents.slice(0, 20).forEach((agent, ordinal) =>
      events.push({
        kind: 'inventory',
        ...(id !== undefined && { id: clipped(`entra:audit:${id}:inventory:${ordinal}`) }),
        ...base(agent),
        subject: 'agent',
        name: agent.name ?? agent.id,
      }),
    );
  return { as: 'events', events, dialect: 'entra' };
}

function partyOf(fields: Fields | undefined, ...[first, second, name]: [string, string, string]): Party | undefined {
  // Some of Microsoft's own are named and nothing else.
  const id = fields?.text(first, second, name);
  return fields === undefined || id === undefined ? undefined : { id, name: fields.text(name) };
}
