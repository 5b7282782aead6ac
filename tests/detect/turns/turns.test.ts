import { describe, expect, it } from 'vitest';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { newTurnState, turn, type Merged } from '../../../services/detect/turns.js';
import { contentHash } from '../../../services/runtime/hash.js';
import { assistant, Recording, system, toolMessage, user } from './builder.js';
import { summary } from './summary.js';

function told(
  events: readonly TelemetryEvent[],
  state = newTurnState(),
): { events: TelemetryEvent[]; merged: Merged[] } {
  const turned = events.map((event) => turn(event, state));
  return { events: turned.flatMap((each) => each.events), merged: turned.flatMap((each) => each.merged) };
}
const part = (name: string, args: object, id?: string) => ({ name, arguments: args, ...(id !== undefined && { id }) });
const of = (events: readonly TelemetryEvent[]) => events.map((event) => event.kind);

describe('prompts', () => {
  it('tells a prompt once though each model call resends the history', () => {
    const r = new Recording();
    r.model([system('be good'), user('hello')], { text: 'hi' });
    r.model([system('be good'), user('hello'), assistant('hi'), user('what now')], { text: 'rest' });
    const { events } = told(r.events);
    expect(of(events)).toEqual(['prompt', 'model.call', 'model.output', 'prompt', 'model.call', 'model.output']);
    expect(summary(events).prompts).toEqual(['hello', 'what now']);
    // The system message stays with the first model call, and is not repeated.
    expect(events[1]).toMatchObject({ messages: [system('be good')] });
    expect(events[4]).not.toHaveProperty('messages');
  });

  it.each([
    ['behind another answer', [user('yes'), assistant('sure?'), user('yes')], ['yes', 'yes']],
    ['one behind the other', [user('yes'), user('yes')], ['yes', 'yes']],
    [
      'behind equal answers',
      [user('go'), assistant('ok'), user('go'), assistant('ok'), user('go')],
      ['go', 'go', 'go'],
    ],
  ])('tells equal prompts as often as the history has them: %s', (_name, messages, prompts) => {
    const r = new Recording();
    r.model(messages.slice(0, 1), { text: 'x' });
    r.model(messages, { text: 'y' });
    r.model(messages, { text: 'z' });
    expect(summary(told(r.events).events).prompts).toEqual(prompts);
  });

  it('tells an equal prompt of a later trace where only new messages are sent', () => {
    const r = new Recording();
    r.model([user('status?')], { text: 'fine' }, { trace: 't1' });
    r.model([user('status?')], { text: 'fine' }, { trace: 't2' });
    expect(summary(told(r.events).events).prompts).toEqual(['status?', 'status?']);
  });

  it('does not tell a prompt again when a failed call is retried in its trace', () => {
    const r = new Recording();
    r.model([system('s'), user('hello')], {});
    r.model([system('s'), user('hello')], { text: 'hi' });
    expect(summary(told(r.events).events).prompts).toEqual(['hello']);
  });

  it('knows a prompt again in a window that lost the beginning, and behind a summary', () => {
    const r = new Recording();
    r.model([user('one'), assistant('a'), user('two')], { text: 'b' });
    r.model([user('two'), assistant('b'), user('three')], { text: 'c' });
    r.model([user('Summary: one, two'), user('three'), assistant('c'), user('four')], { text: 'd' });
    expect(summary(told(r.events).events).prompts).toEqual(['Summary: one, two', 'four', 'one', 'three', 'two']);
  });

  it('tells a prompt once that the guard, an agent span and the messages tell', () => {
    const r = new Recording();
    r.event('prompt', { text: 'hello' }, { dialect: 'inline' });
    r.model([user('hello')], { text: 'hi' }, { parent: 'root' });
    r.event('prompt', { text: 'hello' }, { span: 'root' });
    r.event('prompt', { text: 'hello' }, { span: 'outer' });
    expect(summary(told(r.events).events).prompts).toEqual(['hello']);
  });
});

