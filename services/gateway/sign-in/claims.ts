/** Who a verified token makes its bearer. Pure. */
import type { JWTPayload } from 'jose';
import { SCHEMA_VERSION } from '../../../schemas/common.js';
import { PRINCIPAL_ROLES, type Principal, type PrincipalRole } from '../../../schemas/principal.js';
import { shortHash } from '../../runtime/hash.js';

export interface ClaimRules {
  issuer: string;
  /** The claim with the caller's roles: one text or a list. A path of names where it stands deeper, e.g. `realm_access.roles`. */
  rolesClaim: string;
  /** Which of its values stand for which role here. */
  roles: Readonly<Record<PrincipalRole, readonly string[]>>;
  /** Values that say that the bearer belongs to the security team. */
  soc: readonly string[];
  /** The claim with the agents that a person answers for, or an agent's token speaks for. */
  agentsClaim: string;
}

export type Bearer = { ok: true; principal: Principal } | { ok: false; reason: string };

/** The strongest role that is mapped. Without one the bearer is nobody here, however valid the token is. */
export function bearerOf(payload: JWTPayload, rules: ClaimRules): Bearer {
  const { sub } = payload;
  if (typeof sub !== 'string' || sub === '') return { ok: false, reason: 'the token names nobody (`sub`)' };
  const granted = textsAt(payload, rules.rolesClaim);
  const role = [...PRINCIPAL_ROLES]
    .reverse()
    .find((each) => rules.roles[each].some((value) => granted.includes(value)));
  if (role === undefined)
    return { ok: false, reason: `its claim \`${rules.rolesClaim}\` holds none of the roles that are mapped here` };
  const named = textsAt(payload, rules.agentsClaim);
  const application = applicationOf(payload);
  // An application is its own agent; a pattern for all would make every agent's identity a claim only.
  const agents = named.length > 0 ? named : application === undefined ? [] : [application];
  if (role === 'agent' && agents.length === 0)
    return { ok: false, reason: `it names no agent to speak for (\`${rules.agentsClaim}\`, \`azp\` or \`appid\`)` };
  return {
    ok: true,
    principal: {
      schemaVersion: SCHEMA_VERSION,
      id: `oidc-${shortHash(rules.issuer, sub)}`,
      name: nameOf(payload, application ?? sub),
      role,
      agents: role === 'agent' ? agents : [],
      ...(rules.soc.some((value) => granted.includes(value)) ? { soc: true } : {}),
      ...(role === 'agent' || named.length === 0 ? {} : { owns: named }),
      // Nothing is kept of the token: it is verified each time.
      tokenHash: '',
      createdAtMs: (payload.iat ?? 0) * 1000,
      createdBy: rules.issuer,
    },
  };
}

/** The calling application: Entra says `azp` (version 2) or `appid` (version 1), RFC 9068 says `client_id`. */
export function applicationOf(payload: JWTPayload): string | undefined {
  return [payload['azp'], payload['appid'], payload['client_id']].find(
    (claim): claim is string => typeof claim === 'string',
  );
}

function nameOf(payload: JWTPayload, otherwise: string): string {
  const name = [payload['preferred_username'], payload['upn'], payload['email']].find(
    (claim): claim is string => typeof claim === 'string' && claim !== '',
  );
  return (name ?? otherwise).slice(0, 128);
}

function textsAt(payload: JWTPayload, claim: string): string[] {
  let value: unknown = Object.hasOwn(payload, claim) ? payload[claim] : undefined;
  if (value === undefined) {
    value = payload;
    for (const name of claim.split('.')) {
      if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return [];
      value = (value as Record<string, unknown>)[name];
    }
  }
  if (typeof value === 'string') return value.split(' ').filter((text) => text !== '');
  return Array.isArray(value) ? value.filter((text): text is string => typeof text === 'string') : [];
}
