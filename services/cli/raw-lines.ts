/**
 * Lines of a file as they are, for sending them on: reading, rotation and places are ingest's, decoding is left to the
 * engine that gets them.
 */
import type { TelemetryEvent } from '../../schemas/event.js';
import { createInspector } from '../inspect/inspect-text.js';
import { Intake, type TakenIn } from '../ingest/intake.js';

export class RawLines extends Intake {
  constructor(tenant: string) {
    super({ inspector: createInspector(), tenant, latenessMs: 0, skewMs: 0, keepContent: true, keepLetters: false });
  }

  /** The parsed line itself stands where its events would: nobody but {@link rawLine} looks at it. */
  override document(input: unknown): TakenIn {
    return {
      records: [{ topic: 'telemetry', key: '', value: input as TelemetryEvent }],
      events: 1,
      refused: [],
      items: 1,
      ignored: 0,
    };
  }
}

export function rawLine(value: TelemetryEvent): unknown {
  return value;
}
