/**
 * A tool's description is what the model is told about it: a changed one is a rug pull until somebody has looked, one
 * that gives orders is poisoned (MITRE ATLAS AML.T0110; OWASP ASI04).
 */
import { define, own } from '../../runtime/own-key.js';
import type { TelemetryEvent, ToolDescription } from '../../../schemas/event.js';
import { descriptionHash } from '../agent-state.js';
import { worstSpan } from '../taints.js';
import type { Detector, Statement } from '../types.js';
import { onePerType, predictedCalls, STATED_PROBABILITY } from './injection.js';
import { ensured, slice } from './slice.js';

/** Hash of the last description of each tool, by server and name, newest last. */
type Descriptions = Record<string, string>;
const MAX_DESCRIPTIONS = 64;

function toolsOf(event: TelemetryEvent): readonly ToolDescription[] {
  return event.kind === 'model.call' || event.kind === 'inventory' ? (event.tools ?? []) : [];
}

const keyOf = (tool: ToolDescription): string =>
  tool.server === undefined ? tool.name : `${tool.server}/${tool.name}`;

export const toolChange: Detector = {
  name: 'tool-change',
  version: '1',
  finds: ['tool.changed', 'tool.poisoned'],
  kinds: ['model.call', 'inventory'],
  needs: ['content'],
  baseline: false,
  judge(event, scope) {
    const tools = toolsOf(event);
    if (tools.length === 0) return [];
    const known = slice<Descriptions>(scope.agent, 'tool-change');
    const statements: Statement[] = [];
    for (const tool of tools) {
      const hash = descriptionHash(tool);
      const before = known === undefined ? undefined : own(known, keyOf(tool));
      if (hash === '' || before === undefined || before === hash) continue;
      statements.push({
        type: 'tool.changed',
        title: `What the model is told about ${tool.name} has changed`,
        about: ['agent', 'session', 'mcp-server'],
        // Most changes are releases; that nobody announced this one is what a person finds out.
        confidence: 0.5,
        severity: 'medium',
        evidence: {
          observed: hash,
          expected: before,
          unit: 'hash of description and parameters',
          eventIds: [event.id],
          facts: { tool: tool.name, ...(tool.server === undefined ? {} : { server: tool.server }) },
        },
        origin: tool.server ?? tool.name,
        atlas: ['AML.T0110'],
        owasp: ['ASI04'],
        pillar: 'governance',
      });
    }
    for (const inspection of event.inspections ?? []) {
      if (inspection.role !== 'description') continue;
      const span = worstSpan(inspection);
      if (span === undefined || span.probability < STATED_PROBABILITY) continue;
      const tool = tools[Number(/^\/tools\/(\d+)/.exec(inspection.at)?.[1] ?? -1)];
      statements.push({
        type: 'tool.poisoned',
        title: `The description of ${tool?.name ?? 'a tool'} gives the model orders`,
        about: ['agent', 'session', 'mcp-server'],
        confidence: span.probability,
        severity: 'high',
        evidence: {
          observed: span.rule,
          expected: 'a description of what the tool does',
          eventIds: [event.id],
          contentHash: inspection.hash,
          span: { start: span.start, end: span.end, ...(span.text === undefined ? {} : { text: span.text }) },
          facts: { at: inspection.at, ...(tool === undefined ? {} : { tool: tool.name }) },
        },
        origin: tool?.server ?? tool?.name ?? 'tool description',
        predicted: span.asksFor === undefined ? [] : predictedCalls(span.asksFor, span.probability, scope),
        atlas: ['AML.T0110', 'AML.T0051.001'],
        owasp: ['ASI04', 'ASI01'],
        pillar: 'applications',
      });
    }
    return onePerType(statements);
  },
  /** A changed description is told once: from then on it is the known one, however it was judged. */
  observe(event, scope) {
    const tools = toolsOf(event);
    if (tools.length === 0) return;
    const known = ensured<Descriptions>(scope.agent, 'tool-change', () => ({}));
    for (const tool of tools) {
      const hash = descriptionHash(tool);
      if (hash === '') continue;
      const key = keyOf(tool);
      if (own(known, key) === undefined) {
        const keys = Object.keys(known);
        if (keys.length >= MAX_DESCRIPTIONS) delete known[keys[0] as string];
      }
      define(known, key, hash);
    }
  },
};
