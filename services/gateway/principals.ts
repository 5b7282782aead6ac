/**
 * Principals: who may ask what. Pure; where tokens come from and are kept stands in records/principal-store.ts.
 *
 * Roles stand on a ladder (viewer < responder < author < admin); each may do what the one before may. `agent` stands
 * beside it: such a principal asks for decisions and reports events of the agents it is bound to, and nothing else,
 * so that the token in an agent's environment cannot lift a contraction or approve the agent's own call.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { SCHEMA_VERSION, type Trust } from '../../schemas/common.js';
import { APPROVER_GROUPS, type ApproverGroup } from '../../schemas/approval.js';
import type { Principal, PrincipalRole } from '../../schemas/principal.js';
import { matchesAnyGlob } from '../policy/glob.js';

/** Rights, and the lowest rung that has each. */
export const RIGHTS = {
  read: 'viewer',
  respond: 'responder',
  author: 'author',
  administer: 'admin',
} as const satisfies Record<string, PrincipalRole>;
export type Right = keyof typeof RIGHTS | 'decide';

const LADDER: readonly PrincipalRole[] = ['viewer', 'responder', 'author', 'admin'];

/** May this principal use this right? `decide` is for agents' principals and for admins. */
export function may(principal: Pick<Principal, 'role'>, right: Right): boolean {
  if (right === 'decide') return principal.role === 'agent' || principal.role === 'admin';
  return LADDER.indexOf(principal.role) >= LADDER.indexOf(RIGHTS[right]);
}

/** May it speak for this agent? */
export function speaksFor(principal: Principal, agentId: string): boolean {
  if (principal.role === 'admin') return true;
  return principal.role === 'agent' && matchesAnyGlob(principal.agents, agentId);
}

/**
 * How far an agent's identity is established by who sent it. A token that was given out for certain agents
 * authenticates them; one that may speak for any agent (`*`) proves only that the sender is one of ours. An admin
 * could contain any agent anyway, so its word is taken.
 */
export function trustOf(principal: Principal, agentId: string): Trust {
  if (principal.role === 'admin') return 'authenticated';
  const named = principal.agents.filter((pattern) => !/^\*+$/.test(pattern));
  return principal.role === 'agent' && matchesAnyGlob(named, agentId) ? 'authenticated' : 'claimed';
}

/**
 * For which groups may it agree to a call of this agent? An admin stands in each: it can give anyone any standing.
 */
export function standsAs(principal: Principal, agentId: string): ApproverGroup[] {
  if (principal.role === 'admin') return [...APPROVER_GROUPS];
  return [
    ...(matchesAnyGlob(principal.owns ?? [], agentId) ? (['owner'] as const) : []),
    ...(principal.soc === true ? (['soc'] as const) : []),
  ];
}

/** SHA-256 of a token, hex. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

const TOKEN = /^sd_[A-Za-z0-9_-]{43}$/;
export function looksLikeToken(text: string): boolean {
  return TOKEN.test(text);
}

/** A token from 32 random bytes. */
export function tokenFrom(random: Uint8Array): string {
  return `sd_${Buffer.from(random).toString('base64url')}`;
}

/** A principal's id tells nothing of its token: it is the beginning of the hash of the hash. */
export function newPrincipal(input: {
  name: string;
  role: PrincipalRole;
  agents: string[];
  soc?: boolean | undefined;
  owns?: string[] | undefined;
  token: string;
  by: string;
  nowMs: number;
}): Principal {
  const hash = tokenHash(input.token);
  return {
    schemaVersion: SCHEMA_VERSION,
    id: lookupId(hash),
    name: input.name,
    role: input.role,
    agents: input.agents,
    ...(input.soc === true ? { soc: true } : {}),
    ...(input.owns === undefined || input.owns.length === 0 ? {} : { owns: input.owns }),
    tokenHash: hash,
    createdAtMs: input.nowMs,
    createdBy: input.by,
  };
}

function lookupId(hash: string): string {
  return createHash('sha256').update(hash, 'utf8').digest('hex').slice(0, 16);
}

/** The principals known now, found by token. */
export class Principals {
  #byId = new Map<string, Principal>();

  replace(all: Iterable<Principal>): void {
    this.#byId = new Map([...all].map((principal) => [principal.id, principal]));
  }

  put(principal: Principal): void {
    this.#byId.set(principal.id, principal);
  }

  get(id: string): Principal | undefined {
    return this.#byId.get(id);
  }

  list(): Principal[] {
    return [...this.#byId.values()].sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  /** `undefined`: unknown or revoked. The full hashes are compared in constant time. */
  withToken(token: string): Principal | undefined {
    if (!looksLikeToken(token)) return undefined;
    const hash = tokenHash(token);
    const principal = this.#byId.get(lookupId(hash));
    if (principal === undefined || principal.revokedAtMs !== undefined) return undefined;
    return timingSafeEqual(Buffer.from(principal.tokenHash, 'hex'), Buffer.from(hash, 'hex')) ? principal : undefined;
  }
}

/** In-process callers (the command line reading a stopped engine's store): whoever can open the files may. */
export const LOCAL_OPERATOR: Principal = {
  schemaVersion: SCHEMA_VERSION,
  id: 'local',
  name: 'local operator',
  role: 'admin',
  agents: [],
  tokenHash: '',
  createdAtMs: 0,
  createdBy: 'engine',
};
