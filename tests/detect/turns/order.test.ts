/**
 * The same recorded conversation in any order, batching and repetition gives the same calls, results and prompts: those
 * that really happened, whatever mix of sources tells them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message, TelemetryEvent, ToolCallPart } from '../../../schemas/event.js';
import { newTurnState, turn } from '../../../services/detect/turns.js';
import { assistant, Recording, system, toolMessage, user } from './builder.js';
import { summary, type TurnSummary } from './summary.js';

interface Step {
  prompt: string;
  calls: { tool: string; at: string; result: string }[];
}
interface Shape {
  ids: boolean;
  spans: 'none' | 'with ids' | 'without ids';
  inline: boolean;
  outputs: boolean;
  agentSpan: boolean;
}

/** Results depend on tool and arguments only where the tool is a look-up; else every run gives another. */
const step = fc.record({
  prompt: fc.constantFrom('go', 'yes', 'look again', 'thanks'),
  calls: fc.array(
    fc.record({
      tool: fc.constantFrom('look', 'send'),
      at: fc.constantFrom('a', 'b'),
      result: fc.constantFrom('same', 'other', '{"n": 1}'),
    }),
    { maxLength: 3 },
  ),
});
const shape = fc.record({
  ids: fc.boolean(),
  spans: fc.constantFrom('none' as const, 'with ids' as const, 'without ids' as const),
  inline: fc.boolean(),
  outputs: fc.boolean(),
  agentSpan: fc.boolean(),
});

/** What the emitters send of a conversation, span by span, and what really happened. */
function record(
  steps: readonly Step[],
  { ids, spans, inline, outputs, agentSpan }: Shape,
): { groups: TelemetryEvent[][]; truth: TurnSummary } {
  const groups: TelemetryEvent[][] = [];
  const truth: TurnSummary = { prompts: [], calls: [], results: [], said: [] };
  const history: Message[] = [system('be good')];
  const r = new Recording();
  const group = (make: () => void): void => {
    const before = r.events.length;
    make();
    groups.push(r.events.slice(before));
  };
  steps.forEach(({ prompt, calls }, nth) => {
    const trace = `t${nth}`;
    history.push(user(prompt));
    truth.prompts.push(prompt);
    const parts = calls.map(({ tool, at }, index): ToolCallPart => ({
      name: tool,
      arguments: { at },
      ...(ids && { id: `call_${nth}x${index}_id` }),
    }));
    group(() =>
      r.model([...history], outputs ? (parts.length > 0 ? { toolCalls: parts } : { text: `answer ${nth}` }) : {}, {
        trace,
      }),
    );
    if (parts.length > 0) {
      history.push(assistant(undefined, ...parts));
      calls.forEach(({ tool, at, result }, index) => {
        const id = parts[index]?.id;
        truth.calls.push(`${tool} {"at":"${at}"}`);
        truth.results.push(result);
        if (inline) {
          group(() => {
            r.event('tool.call', { tool, arguments: { at }, ...(id && { toolCallId: id }) }, { dialect: 'inline' });
            r.event(
              'tool.result',
              { tool, arguments: { at }, text: result, ...(id && { toolCallId: id }) },
              { dialect: 'inline' },
            );
            for (const event of r.events.slice(-2)) event.id = `inline:${nth}:${index}:${event.kind}`;
          });
        }
        if (spans !== 'none')
          group(() => r.tool(tool, JSON.stringify({ at }), result, spans === 'with ids' ? id : undefined, { trace }));
        history.push(toolMessage(result, id));
      });
      group(() => r.model([...history], outputs ? { text: `answer ${nth}` } : {}, { trace }));
    }
    if (agentSpan) group(() => r.event('prompt', { text: prompt }, { trace, dialect: 'vercel-ai' }));
    history.push(assistant(`answer ${nth}`));
  });
  // The last answer's results are only in a later call's history: one more call has all of them.
  group(() => r.model([...history], {}, { trace: 'last' }));
  for (const list of Object.values(truth) as string[][]) list.sort();
  return { groups, truth };
}

function told(events: readonly TelemetryEvent[]): TurnSummary {
  const state = newTurnState();
  const all = events.flatMap((event) => turn(structuredClone(event), state).events);
  return { ...summary(all), said: [] };
}

/** A fixed shuffle of a list by random keys. */
function shuffled<T>(list: readonly T[], keys: readonly number[]): T[] {
  return list
    .map((item, index) => ({ item, key: keys[index % keys.length]! * 7919 + ((index * 31) % 97) }))
    .sort((a, b) => (a.key % 1009) - (b.key % 1009))
    .map(({ item }) => item);
}

const keys = fc.array(fc.nat(1_000), { minLength: 5, maxLength: 40 });
const normal = ({ calls, ...rest }: TurnSummary): TurnSummary => ({
  ...rest,
  calls: calls.map((call) => call.replaceAll('\\"', '"').replace(/"(\{.*\})"$/, '$1')).sort(),
});

describe('a conversation with its whole history resent', () => {
  it('in order: what happened', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), shape, (steps, how) => {
        const { groups, truth } = record(steps, how);
        expect(normal(told(groups.flat()))).toEqual(truth);
      }),
      { numRuns: 300 },
    );
  });

  it('spans in any order, each any number of times', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 4 }),
        shape,
        keys,
        fc.array(fc.nat(30), { maxLength: 10 }),
        (steps, how, order, again) => {
          const { groups, truth } = record(steps, how);
          const repeated = [...groups, ...again.flatMap((index) => (groups[index] ? [groups[index]] : []))];
          expect(normal(told(shuffled(repeated, order).flat()))).toEqual(truth);
        },
      ),
      { numRuns: 600 },
    );
  });

  it('events in any order, calls that carry ids', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), shape, keys, (steps, how, order) => {
        const { groups, truth } = record(steps, { ...how, ids: true });
        expect(normal(told(shuffled(groups.flat(), order)))).toEqual(truth);
      }),
      { numRuns: 400 },
    );
  });
});
