/**
 * Entra sign-ins: of users, also through agents on their behalf; of service principals, managed identities and agent
 * identities by themselves. `https://learn.microsoft.com/graph/api/resources/signin`, as diagnostic settings send it.
 */
import type { Fields } from '../fields.js';
import { type AzureRead, clipped, defined, fault, ofEntra } from './reading.js';

/** Refused by a policy, an assignment or a switch, not by a wrong secret (AADSTS codes). */
const DENIED: ReadonlySet<number> = new Set([
  50005, 50053, 50057, 50105, 50131, 50158, 53000, 53001, 53002, 53003, 53004, 53011, 65004, 65005, 90072, 90094, 90095,
  500011, 500021, 500022, 530032, 530034, 530035, 530036, 700016, 700027, 7000112, 7000116, 7000218, 7000229,
]);
/** The sign-in asked for more and went on from there: a second factor, a consent, which account, "stay signed in?". */
const INTERRUPTED: ReadonlySet<number> = new Set([
  16000, 16001, 16003, 50055, 50058, 50059, 50072, 50074, 50076, 50078, 50079, 50097, 50125, 50127, 50129, 50133, 50140,
  50143, 50144, 50199, 51006, 65001, 81010, 81012, 81014, 165100, 399284, 500121, 502031, 530003,
]);

interface Actor {
  /** Undefined: none is named. */
  agent: { id: string; name?: string; blueprint?: string } | undefined;
  user: { id: string } | undefined;
}

/** Whether the record says that an agent has a part in it, and of which blueprint it is. */
export function agenticPart(fields: Fields): { blueprint: string | undefined } | undefined {
  const agent = fields.fields('agent');
  const type = agent?.text('agentType')?.toLowerCase();
  if (agent === undefined || type === undefined || type === 'notagentic') return undefined;
  return { blueprint: agent.text('parentAppId', 'blueprintId', 'agentParentId') };
}

function actorOf(fields: Fields): Actor {
  const agentic = agenticPart(fields);
  const principal = fields.text('servicePrincipalId');
  const app = fields.text('appId');
  const named = principal ?? app;
  const name =
    principal === undefined ? fields.text('appDisplayName') : fields.text('servicePrincipalName', 'appDisplayName');
  const user = fields.text('userId', 'userPrincipalName');
  const blueprint = agentic?.blueprint;
  return {
    agent:
      named === undefined
        ? undefined
        : {
            id: clipped(named),
            ...(name !== undefined && { name }),
            ...(blueprint !== undefined && blueprint !== named && { blueprint: clipped(blueprint) }),
          },
    user: user === undefined ? undefined : { id: clipped(user) },
  };
}

export function readSignIn(fields: Fields): AzureRead {
  const code = fields.fields('status')?.number('errorCode') ?? fields.number('resultType', 'errorCode');
  const signature = fields.text('resultSignature')?.toLowerCase();
  if (code === undefined && signature !== 'success' && signature !== 'failure')
    return fault('/properties/status/errorCode', 'a sign-in says how it ended: `resultType` or `status.errorCode`');
  const policy = fields.text('conditionalAccessStatus')?.toLowerCase();
  const succeeded = code === undefined ? signature === 'success' : code === 0;
  const interrupted = code !== undefined && INTERRUPTED.has(code);
  const outcome = succeeded
    ? 'success'
    : !interrupted && (policy === 'failure' || (code !== undefined && DENIED.has(code)))
      ? 'denied'
      : 'failure';
  const { agent, user } = actorOf(fields);
  const why = fields.fields('status')?.text('failureReason', 'additionalDetails') ?? fields.text('resultDescription');
  const id = fields.text('id');
  return ofEntra({
    kind: 'auth',
    ...(id !== undefined && { id: clipped(`entra:sign-in:${id}`) }),
    ...defined({
      agent,
      user,
      timeMs: fields.time('createdDateTime', 'time', 'timeGenerated'),
      resource: fields.text('resourceDisplayName', 'resourceId', 'resourceIdentity'),
      method: methodOf(fields),
      host: fields.text('ipAddress', 'callerIpAddress'),
      reason: succeeded ? undefined : reasonOf(code, why),
      notice: interrupted ? true : undefined,
    }),
    outcome,
  });
}

function methodOf(fields: Fields): string | undefined {
  return fields.text('clientCredentialType', 'authenticationRequirement', 'authenticationProtocol', 'clientAppUsed');
}

function reasonOf(code: number | undefined, why: string | undefined): string | undefined {
  const said = why === undefined || why.toLowerCase() === 'none' ? undefined : why;
  if (code === undefined) return said;
  return said === undefined ? `AADSTS${code}` : `AADSTS${code}: ${said}`;
}
