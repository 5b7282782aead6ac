/**
 * Lines of a file as they are, for sending them on: reading, rotation and places are ingest's, decoding is left to the
 * engine that gets them. Only Azure records, which the engine takes from streams alone, are read here and sent on as the
 * events that they tell of.
 */
import type { TelemetryEvent } from '../../schemas/event.js';
import { createInspector } from '../inspect/inspect-text.js';
import { type Arrival, Intake, type TakenIn } from '../ingest/intake.js';

export interface RawLineOptions {
  tenant: string;
  /** Agents by what a directory calls them. */
  agentNames?: ReadonlyMap<string, string>;
}

export class RawLines extends Intake {
  constructor(options: RawLineOptions) {
    super({
      ...options,
      inspector: createInspector(),
      latenessMs: 0,
      skewMs: 0,
      keepContent: true,
      keepLetters: false,
    });
  }

  override document(input: unknown, arrival: Arrival): TakenIn {
    // A list on one line may hold both kinds; the engine takes lists of events alone.
    if (Array.isArray(input)) return this.each(input, '', arrival, (item, within) => this.document(item, within));
    if (typeof input === 'object' && input !== null && 'resourceMetrics' in input) return asItIs(input);
    return super.document(input, arrival);
  }

  override traces(request: unknown): TakenIn {
    return asItIs(request);
  }

  override logs(request: unknown): TakenIn {
    return asItIs(request);
  }

  override native(input: unknown): TakenIn {
    return asItIs(input);
  }
}

/** What is to be sent stands where its events would: nobody but {@link rawLine} looks at it. */
function asItIs(input: unknown): TakenIn {
  return {
    records: [{ topic: 'telemetry', key: '', value: input as TelemetryEvent }],
    events: 1,
    refused: [],
    items: 1,
    ignored: 0,
  };
}

export function rawLine(value: TelemetryEvent): unknown {
  return value;
}