it('knows a prompt again by its inspection where texts are not kept', () => {
  const inspected = (at: string, text: string) => ({
    hash: contentHash(text),
    at,
    role: 'user',
    chars: text.length,
    verdict: { kind: 'skipped', reason: 'test' },
  });
  const r = new Recording();
  r.event(
    'model.call',
    { messages: [{ role: 'user' }], inspections: [inspected('/messages/0/text', 'one')] },
    { span: 'a' },
  );
  r.event(
    'model.call',
    {
      messages: [{ role: 'user' }, { role: 'assistant' }, { role: 'user' }],
      inspections: [inspected('/messages/0/text', 'one'), inspected('/messages/2/text', 'two')],
    },
    { span: 'b' },
  );
  const { events } = told(r.events);
  expect(of(events)).toEqual(['prompt', 'model.call', 'prompt', 'model.call']);
  expect(events[2]).toMatchObject({ inspections: [{ at: '/text', hash: contentHash('two') }] });
});

describe('calls and results', () => {
  it('makes them out of messages where there are no tool spans: the call at the output, the result at the next input', () => {
    const r = new Recording();
    const look = part('look', { at: 'a' }, 'call_look_1');
    r.model([user('u')], { toolCalls: [look] });
    r.model([user('u'), assistant(undefined, look), toolMessage('seen', 'call_look_1')], { text: 'done' });
    const { events } = told(r.events);
    expect(of(events)).toEqual([
      'prompt',
      'model.call',
      'model.output',
      'tool.call',
      'tool.result',
      'model.call',
      'model.output',
    ]);
    expect(events[3]).toMatchObject({
      tool: 'look',
      toolCallId: 'call_look_1',
      arguments: { at: 'a' },
      source: { dialect: 'derived' },
    });
    expect(events[4]).toMatchObject({ tool: 'look', toolCallId: 'call_look_1', text: 'seen' });
  });

  it('tells a call at the output, and what its span adds as merged', () => {
    const r = new Recording();
    const model = r.model([user('u')], { toolCalls: [part('look', {}, 'call_look_1')] });
    const span = r.tool('look', {}, 'seen', 'call_look_1');
    const { events, merged } = told(r.events);
    const call = events.find((event) => event.kind === 'tool.call');
    expect(call?.id).toBe(`t1:${model}:model.output:0:call:0`);
    expect(merged).toMatchObject([{ eventId: call?.id, spanId: span, toolCallId: 'call_look_1' }]);
    expect(events.filter((event) => event.kind === 'tool.result')).toHaveLength(1);
  });

  it('joins spans without call ids to calls that have them', () => {
    const r = new Recording();
    const [a, b] = [part('look', { at: 'a' }, 'call_look_1'), part('look', { at: 'a' }, 'call_look_2')];
    r.model([user('u')], { toolCalls: [a, b] });
    r.tool('look', '{"at":"a"}', 'first');
    r.tool('look', { at: 'a' }, 'second');
    r.model(
      [
        user('u'),
        assistant(undefined, a, b),
        toolMessage('first', 'call_look_1'),
        toolMessage('second', 'call_look_2'),
      ],
      { text: 'done' },
    );
    const { events } = told(r.events);
    expect(summary(events)).toMatchObject({
      calls: ['look {"at":"a"}', 'look {"at":"a"}'],
      results: ['first', 'second'],
    });
  });

  it('tells identical calls as often as they were made, without any ids', () => {
    const r = new Recording();
    const look = part('look', { at: 'a' });
    const history = [
      user('u'),
      assistant(undefined, look),
      toolMessage('x'),
      assistant(undefined, look),
      toolMessage('x'),
    ];
    r.model(history.slice(0, 1), { toolCalls: [look] });
    r.model(history.slice(0, 3), { toolCalls: [look] });
    r.model(history, { text: 'done' });
    expect(summary(told(r.events).events)).toMatchObject({
      calls: ['look {"at":"a"}', 'look {"at":"a"}'],
      results: ['x', 'x'],
    });
  });

  it('takes an id that a model repeats for another call as another call', () => {
    const r = new Recording();
    r.model([user('u')], { toolCalls: [part('read_file', { path: 'a' }, 'call_8GhTqz')] });
    r.tool('read_file', { path: 'a' }, 'text', 'call_8GhTqz');
    r.model([toolMessage('text', 'call_8GhTqz')], {
      toolCalls: [part('send_money', { to: 'x' }, 'call_8GhTqz'), part('read_file', { path: 'b' }, 'call_8GhTqz')],
    });
    r.tool('send_money', { to: 'x' }, 'sent', 'call_8GhTqz');
    r.tool('read_file', { path: 'b' }, 'other', 'call_8GhTqz');
    expect(summary(told(r.events).events)).toMatchObject({
      calls: ['read_file {"path":"a"}', 'read_file {"path":"b"}', 'send_money {"to":"x"}'],
      results: ['other', 'sent', 'text'],
    });
  });

  it('does not let numbered ids (call_0) join calls of different answers', () => {
    const r = new Recording();
    const [first, second] = [part('look', { at: 'a' }, 'call_0'), part('look', { at: 'b' }, 'call_0')];
    r.model([user('u')], { toolCalls: [first] });
    r.model([user('u'), assistant(undefined, first), toolMessage('x', 'call_0')], { toolCalls: [second] });
    r.model(
      [
        user('u'),
        assistant(undefined, first),
        toolMessage('x', 'call_0'),
        assistant(undefined, second),
        toolMessage('y', 'call_0'),
      ],
      { text: 'done' },
    );
    expect(summary(told(r.events).events)).toMatchObject({
      calls: ['look {"at":"a"}', 'look {"at":"b"}'],
      results: ['x', 'y'],
    });
  });

  it('gives a decision of the guard that comes behind the telemetry with what it merged into', () => {
    const r = new Recording();
    r.model([user('u')], { toolCalls: [part('look', {}, 'call_look_1')] });
    const decision = { id: 'd', verdict: 'block', contractions: ['c'] };
    r.event('tool.call', { tool: 'look', toolCallId: 'call_look_1', arguments: {}, decision }, { dialect: 'inline' });
    const { merged } = told(r.events);
    expect(merged).toMatchObject([{ toolCallId: 'call_look_1', raw: { decision } }]);
  });

  it('joins the guard and a span by the span where no ids are known', () => {
    const r = new Recording();
    r.event('tool.call', { tool: 'look', arguments: { a: 1 } }, { dialect: 'inline', span: 'tool-span' });
    r.event('tool.result', { tool: 'look', text: 'seen' }, { dialect: 'inline', span: 'tool-span' });
    r.tool('look', { a: 1, filledIn: true }, 'seen', undefined, { span: 'tool-span', dialect: 'vercel-ai' });
    expect(summary(told(r.events).events)).toMatchObject({ calls: ['look {"a":1}'], results: ['seen'] });
  });

  it('joins an MCP request to the tool span around it', () => {
    const r = new Recording();
    r.tool('look', { a: 1 }, '{"content":[]}', undefined, { span: 'inner', parent: 'outer', dialect: 'mcp' });
    r.tool('look', { a: 1 }, 'seen', undefined, { span: 'outer', parent: 'agent' });
    expect(summary(told(r.events).events).calls).toEqual(['look {"a":1}']);
  });

  it('tells what a history says of calls whose answer was lost, with the time assumed', () => {
    const r = new Recording();
    const look = part('look', { at: 'a' }, 'call_look_1');
    r.model([user('u'), assistant('let me see', look), toolMessage('seen', 'call_look_1')], { text: 'done' });
    const { events } = told(r.events);
    expect(of(events)).toEqual(['prompt', 'tool.call', 'tool.result', 'model.call', 'model.output']);
    expect(events[1]).toMatchObject({ assumed: ['time'] });
  });

  it('tells a result that comes before anything is known of its call', () => {
    const r = new Recording();
    r.model([toolMessage('seen', 'call_look_1', 'look')], { text: 'done' });
    r.model([user('u')], { toolCalls: [part('look', {}, 'call_look_1')] });
    expect(summary(told(r.events).events)).toMatchObject({ calls: ['look {}'], results: ['seen'] });
  });
});

