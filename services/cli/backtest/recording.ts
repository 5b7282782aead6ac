/** A recording read from a file: decoded, inspected, and in time order within bounded memory. */
import type { Readable } from 'node:stream';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { Intake } from '../../ingest/intake.js';
import { type FileProgress, readFileSource } from '../../ingest/sources/files.js';
import type { Inspector } from '../../inspect/inspect-text.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';
import { Reorder } from './reorder.js';
import { REORDER_BYTES, REORDER_EVENTS, weight } from './reorder-limits.js';

export interface RecordingOptions {
  /** `.jsonl` or `.jsonl.gz`; `-`: standard input. */
  file: string;
  stdin?: Readable;
  inspector: Inspector;
  tenant: string;
  onProgress?: (progress: FileProgress) => void;
  /** Out-of-order events this far apart, in number of events, are put in order. */
  reorderEvents?: number;
}

/** What was read of a recording, and what was not. */
export interface Reading {
  lines: number;
  /** OTLP spans and records in no dialect that is read. */
  ignored: number;
  /** What could not be read, and the first reasons with their places. */
  refused: { count: number; first: string[] };
  /** Events further out of order than the buffer reaches; read at the time that was already reached. */
  late: { count: number; byMs: number };
}

const FIRST_REASONS = 5;

/** Gives each event in time order to `take`. */
export async function readRecording(
  options: RecordingOptions,
  take: (event: TelemetryEvent) => void,
): Promise<Reading> {
  const { file, stdin, inspector, tenant, onProgress, reorderEvents = REORDER_EVENTS } = options;
  const refused: Reading['refused'] = { count: 0, first: [] };
  const reorder = new Reorder<TelemetryEvent>({ items: reorderEvents, bytes: REORDER_BYTES });
  const intake = new Intake({
    inspector,
    tenant,
    latenessMs: Number.MAX_SAFE_INTEGER,
    skewMs: Number.MAX_SAFE_INTEGER,
    keepContent: true,
    keepLetters: false,
  });
  const append = async (records: readonly AnyOutgoing[]): Promise<void> => {
    for (const { topic, value } of await intake.readOn(records)) {
      if (topic === 'telemetry') for (const event of reorder.push(value, value.timeMs, weight(value))) take(event);
      else if (topic === 'deadletter') {
        refused.count += 1;
        const { text, pointer } = value.reason;
        if (refused.first.length < FIRST_REASONS)
          refused.first.push(`${value.source}${pointer === undefined ? '' : ` ${pointer}`}: ${text}`);
      }
    }
    // Lets signals and the terminal in.
    await new Promise((resolve) => setImmediate(resolve));
  };
  const { lines, ignored } = await readFileSource({
    path: file,
    intake,
    append,
    now: () => 0,
    arrival: 'event',
    ...(stdin === undefined ? {} : { stdin }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  for (const event of reorder.drain()) take(event);
  return { lines, ignored, refused, late: reorder.late };
}
