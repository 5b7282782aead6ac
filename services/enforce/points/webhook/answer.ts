/** What a receiver may answer, read strictly: an answer that is not understood is no confirmation. */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Observation, Order, Outcome } from '../../point.js';

const State = Type.Union([Type.Literal('applied'), Type.Literal('absent'), Type.Literal('changed')]);
const Answer = Type.Object({
  state: State,
  hash: Type.Optional(Type.String({ maxLength: 256 })),
  effectiveInMs: Type.Optional(Type.Number({ minimum: 0 })),
  reason: Type.Optional(Type.String()),
  note: Type.Optional(Type.String()),
});
const States = Type.Object({
  effects: Type.Array(
    Type.Object({
      id: Type.String(),
      state: State,
      hash: Type.Optional(Type.String({ maxLength: 256 })),
      reason: Type.Optional(Type.String()),
    }),
  ),
});

function parse<T extends typeof Answer | typeof States>(schema: T, body: string): Static<T> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return Value.Check(schema, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function readAnswer(type: 'apply' | 'revert', body: string, order: Order): Outcome {
  const answer = parse(Answer, body);
  if (answer === undefined)
    return { kind: 'unknown', reason: 'the receiver answered 200 with something else than a state' };
  const { state, hash, effectiveInMs, reason, note } = answer;
  if (state === 'changed') return { kind: 'drifted', reason: reason ?? 'it was changed by a person there' };
  const wanted = type === 'apply' ? 'applied' : 'absent';
  if (state !== wanted)
    return { kind: 'retry', reason: reason ?? `the receiver says it is ${state} after ${type} of ${order.effectId}` };
  return {
    kind: 'done',
    ...(hash === undefined ? {} : { hash }),
    ...(effectiveInMs === undefined ? {} : { effectiveInMs }),
    ...(note === undefined ? {} : { note }),
  };
}

export function readStates(body: string, orders: readonly Order[]): readonly Observation[] {
  const answer = parse(States, body);
  const byId = new Map(answer?.effects.map((each) => [each.id, each]));
  return orders.map(({ effectId, hash }): Observation => {
    const found = byId.get(effectId);
    if (answer === undefined || found === undefined)
      return { kind: 'unknown', reason: 'the receiver does not tell its state' };
    if (found.state === 'absent') return { kind: 'absent' };
    if (found.state === 'changed')
      return { kind: 'changed', reason: found.reason ?? 'it was changed by a person there' };
    if (hash !== undefined && found.hash !== undefined && found.hash !== hash)
      return { kind: 'changed', reason: 'it is not what was applied: its hash differs' };
    return { kind: 'in-place' };
  });
}
