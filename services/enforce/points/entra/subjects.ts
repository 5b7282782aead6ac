/** Who an entity of ours is in the directory. */
import type { EntityRef } from '../../../../schemas/entity.js';
import type { EntraConfig } from './declare.js';
import type { Failure, Graph } from './graph.js';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const UPN = /^[^\s/?#@]+@[^\s/?#@]+$/;
const REMEMBERED = 10_000;

export class Subjects {
  readonly #config: Pick<EntraConfig, 'agents' | 'agentIds'>;
  readonly #graph: Graph;
  readonly #known = new Map<string, string>();

  constructor(config: Pick<EntraConfig, 'agents' | 'agentIds'>, graph: Graph) {
    this.#config = config;
    this.#graph = graph;
  }

  /** The object id; a refusal says what to write into the configuration. */
  async idOf(target: EntityRef, signal: AbortSignal): Promise<{ kind: 'ok'; id: string } | Failure> {
    if (target.type === 'agent') return this.#agent(target.id, signal);
    if (target.type !== 'user') return { kind: 'refused', reason: `a ${target.type} is nobody in the directory` };
    if (GUID.test(target.id)) return { kind: 'ok', id: target.id.toLowerCase() };
    if (!UPN.test(target.id))
      return { kind: 'refused', reason: `the user ${target.id} is neither an object id nor a user principal name` };
    return this.#find(`/users/${encodeURIComponent(target.id)}?$select=id`, `the user ${target.id}`, signal);
  }

  async #agent(id: string, signal: AbortSignal): Promise<{ kind: 'ok'; id: string } | Failure> {
    const named = this.#config.agents.find(({ agent }) => agent === id);
    if (named !== undefined) return { kind: 'ok', id: named.servicePrincipal.toLowerCase() };
    const { agentIds } = this.#config;
    if (agentIds === 'named' || !GUID.test(id))
      return {
        kind: 'refused',
        reason: `no service principal is known for the agent ${id}: name it under \`agents\` of this enforcement point`,
      };
    if (agentIds === 'object-id') return { kind: 'ok', id: id.toLowerCase() };
    return this.#find(`/servicePrincipals(appId='${id}')?$select=id`, `an application ${id}`, signal);
  }

  async #find(path: string, what: string, signal: AbortSignal): Promise<{ kind: 'ok'; id: string } | Failure> {
    const known = this.#known.get(path);
    if (known !== undefined) return { kind: 'ok', id: known };
    const answer = await this.#graph.ask({ method: 'GET', path }, signal);
    if (answer.kind === 'missing') return { kind: 'refused', reason: `${what} is not in the directory` };
    if (answer.kind !== 'ok') return answer;
    const { id } = answer.body as { id: string };
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(path, id);
    return { kind: 'ok', id };
  }
}
