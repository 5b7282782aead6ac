/** A recording, read once, replayed once for each variant. */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { readLabels } from '../backtest/labels-file.js';
import { LabelledRuns, type RunsHeard } from '../backtest/labelled-runs.js';
import { type Reading, readRecording } from '../backtest/recording.js';
import type { ReplayOptions } from '../backtest/replay.js';
import type { Label } from '../backtest/score.js';
import { type Counts, Tally } from '../backtest/tally.js';
import { readOn } from '../../inspect/read-on.js';
import { inspectedBy, type Readers, unread } from './inspecting.js';
import { isExposed, type MeasuredRun, RunCollector } from './measured-run.js';
import { rewritten, type Variant } from './variants.js';

export interface Recording {
  name: string;
  events: TelemetryEvent[];
  labels: Label[];
  /** Labelled runs that are not in it, and runs in it without a label. */
  left: Pick<RunsHeard, 'unheard' | 'unlabelled'>;
  reading: Reading;
}

/** What of a recording was read, for the report. */
export interface RecordingRead {
  name: string;
  events: number;
  runs: number;
  unheard: number;
  unlabelled: number;
  /** Lines or spans that could not be read. */
  refused: number;
}

export const readOf = ({ name, events, labels, left, reading }: Recording): RecordingRead => ({
  name,
  events: events.length,
  runs: labels.length,
  ...left,
  refused: reading.refused.count,
});

export interface Replayed {
  recording: string;
  variant: Variant;
  counts: Counts;
  runs: MeasuredRun[];
  /** Exposed runs in which no known wrapper was found, so that there is no variant of them. */
  leftOut: number;
}

/** Reads traces and labels; throws `input-malformed` where they do not belong together. Texts are not inspected yet: each variant does that. */
export async function openRecording(
  traces: string,
  labels: string,
  options: { tenant: string; onProgress?: NonNullable<Parameters<typeof readRecording>[0]['onProgress']> },
): Promise<Recording> {
  const events: TelemetryEvent[] = [];
  const runs = new LabelledRuns(readLabels(labels));
  const reading = await readRecording({ ...options, file: traces, inspector: unread }, (event) => {
    runs.hear(event);
    events.push(event);
  });
  const { labels: heard, ...left } = runs.heard({ traces, labels });
  const name = traces.replace(/^.*[\\/]/, '').replace(/\.(?:otlp\.)?jsonl(?:\.gz)?$/, '');
  return { name, events, labels: heard, left, reading };
}

export async function replayVariant(
  { name, events, labels }: Recording,
  variant: Variant,
  engine: Pick<ReplayOptions, 'detect' | 'respond' | 'tenant' | 'baseline'>,
  readers: Readers,
): Promise<Replayed> {
  const collector = new RunCollector(labels);
  const changed = new Set<string>();
  const tally = new Tally({
    ...engine,
    lagMs: variant.lagMs,
    onLine: (line) => collector.line(line),
    onFinding: (finding) => collector.finding(finding),
    onContraction: (contraction) => collector.contraction(contraction),
  });
  const inspector = variant.reading === 'none' ? unread : readers[variant.reading];
  let taken = 0;
  for (const event of events) {
    const read = await readOn(
      inspectedBy(
        inspector,
        rewritten(event, variant.wrapper, (traceId) => changed.add(traceId)),
      ),
      inspector,
    );
    collector.event(read);
    tally.take(read);
    // Lets signals and the terminal in.
    if (++taken % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const counts = tally.finish();
  const all = collector.runs();
  const without = (run: MeasuredRun): boolean =>
    variant.wrapper !== 'recorded' && isExposed(run) && !changed.has(run.label.traceId);
  return {
    recording: name,
    variant,
    counts,
    runs: all.filter((run) => !without(run)),
    leftOut: all.filter(without).length,
  };
}
