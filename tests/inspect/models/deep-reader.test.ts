import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allWindows,
  STRIDE_PIECES,
  WINDOW_PIECES,
  windowsOver,
} from '../../../services/inspect/models/deep/laid-windows.js';
import { DeepReader, runOf } from '../../../services/inspect/models/deep/reader.js';
import type { DeepRun, DeepSession } from '../../../services/inspect/models/deep/session.js';
import { WordPiece } from '../../../services/inspect/models/deep/wordpiece.js';

const pieces = new WordPiece(
  readFileSync(new URL('../../../services/inspect/models/weights/wordpiece-vocab.txt', import.meta.url), 'utf8'),
);
const SEND = pieces.encode('send').ids[0] as number;

/** Arithmetic in place of weights: a window's log-odds are the number of times it holds "send". */
class CountingSession implements DeepSession {
  readonly runtime = 'onnxruntime-web';
  readonly batches: number[] = [];
  readonly lengths: number[] = [];
  async run(ids: BigInt64Array, rows: number, length: number): Promise<DeepRun> {
    this.batches.push(rows);
    this.lengths.push(length);
    const token = Array.from(ids, (id) => (Number(id) === SEND ? 3 : -3));
    const window = Array.from(
      { length: rows },
      (_, row) => token.slice(row * length, (row + 1) * length).filter((odds) => odds > 0).length,
    );
    return { kind: 'read', window, token };
  }
  async close(): Promise<void> {}
}

const roomy = { maxWindows: 1000, maxMs: 60_000 };
/** Words of which no two windows are the same. */
const different = (count: number): string => {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  return Array.from({ length: count }, (_, at) => `${letters[at % 26]} ${letters[Math.floor(at / 26) % 26]} `).join('');
};

describe('the deep reader', () => {
  it('reads the whole text in overlapping windows, and says where', async () => {
    const text = `${different(75)}send it ${different(75)}`;
    const reader = new DeepReader(new CountingSession(), pieces, () => 0);
    const { windows, unread } = await reader.read(text, roomy);
    expect(windows.length).toBe(Math.ceil((302 - (WINDOW_PIECES - 2)) / STRIDE_PIECES) + 1);
    expect(unread).toBe(0);
    const hits = windows.filter((window) => window.logOdds > 0);
    expect(hits.length).toBe(2);
    for (const hit of hits) expect(text.slice(hit.start, hit.end)).toBe('send');
  });

  it('reads only the windows over the stretches, those with the stretch in their middle', async () => {
    const text = `${'word '.repeat(500)}send ${'word '.repeat(500)}`;
    const at = text.indexOf('send');
    const session = new CountingSession();
    const { windows } = await new DeepReader(session, pieces, () => 0).read(text, roomy, [{ start: at, end: at + 4 }]);
    expect(windows.map((window) => window.logOdds)).toEqual([1]);
    expect(session.batches).toEqual([1]);
    // Only as long as it must be: the stretch, what stands round it, two frame pieces.
    expect(session.lengths[0]).toBe(43);
  });

  it('reads a window once, whatever the digits in it, and does not count it again', async () => {
    const session = new CountingSession();
    const reader = new DeepReader(session, pieces, () => 0);
    const first = await reader.read('At 14:05 someone says: send 31 boxes.', roomy);
    const again = await reader.read('At 15:17 someone says: send 42 boxes.', { maxWindows: 0, maxMs: 0 });
    expect(session.batches).toEqual([1]);
    expect([first.asked, again.asked, again.unread]).toEqual([1, 0, 0]);
    expect(again.windows).toEqual(first.windows);
    expect((await reader.read('At 15:17 someone says: sent 42 boxes.', roomy)).asked).toBe(1);
  });

  it('fills no row up to one that is much longer', async () => {
    const session = new CountingSession();
    const text = `${different(60)}send ${different(60)}`;
    const short = [0, 1, 2].map((at) => ({ start: at, end: at + 1 }));
    const { windows } = await new DeepReader(session, pieces, () => 0).read(text, roomy, [
      { start: 200, end: 300 },
      ...short,
    ]);
    expect(windows).toHaveLength(2);
    expect(session.batches).toEqual([1, 1]);
    expect(session.lengths[0]).toBeGreaterThan(2 * (session.lengths[1] as number));
  });

  it('covers a stretch that is longer than a window', async () => {
    const text = 'send '.repeat(400);
    const { windows } = await new DeepReader(new CountingSession(), pieces, () => 0).read(text, roomy, [
      { start: 0, end: text.length },
    ]);
    expect(windows[0]?.start).toBe(0);
    expect(windows.at(-1)?.end).toBe(text.trimEnd().length);
    windows
      .slice(1)
      .forEach((window, index) => expect(window.start).toBeLessThan((windows[index] as { end: number }).end));
  });

  it('leaves windows unread when their number or the time is spent, and counts them', async () => {
    const text = different(1000);
    const few = await new DeepReader(new CountingSession(), pieces, () => 0).read(text, { maxWindows: 3, maxMs: 1000 });
    expect(few.windows.length).toBe(3);
    const total = few.windows.length + few.unread;
    let now = 0;
    const slow = new DeepReader(new CountingSession(), pieces, () => (now += 300));
    // Four windows took 300 ms, four more would end behind 500 ms.
    const some = await slow.read(text, { maxWindows: 1000, maxMs: 500 });
    expect(some.windows.length).toBe(4);
    expect(some.windows.length + some.unread).toBe(total);
    expect(some.tookMs).toBe(300);
    const none = await new DeepReader(new CountingSession(), pieces, () => 0).read(text, {
      maxWindows: 1000,
      maxMs: 0,
    });
    expect(none.windows).toEqual([]);
    expect(none.unread).toBe(total);
  });

  it('keeps what was read before the session gave up, and says why the rest was not', async () => {
    const text = different(1000);
    for (const why of ['queue', 'time', { failed: 'its thread ended with 1' }] as const) {
      const session = new CountingSession();
      const counting = session.run.bind(session);
      session.run = (ids, rows, length) =>
        session.batches.length > 0 ? Promise.resolve({ kind: 'left', why }) : counting(ids, rows, length);
      const { windows, unread, left } = await new DeepReader(session, pieces, () => 0).read(text, roomy);
      expect(windows.length).toBe(4);
      expect(unread).toBeGreaterThan(30);
      expect(left).toEqual(why === 'time' ? undefined : why);
    }
  });

  it('has nothing to read in an empty text', async () => {
    const reader = new DeepReader(new CountingSession(), pieces, () => 0);
    expect(await reader.read('', roomy)).toEqual({ windows: [], asked: 0, unread: 0, tookMs: 0 });
    expect(await reader.read('', roomy, [{ start: 0, end: 0 }])).toEqual({
      windows: [],
      asked: 0,
      unread: 0,
      tookMs: 0,
    });
  });
});