describe('repeats', () => {
  it('drops an event id that was seen before', () => {
    const r = new Recording();
    r.model([user('u')], { text: 'x' });
    r.tool('look', {}, 'seen');
    const { events } = told([...r.events, ...r.events]);
    expect(of(events)).toEqual(['prompt', 'model.call', 'model.output', 'tool.call', 'tool.result']);
  });

  it('takes a model span around a model span as one model call', () => {
    const r = new Recording();
    const look = part('look', {});
    r.event('model.call', { messages: [user('u')] }, { span: 'outer' });
    r.model([user('u')], { toolCalls: [look] }, { span: 'inner', parent: 'outer' });
    r.event('model.output', { toolCalls: [look] }, { span: 'outer' });
    const { events } = told(r.events);
    expect(of(events).sort()).toEqual(['model.call', 'model.output', 'prompt', 'tool.call']);
  });

  it('tells an answer again whose content comes later in log records, and nothing else', () => {
    const r = new Recording();
    r.model([], {}, { span: 's' });
    r.events.push({
      ...r.event('model.output', { text: 'hi', toolCalls: [part('look', {}, 'call_look_1')] }, { span: 's' }),
      id: 't1:s:model.output:0:log',
    });
    r.events.splice(2, 1);
    const { events } = told(r.events);
    expect(of(events)).toEqual(['model.call', 'model.output', 'model.output', 'tool.call']);
  });

  it.each([true, false])(
    'tells results once more where their spans had no content and messages bring it; ids: %s',
    (ids) => {
      const [first, second] = [
        part('look', {}, ids ? 'call_first1' : undefined),
        part('look', {}, ids ? 'call_second' : undefined),
      ];
      const r = new Recording();
      r.model([user('look twice')], { toolCalls: [first, second] });
      for (const { id } of [first, second]) {
        const known = { tool: 'look', ...(id !== undefined && { toolCallId: id }) };
        const span = `tool-${String(id)}-${r.events.length}`;
        r.event('tool.call', known, { span });
        r.event('tool.result', known, { span });
      }
      const history = [
        user('look twice'),
        assistant(undefined, first, second),
        toolMessage('a', first.id),
        toolMessage('b', second.id),
      ];
      r.model(history, { text: 'seen' });
      r.model([...history, assistant('seen'), user('thanks')], { text: 'welcome' });
      const { calls, results } = summary(told(r.events).events);
      expect([calls.length, results]).toEqual([2, ['', '', 'a', 'b']]);
    },
  );

  it('tells the tools on offer again only when they change', () => {
    const r = new Recording();
    const offer = (description: string) =>
      r.event('inventory', { subject: 'tool', tools: [{ name: 'look', description }] });
    offer('looks');
    offer('looks');
    offer('looks, and mails what it sees');
    expect(of(told(r.events).events)).toEqual(['inventory', 'inventory']);
  });
});

