/** One backtest: file in, decision lines and a summary out. */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { readRecording, type Reading, type RecordingOptions } from './recording.js';
import { type Counts, Tally, type TallyOptions } from './tally.js';

export interface Summary extends Counts, Reading {
  seconds: number;
  eventsPerSecond: number;
}

export type BacktestOptions = RecordingOptions & TallyOptions & { onEvent?: (event: TelemetryEvent) => void };

export async function backtest(options: BacktestOptions): Promise<Summary> {
  const tally = new Tally(options);
  const begunAt = performance.now();
  const reading = await readRecording(options, (event) => {
    options.onEvent?.(event);
    tally.take(event);
  });
  const counts = tally.finish();
  const seconds = (performance.now() - begunAt) / 1000;
  return { ...reading, ...counts, seconds, eventsPerSecond: seconds > 0 ? counts.events / seconds : 0 };
}
