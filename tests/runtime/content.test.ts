import { describe, expect, it } from 'vitest';
import type { TelemetryEvent } from '../../schemas/event.js';
import { hasContent, withoutContent } from '../../services/runtime/content.js';

const SECRET = 'the merger is on Friday';
const base = {
  schemaVersion: 1 as const,
  id: 'e',
  tenant: 't',
  timeMs: 1,
  receivedAtMs: 1,
  streamKey: 't/s',
  agent: { id: 'a' },
  session: { id: 's' },
  trust: 'claimed' as const,
  source: { dialect: 'native' as const },
  inspections: [
    {
      hash: 'h',
      at: '/text',
      role: 'tool' as const,
      chars: 5,
      verdict: {
        kind: 'read' as const,
        spans: [{ start: 0, end: 5, probability: 0.9, suspicion: 'injection' as const, rule: 'r', text: SECRET }],
      },
    },
  ],
};
const EVENTS = [
  { ...base, kind: 'prompt', text: SECRET, chars: 23 },
  { ...base, kind: 'memory.write', text: SECRET },
  { ...base, kind: 'message', from: 'a', to: 'b', text: SECRET },
  {
    ...base,
    kind: 'model.call',
    model: 'm',
    messages: [
      { role: 'user', text: SECRET },
      { role: 'assistant', toolCalls: [{ id: 'c', name: 'send', arguments: { text: SECRET } }] },
      { role: 'tool', toolResults: [{ id: 'c', name: 'send', text: SECRET }] },
    ],
    tools: [{ name: 'send', description: SECRET, parameters: { d: SECRET } }],
  },
  {
    ...base,
    kind: 'model.output',
    text: SECRET,
    toolCalls: [{ name: 'send', arguments: SECRET }],
    usage: { inputTokens: 5 },
  },
  { ...base, kind: 'tool.call', tool: 'send', arguments: { to: SECRET }, description: SECRET },
  { ...base, kind: 'tool.result', tool: 'send', text: SECRET, arguments: [SECRET], chars: 23 },
  { ...base, kind: 'retrieval', dataset: 'd', query: SECRET, documents: [{ id: 'x', text: SECRET }] },
  { ...base, kind: 'session.end' },
] as unknown as TelemetryEvent[];

describe('an event without content', () => {
  it.each(EVENTS.map((event) => [event.kind, event] as const))(
    '%s: holds no text any more, and says so',
    (_, event) => {
      const before = JSON.stringify(event);
      const bare = withoutContent(event);
      expect(JSON.stringify(event)).toBe(before);
      expect(JSON.stringify(bare)).not.toContain(SECRET);
      expect(bare.skipped).toEqual([{ check: 'content', reason: 'not kept' }]);
      expect([hasContent(event), hasContent(bare)]).toEqual([true, false]);
      expect(withoutContent(bare)).toEqual(bare);
    },
  );

  it('keeps names, ids, sizes and verdicts', () => {
    const [prompt, , , call, output] = EVENTS.map((event) => withoutContent(event));
    expect(prompt).toMatchObject({
      chars: 23,
      inspections: [{ hash: 'h', verdict: { spans: [{ probability: 0.9, rule: 'r' }] } }],
    });
    expect(call).toMatchObject({
      model: 'm',
      tools: [{ name: 'send' }],
      messages: [
        { role: 'user' },
        { toolCalls: [{ id: 'c', name: 'send' }] },
        { toolResults: [{ id: 'c', name: 'send', text: '' }] },
      ],
    });
    expect(output).toMatchObject({ usage: { inputTokens: 5 }, toolCalls: [{ name: 'send' }] });
  });
});