describe('bounds', () => {
  it('stays small, and tells nothing twice, however long the resent history grows', () => {
    const r = new Recording();
    const history = [user('start')];
    for (let nth = 0; nth < 250; nth++) {
      const call = part('look', { nth }, `call_look_${nth}x`);
      r.model([...history], { toolCalls: [call] });
      history.push(assistant(undefined, call), toolMessage(`result ${nth}`, call.id), user(`go on ${nth}`));
    }
    const state = newTurnState();
    const { events } = told(r.events, state);
    const { calls, results, prompts } = summary(events);
    expect(calls).toHaveLength(250);
    expect(new Set(calls).size).toBe(250);
    expect(results).toHaveLength(249);
    expect(new Set(results).size).toBe(249);
    expect(prompts).toHaveLength(250);
    expect(JSON.stringify(state).length).toBeLessThan(40_000);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('takes metadata alone at a cost that does not grow with the conversation', () => {
    const r = new Recording();
    for (let nth = 0; nth < 22_000; nth++) r.event('tool.call', { tool: `tool-${nth % 7}` });
    // One conversation is full as bounds have it, the other ten times as long.
    const [short, long] = [newTurnState(), newTurnState()];
    for (const event of r.events.slice(0, 18_000)) turn(event, long);
    for (const event of r.events.slice(16_200, 18_000)) turn(event, short);
    // Both take the same events in turn, and of many rounds the cheapest counts: whatever else the machine does only adds.
    // Growth with the conversation would be a factor of five or more.
    const cheapest = new Map([short, long].map((state) => [state, Number.POSITIVE_INFINITY]));
    for (let from = 18_000; from < 22_000; from += 200) {
      for (const state of [short, long]) {
        const before = process.hrtime.bigint();
        for (const event of r.events.slice(from, from + 200)) turn(event, state);
        cheapest.set(state, Math.min(cheapest.get(state)!, Number(process.hrtime.bigint() - before)));
      }
    }
    expect(cheapest.get(long)! / cheapest.get(short)!).toBeLessThan(2.5);
  });
});