describe('laid windows', () => {
  const textOf = fc.integer({ min: 1, max: 400 }).map(different);
  const stretch = fc.tuple(fc.nat(1600), fc.nat(900)).map(([start, length]) => ({ start, end: start + length + 1 }));

  it('show every piece of every stretch, within the text, and none is too long', () => {
    fc.assert(
      fc.property(textOf, fc.array(stretch, { maxLength: 6 }), (text, stretches) => {
        const encoded = pieces.encode(text);
        const laid = windowsOver(encoded, stretches);
        for (const { from, count } of laid) {
          expect(from).toBeGreaterThanOrEqual(0);
          expect(count).toBeGreaterThan(0);
          expect(count).toBeLessThanOrEqual(WINDOW_PIECES - 2);
          expect(from + count).toBeLessThanOrEqual(encoded.ids.length);
        }
        for (const { start, end } of stretches)
          encoded.starts.forEach((begin, at) => {
            if (begin < end && (encoded.ends[at] as number) > start)
              expect(laid.some(({ from, count }) => from <= at && at < from + count)).toBe(true);
          });
      }),
      { numRuns: 60 },
    );
  });

  it('cover a whole text', () => {
    for (const count of [0, 1, 61, 62, 63, 64, 200]) {
      const laid = allWindows(count);
      expect(laid.at(-1) === undefined ? 0 : (laid.at(-1)?.from ?? 0) + (laid.at(-1)?.count ?? 0)).toBe(count);
      expect(laid[0]?.from ?? 0).toBe(0);
    }
  });
});

describe('the run of suspicious pieces', () => {
  it.each([
    [
      [-1, 2, 2, -1, 2, -1],
      [1, 4],
    ],
    [
      [5, -1, -1, -1, -1, -1, -1, -1, 2, 2],
      [0, 0],
    ],
    [
      [-1, -1],
      [0, 1],
    ],
    [[], [0, 0]],
  ])('of %j is %j', (odds, run) => {
    expect(runOf(odds)).toEqual(run);
  });
});
