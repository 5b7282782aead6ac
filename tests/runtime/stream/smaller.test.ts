import { describe, expect, it } from 'vitest';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { smaller } from '../../../services/runtime/stream/smaller.js';
import type { AnyOutgoing } from '../../../services/runtime/stream/types.js';

const base = {
  ...{ schemaVersion: 1, id: 'e', tenant: 't', timeMs: 1, receivedAtMs: 1, streamKey: 't/a' },
  ...{ agent: { id: 'a' }, session: { id: 's' }, trust: 'claimed', source: { dialect: 'native' } },
} as const;
const telemetry = (more: object): AnyOutgoing => ({
  topic: 'telemetry',
  key: 't/a',
  value: { ...base, ...more } as TelemetryEvent,
});
const bytes = (record: AnyOutgoing): number => Buffer.byteLength(JSON.stringify(record.value));
const fitted = (record: AnyOutgoing, most: number): AnyOutgoing | undefined =>
  smaller(record, (each) => bytes(each) <= most);
const valueOf = (record: AnyOutgoing | undefined): TelemetryEvent =>
  record?.topic === 'telemetry' ? record.value : expect.fail('no telemetry is left');

describe('a record that is too large', () => {
  it('keeps as much of its texts as there is room for, and says that they are cut', () => {
    const event = valueOf(fitted(telemetry({ kind: 'prompt', text: 'a'.repeat(100_000) }), 40_000));
    expect(event.kind === 'prompt' && event.text).toBe(`${'a'.repeat(16 * 1024)}…`);
    expect(event.skipped).toEqual([
      { check: 'content', reason: 'too large for the stream: texts are cut after 16384 characters' },
    ]);
  });

  it('cuts no character in two', () => {
    const event = valueOf(fitted(telemetry({ kind: 'prompt', text: `a${'😀'.repeat(50_000)}` }), 100_000));
    expect(event.kind === 'prompt' && event.text?.isWellFormed()).toBe(true);
  });

  it('leaves texts out where they are many, and keeps what inspection said of them where it stands', () => {
    const messages = Array.from({ length: 400 }, (_, at) => ({ role: 'user', text: `${at} ${'b'.repeat(900)}` }));
    const inspections = messages.map((_, at) => ({
      ...{ hash: `h${at}`, at: `/messages/${at}/text`, role: 'user', chars: 900 },
      verdict: { kind: 'read', model: 'm', probability: at === 7 ? 0.9 : 0.01, spans: [] },
    }));
    const record = telemetry({ kind: 'model.call', messages, inspections });
    const bare = valueOf(fitted(record, 100_000));
    expect(bare.kind === 'model.call' && bare.messages?.length).toBe(400);
    expect(bare.inspections).toHaveLength(400);
    const least = valueOf(fitted(record, 20_000));
    expect(least.kind === 'model.call' && least.messages?.length).toBe(400);
    expect(least.inspections?.[0]).toEqual(inspections[7]);
    expect(least.skipped?.map(({ reason }) => reason)).toContain('too large for the stream: texts are left out');
  });

  it('spares the payload of a dead letter, and says that it cannot be read again', () => {
    const letter: AnyOutgoing = {
      topic: 'deadletter',
      key: 'd',
      value: {
        ...{ schemaVersion: 1, id: 'd', tenant: 't', atMs: 1, source: 'x', format: 'native', redacted: false },
        ...{ reason: { code: 'malformed', text: 'c'.repeat(5_000) }, payload: 'd'.repeat(100_000) },
      },
    };
    const less = fitted(letter, 3_000);
    expect(less?.topic === 'deadletter' && [less.value.redacted, less.value.payload]).toEqual([true, undefined]);
  });

  it('is not cut where it is no content', () => {
    expect(
      fitted(
        {
          topic: 'contractions',
          key: 'k',
          value: { kind: 'paused', tenant: 'e'.repeat(10_000), paused: true, atMs: 1, by: 'b' },
        },
        1_000,
      ),
    ).toBeUndefined();
    expect(fitted(telemetry({ kind: 'session.start', id: 'f'.repeat(10_000) }), 200)).toBeUndefined();
  });
});
