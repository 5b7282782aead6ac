/** What every stream driver guarantees (see services/runtime/stream/types.ts). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Stream } from '../../services/runtime/stream/types.js';
import { consume, outgoing, tick, timesOf } from './records.js';
import type { DriverUnderTest, Fixture } from './types.js';

export function streamConformance({ name, open, capabilities }: DriverUnderTest): void {
  describe(`stream: ${name}`, () => {
    let fixture: Fixture;
    let stream: Stream;
    beforeEach(async () => {
      fixture = await open();
      stream = fixture.drivers.stream;
    });
    afterEach(async () => {
      await fixture.remove();
    });
    const reopen = async (): Promise<void> => {
      stream = (await fixture.reopen()).stream;
    };

    it('keeps the order of each key, over many appends at once', async () => {
      const keys = ['a', 'b', 'c'];
      await Promise.all(
        Array.from({ length: 60 }, async (_, index) =>
          stream.append([outgoing(index, keys[index % 3]), outgoing(index + 1000, keys[index % 3])]),
        ),
      );
      const got = await consume(stream, 120);
      for (const key of keys) {
        const times = timesOf(got.filter((record) => record.key === key)).filter((time) => time < 1000);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times).toHaveLength(20);
      }
    });

    it('gives each record a place that rises within its partition', async () => {
      const places = [...(await stream.append([outgoing(1), outgoing(2)])), ...(await stream.append([outgoing(3)]))];
      expect(places).toHaveLength(3);
      const offsets = places.map(({ offset }) => offset);
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
      expect(new Set(offsets).size).toBe(3);
      const got = await consume(stream, 3);
      expect(got.map(({ partition, offset }) => ({ partition, offset }))).toEqual(places);
    });

    it('appends nothing where nothing is given', async () => {
      expect(await stream.append([])).toEqual([]);
    });

    it('shares no reference with the sender or between readers', async () => {
      const sent = outgoing(1);
      const appended = stream.append([sent]);
      sent.value.timeMs = 99;
      await appended;
      const [first] = await consume(stream, 1, { group: 'one' });
      if (first) first.value.timeMs = 77;
      const [second] = await consume(stream, 1, { group: 'two' });
      expect(second?.value).toEqual(tick(1));
    });

    it('delivers what is appended while it listens', async () => {
      const received = consume(stream, 3);
      await stream.append([outgoing(1)]);
      await stream.append([outgoing(2), outgoing(3)]);
      expect(timesOf(await received)).toEqual([1, 2, 3]);
    });

    it('delivers again what was not committed', async () => {
      await stream.append([outgoing(1), outgoing(2)]);
      expect(timesOf(await consume(stream, 2))).toEqual([1, 2]);
      expect(timesOf(await consume(stream, 2))).toEqual([1, 2]);
    });

    it('goes on behind the committed record, also after it was opened again', async () => {
      const [first] = await stream.append([outgoing(1), outgoing(2), outgoing(3)]);
      await stream.commit({
        group: 'g',
        topic: 'signals',
        partition: first?.partition ?? 0,
        offset: first?.offset ?? 0,
      });
      await reopen();
      expect(timesOf(await consume(stream, 2, { commit: true }))).toEqual([2, 3]);
      await stream.append([outgoing(4)]);
      await reopen();
      expect(timesOf(await consume(stream, 1))).toEqual([4]);
    });

    it('keeps the positions of groups apart', async () => {
      await stream.append([outgoing(1), outgoing(2)]);
      await consume(stream, 2, { group: 'one', commit: true });
      expect(timesOf(await consume(stream, 2, { group: 'two' }))).toEqual([1, 2]);
      const [one] = await stream.state('signals', 'one');
      const [two] = await stream.state('signals', 'two');
      expect([one?.committed, two?.committed]).toEqual([(one?.end ?? 0) - 1, -1]);
    });

    it('does not move a position back', async () => {
      const places = await stream.append([outgoing(1), outgoing(2), outgoing(3)]);
      const [first, , third] = places;
      await stream.commit({
        group: 'g',
        topic: 'signals',
        partition: third?.partition ?? 0,
        offset: third?.offset ?? 0,
      });
      await stream.commit({
        group: 'g',
        topic: 'signals',
        partition: first?.partition ?? 0,
        offset: first?.offset ?? 0,
      });
      expect((await stream.state('signals', 'g'))[0]?.committed).toBe(third?.offset);
    });

    it('begins at the end for a group that asks for the latest', async () => {
      await stream.append([outgoing(1)]);
      const got: number[] = [];
      const subscription = await stream.subscribe({
        topic: 'signals',
        group: 'late',
        from: 'latest',
        handler: async (records) => void got.push(...timesOf(records)),
      });
      await stream.append([outgoing(2)]);
      while (got.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      await subscription.stop();
      expect(got).toEqual([2]);
    });

    it('gives one batch at a time, no larger than asked', async () => {
      await stream.append(Array.from({ length: 25 }, (_, index) => outgoing(index)));
      let running = 0;
      const sizes: number[] = [];
      await new Promise<void>((resolve, reject) => {
        void stream.subscribe({
          topic: 'signals',
          group: 'g',
          from: 'earliest',
          maxBatch: 10,
          handler: async (records) => {
            if (++running > 1) reject(new Error('two batches at once'));
            await new Promise((after) => setTimeout(after, 1));
            sizes.push(records.length);
            running--;
            if (sizes.reduce((sum, size) => sum + size, 0) === 25) resolve();
          },
          onError: reject,
        });
      });
      expect(Math.max(...sizes)).toBeLessThanOrEqual(10);
    });

    it('stops at a rejected batch, says so, and delivers it again to the next', async () => {
      await stream.append([outgoing(1), outgoing(2)]);
      let calls = 0;
      const error = await new Promise((resolve) => {
        void stream.subscribe({
          topic: 'signals',
          group: 'g',
          from: 'earliest',
          handler: async () => {
            calls++;
            throw new Error('cannot');
          },
          onError: resolve,
        });
      });
      expect(String(error)).toContain('cannot');
      await stream.append([outgoing(3)]);
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(calls).toBe(1);
      expect(timesOf(await consume(stream, 3))).toEqual([1, 2, 3]);
    });

    it('stops when the running batch is done, and delivers nothing afterwards', async () => {
      await stream.append([outgoing(1)]);
      let finished = false;
      let batches = 0;
      const begun = new Promise<Awaited<ReturnType<Stream['subscribe']>>>((resolve) => {
        const opened = stream.subscribe({
          topic: 'signals',
          group: 'g',
          from: 'earliest',
          handler: async () => {
            batches++;
            resolve(opened);
            await new Promise((after) => setTimeout(after, 20));
            finished = true;
          },
        });
      });
      await (await begun).stop();
      expect(finished).toBe(true);
      await stream.append([outgoing(2)]);
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(batches).toBe(1);
    });

    it('carries records of 5 MB', async ({ skip }) => {
      const size = 5 * 1024 * 1024;
      if (capabilities.maxRecordBytes < size) skip(`records are at most ${capabilities.maxRecordBytes} bytes`);
      const text = 'ä'.repeat(size / 2);
      await stream.append([outgoing(1), outgoing(2, 'k', text), outgoing(3)]);
      const got = await consume(stream, 3);
      expect(timesOf(got)).toEqual([1, 2, 3]);
      expect(got[1]?.value.tenant === text).toBe(true);
    });

    it('carries any text in keys and values', async () => {
      const texts = ['', ' ', 'ключ', '鍵/🗝️', 'a%b_c', "it's", '\u0000zero', 'line\nbreak', '\u{10FFFF}'];
      await stream.append(texts.map((text, index) => outgoing(index, text, text === '' ? 'none' : text)));
      const got = await consume(stream, texts.length);
      expect(got.map(({ key }) => key)).toEqual(texts);
      expect(got.map(({ value }) => value.tenant)).toEqual(texts.map((text) => (text === '' ? 'none' : text)));
    });

    it('gives a reader that goes by texts the same values, and texts that say the same', async () => {
      await stream.append([1, 2, 3].map((time) => outgoing(time, 'k', `"ä${time}`)));
      const got = await consume(stream, 3, { texts: true });
      expect(timesOf(got)).toEqual([1, 2, 3]);
      expect(got.map(({ value }) => value.tenant)).toEqual(['"ä1', '"ä2', '"ä3']);
      for (const { text, value } of got) if (text !== undefined) expect(JSON.parse(text)).toEqual(value);
    });

    it('lets tools read from a place on, or so many before the end', async () => {
      const places = await stream.append([1, 2, 3, 4, 5].map((time) => outgoing(time)));
      const from = places[2]?.offset ?? 0;
      expect(timesOf(await stream.read('signals', { from, limit: 2 }))).toEqual([3, 4]);
      expect(timesOf(await stream.read('signals', { from: -2, limit: 10 }))).toEqual([4, 5]);
      expect(timesOf(await stream.read('signals', { from: -100, limit: 1 }))).toEqual([1]);
      expect(await stream.read('signals', { from: (places[4]?.offset ?? 0) + 1, limit: 10 })).toEqual([]);
    });

    it('says where a topic begins and ends', async () => {
      const [empty] = await stream.state('audit');
      expect(empty?.start).toBe(empty?.end);
      expect(empty?.committed).toBe(-1);
      const places = await stream.append([outgoing(1), outgoing(2)]);
      const states = await stream.state('signals', 'nobody');
      expect(states).toHaveLength(capabilities.partitions);
      const state = states.find(({ partition }) => partition === places[1]?.partition);
      expect(state?.end).toBe((places[1]?.offset ?? 0) + 1);
    });

    it('keeps topics apart', async () => {
      await stream.append([outgoing(1)]);
      expect(await stream.read('telemetry', { from: 0, limit: 10 })).toEqual([]);
    });

    it('rejects what comes after closing, with its code', async () => {
      await fixture.drivers.close();
      await expect(stream.append([outgoing(1)])).rejects.toMatchObject({ code: 'stream-closed' });
    });

    it('keeps what was appended when it is opened again', async () => {
      await stream.append([outgoing(1)]);
      await reopen();
      await stream.append([outgoing(2)]);
      expect(timesOf(await consume(stream, 2))).toEqual([1, 2]);
    });
  });
}
