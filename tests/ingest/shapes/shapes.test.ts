/**
 * The same turn of an agent as instrumentations of many frameworks write it down, taken from their sources and
 * documents. It has to come out of each as the same canonical turn.
 */
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { describe, expect, it } from 'vitest';
import { EVENT_KINDS, type TelemetryEvent } from '../../../schemas/event.js';
import { newTurnState, turn } from '../../../services/detect/turns.js';
import { decodeLogs, decodeTraces } from '../../../services/ingest/decode.js';
import { summary } from '../../detect/turns/summary.js';
import { T0 } from '../request.js';
import { SERVICE, split, type Conversation, type Sent } from './conversation.js';
import { CONVENTIONS } from './conventions.js';
import { FRAMEWORKS } from './frameworks.js';
import { TEAMS } from './teams.js';
import { VENDORS } from './vendors.js';

const conversation: Conversation = {
  agent: 'mail-agent',
  session: 'conversation-7',
  system: 'You are a helpful mail assistant.',
  prompt: 'What does "Ann\'s" mail say? Answer her.',
  steps: [
    {
      id: 'call_inbox8f2a1c',
      tool: 'read_inbox',
      arguments: { folder: 'inbox', unread: true, limit: 3 },
      result: 'From: ann\nCan you send me the minutes? {"not": "json"}',
    },
    { id: 'call_sendb91d7e', tool: 'send_mail', arguments: { to: "o'neil@contoso.example" }, result: 'sent' },
  ],
  answer: 'I have answered.',
};

function told(sent: readonly Sent[]): TelemetryEvent[] {
  const context = { tenant: 'default', receivedAtMs: T0 };
  return sent.flatMap(({ signal, request }) => {
    // As they come over the wire.
    const read = JSON.parse(JSON.stringify(request)) as unknown;
    const decoded = signal === 'traces' ? decodeTraces(read, context) : decodeLogs(read, context);
    expect(decoded.refused).toEqual([]);
    return decoded.events;
  });
}

describe.each([...CONVENTIONS, ...FRAMEWORKS, ...VENDORS, ...TEAMS])('$name', ({ write, without = [] }) => {
  const sent = write(conversation);
  const events = told(sent);
  const turned = (list: readonly TelemetryEvent[]) => {
    const state = newTurnState();
    return list.flatMap((event) => turn(event, state).events);
  };

  it('is the turn', () => {
    for (const event of events) {
      const check = TypeCompiler.Compile(EVENT_KINDS[event.kind]);
      expect([...check.Errors(event)].map(({ path, message }) => `${event.kind}${path}: ${message}`)).toEqual([]);
    }
    const { results, ...rest } = summary(turned(events));
    // A tool's span without content is told first: what the tool returned follows when the messages tell it.
    expect({ ...rest, results: results.filter((text) => text !== '') }).toEqual({
      prompts: [conversation.prompt],
      calls: conversation.steps.map((step) => `${step.tool} ${JSON.stringify(step.arguments)}`).sort(),
      results: conversation.steps.map(({ result }) => result).sort(),
      said: [conversation.answer],
    });
  });

  it('is the turn in whatever order it arrives', () => {
    const { prompts, calls, results } = summary(turned([...events].reverse()));
    expect([prompts, calls.map((call) => call.split(' ')[0]), results.filter((text) => text !== '')]).toEqual([
      [conversation.prompt],
      conversation.steps.map(({ tool }) => tool).sort(),
      conversation.steps.map(({ result }) => result).sort(),
    ]);
  });

  it('is the turn with the names of the .proto files, and a span at a time', () => {
    const snake = (one: Sent): Sent => ({
      ...one,
      request: JSON.parse(
        JSON.stringify(one.request).replace(
          /"([a-z]+(?:[A-Z][a-z]+)+)":/g,
          (_, name: string) => `"${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`,
        ),
      ) as Sent['request'],
    });
    // Log records of one span are read together where they come together.
    const ids = (list: readonly TelemetryEvent[]) =>
      list
        .map(({ id }) => id)
        .filter((id) => !id.endsWith(':log'))
        .sort();
    expect(ids(told(split(sent).map(snake)))).toEqual(ids(events));
  });

  it('names the agent and the conversation', () => {
    const acts = events.filter(({ kind }) => kind === 'model.call' || kind === 'tool.call' || kind === 'tool.result');
    const inLogs = events.filter(({ id }) => id.endsWith(':log'));
    const own = acts.filter((event) => !inLogs.includes(event));
    expect([...new Set(own.map(({ agent }) => agent.id))]).toEqual([
      without.includes('agent') ? SERVICE : conversation.agent,
    ]);
    expect([...new Set(own.map(({ session }) => session.id))]).toEqual([
      without.includes('session') ? own[0]?.trace?.traceId : conversation.session,
    ]);
  });
});
