/** The live receiver for tests: real HTTP, real intake; records are kept in a list in place of a stream's disk. */
import type { TelemetryEvent } from '../../schemas/event.js';
import type { DeadLetter } from '../../schemas/deadletter.js';
import { createInspector } from '../../services/inspect/inspect-text.js';
import { Intake, type IntakeOptions } from '../../services/ingest/intake.js';
import { OtlpHttpSource, type OtlpHttpOptions } from '../../services/ingest/sources/otlp-http.js';
import type { AnyOutgoing } from '../../services/runtime/stream/types.js';
import { pino } from 'pino';

export interface TestReceiver {
  endpoint: string;
  source: OtlpHttpSource;
  records: AnyOutgoing[];
  events: () => TelemetryEvent[];
  letters: () => DeadLetter[];
  logged: string[];
  stop: () => Promise<void>;
}

export function testIntake(options: Partial<IntakeOptions> = {}): Intake {
  return new Intake({
    inspector: createInspector(),
    tenant: 'default',
    latenessMs: 900_000,
    skewMs: 120_000,
    keepContent: true,
    keepLetters: false,
    ...options,
  });
}

export async function testReceiver(options: Partial<OtlpHttpOptions> = {}): Promise<TestReceiver> {
  const records: AnyOutgoing[] = [];
  const logged: string[] = [];
  const source = new OtlpHttpSource({
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    tls: undefined,
    maxBodyBytes: 4 * 1024 * 1024,
    maxPendingBytes: 16 * 1024 * 1024,
    intake: testIntake(),
    append: async (batch) => void records.push(...batch),
    log: pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }),
    now: () => Date.now(),
    eventTime: false,
    ...options,
  });
  await source.start();
  return {
    endpoint: `${options.tls ? 'https' : 'http'}://127.0.0.1:${source.address.port}`,
    source,
    records,
    logged,
    events: () => records.flatMap((record) => (record.topic === 'telemetry' ? [record.value] : [])),
    letters: () => records.flatMap((record) => (record.topic === 'deadletter' ? [record.value] : [])),
    stop: () => source.stop(),
  };
}
