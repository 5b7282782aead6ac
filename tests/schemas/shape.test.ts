import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TOPIC_SHAPES } from '../../schemas/shape.js';
import { TOPICS } from '../../schemas/topics.js';
import { finding } from '../respond/rig.js';

const FINDING = { kind: 'finding', tenant: 't', timeMs: 1, finding: finding({}) };
const EVENT = {
  schemaVersion: 1,
  id: 'e',
  kind: 'prompt',
  tenant: 't',
  streamKey: 't/s',
  timeMs: 1,
  receivedAtMs: 1,
  agent: { id: 'a' },
  session: { id: 's' },
  trust: 'claimed',
  source: { dialect: 'native' },
  messages: [],
};
const without = (value: object, name: string): object =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));

describe('the shape of records', () => {
  it('takes what has all it must have, whatever else it has', () => {
    expect(TOPIC_SHAPES.signals({ kind: 'tick', tenant: 't', timeMs: 1 })).toBeUndefined();
    expect(TOPIC_SHAPES.signals({ kind: 'tick', tenant: 't', timeMs: 1, more: [] })).toBeUndefined();
    expect(TOPIC_SHAPES.signals(FINDING)).toBeUndefined();
    expect(
      TOPIC_SHAPES.signals({ ...FINDING, finding: { ...FINDING.finding, severity: 'a new word' } }),
    ).toBeUndefined();
    expect(TOPIC_SHAPES.telemetry(EVENT)).toBeUndefined();
  });

  it.each([
    ['signals', {}, '/kind'],
    ['signals', { kind: 'of another program' }, '/kind'],
    ['signals', { kind: 'tick', tenant: 't' }, '/timeMs'],
    ['signals', { kind: 'tick', tenant: 't', timeMs: null }, '/timeMs'],
    ['signals', { kind: 'tick', tenant: 7, timeMs: 1 }, '/tenant'],
    ['signals', { ...FINDING, finding: 'text' }, '/finding'],
    ['signals', { ...FINDING, finding: without(FINDING.finding, 'entity') }, '/finding/entity'],
    ['signals', { ...FINDING, finding: { ...FINDING.finding, entity: { type: 'agent' } } }, '/finding/entity/tenant'],
    ['signals', { kind: 'command', tenant: 't', timeMs: 1, id: 'c', by: 'b', reason: 'r', command: {} }, '/command/do'],
    ['telemetry', without(EVENT, 'streamKey'), '/streamKey'],
    ['telemetry', { ...EVENT, agent: null }, '/agent'],
    ['telemetry', { ...EVENT, agent: {} }, '/agent/id'],
    ['contractions', { kind: 'contraction', contraction: { id: 'c' } }, '/contraction/tenant'],
    ['audit', { id: 7 }, '/schemaVersion'],
  ] as const)('says what a record of %s lacks', (topic, value, pointer) => {
    expect(TOPIC_SHAPES[topic](value)).toBe(pointer);
  });

  it('answers anything that JSON can say', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TOPICS), fc.jsonValue(), (topic, value) => {
        expect(['string', 'undefined']).toContain(typeof TOPIC_SHAPES[topic](value));
      }),
    );
  });
});
