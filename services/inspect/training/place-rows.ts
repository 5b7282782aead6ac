/**
 * What the place reader learns from: each request place (and doubted stretch without one) of labelled texts, as it is seen in
 * production, with whether it is part of what was planted.
 *
 *     node dist/services/inspect/training/place-rows.js --texts texts.jsonl --out rows.jsonl
 */
import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { readingsOf } from '../normalise.js';
import { originOf } from '../reading.js';
import { learnedClausesIn, requestsIn } from '../request-clauses.js';
import { openFastReader, openWordPiece } from '../models/weight-files.js';
import { type PlaceView, viewOf } from '../models/place/view.js';
import { readExamples } from './examples.js';

const { values } = parseArgs({ options: { texts: { type: 'string' }, out: { type: 'string' } } });
if (values.texts === undefined || values.out === undefined)
  throw new Error('usage: place-rows --texts FILE --out FILE');

/** Of a text's clean places, at most so many: a manual has hundreds, and one teaches as much as the next. */
const MOST_CLEAN = 4;

const [fast, pieces] = await Promise.all([openFastReader(), openWordPiece()]);
const out = createWriteStream(values.out);
const rowOf = ({ before, within, behind, form }: PlaceView, label: number, kind: string): string =>
  JSON.stringify({
    b: [...before],
    w: [...within],
    a: [...behind],
    x: [...form].map((value) => Math.round(value * 1e3) / 1e3),
    y: label,
    k: kind,
  }) + '\n';
readExamples(values.texts).forEach((example, index) => {
  let clean = 0;
  for (const reading of readingsOf(example.text).readings) {
    const answer = fast.read(reading.text);
    const requests = requestsIn(reading.text, learnedClausesIn(reading.text));
    const bare = answer.doubts.filter(
      (doubt) => !requests.some(({ start, end }) => start < doubt.end && end > doubt.start),
    );
    for (const [formless, places] of [
      [false, requests],
      [true, bare],
    ] as const)
      for (const place of places) {
        const { start, end } = originOf(reading, place.start, place.end);
        const planted = example.spans.some(
          ([from, to]) => Math.min(end, to) - Math.max(start, from) >= 0.5 * Math.min(end - start, to - from),
        );
        const touched = example.spans.some(([from, to]) => start < to && end > from);
        if (!planted && (touched || ++clean > MOST_CLEAN)) continue;
        // A place beside a planted request teaches the difference; of texts without one, most places are enough as they come.
        out.write(
          rowOf(
            viewOf(reading, place, answer, pieces, formless),
            planted ? 1 : 0,
            `${index}:${example.family}:${example.language}`,
          ),
        );
      }
  }
});
out.end();
