/** The report's part on numeric series. Pure. */
import { type Block, heading, table, text } from './document.js';
import type { MeasuredSeries } from './nab/measured.js';
import { TARGETS } from './targets.js';

export function seriesSection(series: MeasuredSeries | undefined): Block[] {
  if (series === undefined) return [];
  const { ours, random, gaussian } = series;
  const found = ours.series.reduce((sum, each) => sum + each.found, 0);
  const alarms = ours.series.reduce((sum, each) => sum + each.falseAlarms, 0);
  return [
    heading(2, 'Numeric series, scored as the Numenta Anomaly Benchmark does'),
    text(
      `The detector of an agent’s load (\`rate.shift\`), on labelled series: standard profile, one threshold for all series, set as the benchmark sets it. Score ${ours.score.toFixed(1)}, target ${TARGETS.seriesScore}: ${found} of ${ours.windows} windows found, ${alarms} detections outside them, over ${ours.series.length} series. On the same series: chance ${random.toFixed(1)}, a window’s mean and deviation ${gaussian.toFixed(1)}. Its constants were chosen on these series; a score on others may be lower.`,
    ),
    table(
      ['series', 'windows', 'found', 'detections outside'],
      ours.series.map(({ name, windows, found: hits, falseAlarms }) => [
        name,
        String(windows),
        String(hits),
        String(falseAlarms),
      ]),
    ),
  ];
}
