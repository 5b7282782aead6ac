import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DeepReader, runOf, STRIDE_PIECES, WINDOW_PIECES } from '../../../services/inspect/models/deep/reader.js';
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
  async run(ids: BigInt64Array, rows: number, length: number): Promise<DeepRun> {
    this.batches.push(rows);
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

describe('the deep reader', () => {
  it('reads the whole text in overlapping windows, and says where', async () => {
    const text = `${'word '.repeat(150)}send it ${'word '.repeat(150)}`;
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
    const text = 'word '.repeat(2000);
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
    const none = await slow.read(text, { maxWindows: 1000, maxMs: 0 });
    expect(none.windows).toEqual([]);
    expect(none.unread).toBe(total);
  });

  it('keeps what was read before the session gave up, and says why the rest was not', async () => {
    const text = 'word '.repeat(2000);
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
    expect(await reader.read('', roomy)).toEqual({ windows: [], unread: 0, tookMs: 0 });
    expect(await reader.read('', roomy, [{ start: 0, end: 0 }])).toEqual({ windows: [], unread: 0, tookMs: 0 });
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
