/** Percent-encoding (RFC 3986): decoded in place where at least four octets are encoded. */
import { type Budget, type Peeler, type Reading, ReadingBuilder } from '../reading.js';
import { hasAnyOf, surveyOf } from '../survey.js';

const RUN = /(?:%[0-9a-fA-F]{2})+/g;
const UTF8 = new TextDecoder('utf-8');

export const percent: Peeler = {
  layer: 'percent',
  peel(reading: Reading, budget: Budget): Reading[] {
    const { text } = reading;
    if (!hasAnyOf(surveyOf(text), '%')) return [];
    const runs = [...text.matchAll(RUN)];
    if (runs.reduce((octets, run) => octets + run[0].length / 3, 0) < 4 || !budget.take(text.length)) return [];
    const builder = new ReadingBuilder(reading);
    let at = 0;
    for (const run of runs) {
      builder.keep(at, run.index);
      at = run.index + run[0].length;
      builder.replace(UTF8.decode(Buffer.from(run[0].replaceAll('%', ''), 'hex')), run.index, at);
    }
    builder.keep(at, text.length);
    return [builder.done('percent')];
  },
};
