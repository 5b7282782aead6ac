/**
 * Shadow AI: an agent, model, MCP server or endpoint that is not in the inventory. The inventory is the baseline policy's
 * `inventory`; what it does not list is not judged. Stated once a conversation for each thing, by rule: whether something
 * is on a list is no matter of likelihood, only how bad that is.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { itemHash } from '../item-hash.js';
import type { Detector, InventoryKind, Statement } from '../types.js';
import { ensured, slice } from './slice.js';

const MAX_STATED = 32;

/** Things that may be there without anyone's knowledge; who asks in series by order is none. */
type Thing = Exclude<InventoryKind, 'evaluator'>;

const WORDING: Record<Thing, { type: string; what: string; about: Statement['about'] }> = {
  agent: { type: 'shadow.agent', what: 'agent', about: ['agent', 'session', 'user'] },
  model: { type: 'shadow.model', what: 'model', about: ['agent', 'session', 'model'] },
  server: { type: 'shadow.server', what: 'MCP server', about: ['agent', 'session', 'mcp-server'] },
  endpoint: { type: 'shadow.endpoint', what: 'endpoint', about: ['agent', 'session'] },
};

function thingsOf(event: TelemetryEvent): readonly (readonly [Thing, string])[] {
  const things: [Thing, string][] = [['agent', event.agent.id]];
  switch (event.kind) {
    case 'model.call':
    case 'model.output':
      if (event.model !== undefined) things.push(['model', event.model]);
      break;
    case 'tool.call':
    case 'tool.result':
      if (event.server !== undefined) things.push(['server', event.server]);
      break;
    case 'inventory':
      if (event.name !== undefined && event.subject === 'model') things.push(['model', event.name]);
      if (event.name !== undefined && event.subject === 'mcp-server') things.push(['server', event.name]);
      if (event.name !== undefined && event.subject === 'agent') things.push(['agent', event.name]);
      if (event.endpoint !== undefined) things.push(['endpoint', event.endpoint]);
      for (const { server } of event.tools ?? []) if (server !== undefined) things.push(['server', server]);
      break;
    default:
  }
  return things;
}

export const shadow: Detector = {
  name: 'shadow',
  version: '1',
  finds: ['shadow.agent', 'shadow.model', 'shadow.server', 'shadow.endpoint'],
  kinds: ['session.start', 'model.call', 'model.output', 'tool.call', 'tool.result', 'inventory'],
  needs: ['identity'],
  baseline: false,
  judge(event, scope) {
    const { listed } = scope;
    if (listed === undefined) return [];
    const stated = slice<string[]>(scope.session, 'shadow');
    const statements: Statement[] = [];
    for (const [kind, name] of thingsOf(event)) {
      const { type, what, about } = WORDING[kind];
      if (listed(kind, name) !== false || stated?.includes(itemHash(`${kind} ${name}`)) === true) continue;
      if (statements.some((statement) => statement.type === type)) continue;
      statements.push({
        type,
        title: `The ${what} ${name.slice(0, 120)} is not in the inventory`,
        about,
        confidence: 0.6,
        severity: 'medium',
        evidence: {
          observed: name.slice(0, 200),
          expected: 'listed in the baseline policy’s inventory',
          eventIds: [event.id],
          facts: { kind },
        },
        atlas: ['AML.T0010'],
        owasp: ['ASI04'],
        pillar: 'governance',
      });
    }
    return statements;
  },
  observe(event, scope, statements) {
    if (statements.length === 0) return;
    const stated = ensured<string[]>(scope.session, 'shadow', () => []);
    for (const [kind, name] of thingsOf(event)) {
      const hash = itemHash(`${kind} ${name}`);
      if (scope.listed?.(kind, name) === false && !stated.includes(hash)) stated.push(hash);
    }
    if (stated.length > MAX_STATED) stated.splice(0, stated.length - MAX_STATED);
  },
};
