/** What is known of agents. */
import { StepdownError } from '../../runtime/errors.js';
import { type AgentPart, wholeAgent } from '../agent-parts.js';
import type { Engine } from '../engine.js';
import { ok, type Reply } from '../http/message.js';
import type { Call, Route } from '../http/router.js';
import { Shortlist } from '../pages.js';
import { documentAt, documentsUnder, part } from '../records/read.js';

export function agentRoutes(engine: Engine): Route[] {
  const { store } = engine.drivers;
  const prefix = `agent/${part(engine.config.tenant)}/`;

  const list = async (call: Call): Promise<Reply> => {
    const shortlist = new Shortlist<AgentPart>(call.query, (agent) => [agent.lastSeenMs, agent.id]);
    // An agent's parts stand one behind the other: `@` is in no encoded id.
    let parts: AgentPart[] = [];
    const take = ([first, ...others]: AgentPart[]): void => {
      if (first !== undefined) shortlist.add(wholeAgent([first, ...others]));
    };
    for await (const { value } of documentsUnder<AgentPart>(store, prefix)) {
      if (parts[0] !== undefined && parts[0].id !== value.id) {
        take(parts);
        parts = [];
      }
      parts.push(value);
    }
    take(parts);
    return ok(shortlist.page());
  };

  const one = async (call: Call): Promise<Reply> => {
    const id = call.params.id ?? '';
    const key = `${prefix}${part(id)}`;
    const sole = await documentAt<AgentPart>(engine, key);
    const parts = sole === undefined ? [] : [sole];
    for await (const { value } of documentsUnder<AgentPart>(store, `${key}@`)) parts.push(value);
    const [first, ...others] = parts;
    if (first === undefined) throw new StepdownError('not-found', `There is no agent ${id}`);
    return ok(wholeAgent([first, ...others]));
  };

  return [
    { method: 'GET', path: '/v1/agents', right: 'read', run: list },
    { method: 'GET', path: '/v1/agents/:id', right: 'read', run: one },
  ];
}
