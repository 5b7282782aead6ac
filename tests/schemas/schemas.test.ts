import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graver, SEVERITIES } from '../../schemas/common.js';
import { Control, CONTROLS } from '../../schemas/control.js';
import { ENTITY_TYPES, entityKey, parseEntityKey, sameEntity } from '../../schemas/entity.js';
import { EVENT_KINDS, TelemetryEvent } from '../../schemas/event.js';

const root = join(import.meta.dirname, '..', '..');

const entity = fc.record({
  tenant: fc.string({ minLength: 1 }),
  type: fc.constantFrom(...ENTITY_TYPES),
  id: fc.string({ minLength: 1 }),
});

describe('entity keys', () => {
  it('are read back also where a name is half a surrogate pair', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        (id) =>
          parseEntityKey(entityKey({ tenant: 't', type: 'tool', id: id + String.fromCharCode(0xd800) }))?.id ===
          id + String.fromCharCode(0xd800),
      ),
    );
  });

  it('are read back as what they were made of, whatever the parts contain', () => {
    fc.assert(fc.property(entity, (e) => sameEntity(parseEntityKey(entityKey(e))!, e)));
  });

  it('are equal only for equal entities', () => {
    fc.assert(fc.property(entity, entity, (a, b) => (entityKey(a) === entityKey(b)) === sameEntity(a, b)));
  });

  it.each(['', 'a/agent', 'a/robot/x', 'a/agent/x/y', 'a/agent/%E0%A4%A'])('refuse %j', (text) => {
    expect(parseEntityKey(text)).toBeUndefined();
  });
});

describe('schemas', () => {
  const event = TypeCompiler.Compile(TelemetryEvent);
  const sample = {
    schemaVersion: 1,
    id: 'e1',
    tenant: 'default',
    kind: 'tool.call',
    timeMs: 1,
    receivedAtMs: 1,
    streamKey: 'default/app',
    agent: { id: 'a' },
    session: { id: 's' },
    trust: 'claimed',
    source: { dialect: 'native' },
    tool: 'read_inbox',
    arguments: { n: [1, 'two', null] },
  };

  it('accept a tool call and refuse it with an unknown key, a wrong kind or a closed set left', () => {
    expect(event.Check(sample)).toBe(true);
    expect(event.Check({ ...sample, toolName: 'x' })).toBe(false);
    expect(event.Check({ ...sample, kind: 'tool.cal' })).toBe(false);
    expect(event.Check({ ...sample, trust: 'absolute' })).toBe(false);
    expect(event.Check({ ...sample, tenant: '' })).toBe(false);
  });

  it('name every kind and every control once', () => {
    const kinds = TelemetryEvent.anyOf.map((member) => member.properties.kind.const);
    expect(new Set(kinds)).toEqual(new Set(Object.keys(EVENT_KINDS)));
    const controls = Control.anyOf.map((member) => member.properties.control.const);
    expect(new Set(controls)).toEqual(new Set(Object.keys(CONTROLS)));
  });

  it('have their JSON Schemas checked in as they are defined', () => {
    expect(() =>
      execFileSync(process.execPath, [join(root, 'dist', 'schemas', 'generate.js'), '--check'], { stdio: 'pipe' }),
    ).not.toThrow();
  });
});

describe('severity', () => {
  it('is a total order under graver', () => {
    for (const a of SEVERITIES) for (const b of SEVERITIES) expect([a, b]).toContain(graver(a, b));
    expect(graver('low', 'high')).toBe('high');
    expect(graver('medium', 'informational')).toBe('medium');
  });
});
