/** What every store driver guarantees (see services/runtime/store/types.ts). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Drivers } from '../../services/runtime/drivers.js';
import type { Store } from '../../services/runtime/store/types.js';
import type { DriverUnderTest, Fixture } from './types.js';

export function storeConformance({ name, open }: DriverUnderTest<Pick<Drivers, 'store'>>): void {
  describe(`store: ${name}`, () => {
    let fixture: Fixture<Pick<Drivers, 'store'>>;
    let store: Store;
    beforeEach(async () => {
      fixture = await open();
      store = fixture.drivers.store;
    });
    afterEach(async () => {
      await fixture.remove();
    });
    const value = async (key: string): Promise<unknown> => (await store.get([key]))[0]?.value;
    const seen = (offset: number, partition = 0, epoch = 1) => ({ epoch, partition, offset });

    it('gives what was written, in the order asked, and nothing for what is not there', async () => {
      await store.write([
        { key: 'a', value: { n: 1 } },
        { key: 'b', value: ['x', null, false] },
      ]);
      const [b, none, a] = await store.get(['b', 'nothing', 'a']);
      expect(a).toEqual({ key: 'a', value: { n: 1 }, version: 1 });
      expect(b?.value).toEqual(['x', null, false]);
      expect(none).toBeUndefined();
      expect(await store.get([])).toEqual([]);
    });

    it('keeps null apart from nothing', async () => {
      await store.write([{ key: 'a', value: null }]);
      expect((await store.get(['a']))[0]).toEqual({ key: 'a', value: null, version: 1 });
    });

    it('raises the version by one with each write', async () => {
      for (const version of [1, 2, 3])
        expect(await store.write([{ key: 'a', value: version }])).toEqual([{ ok: true, version }]);
    });

    it('shares no reference with the writer', async () => {
      const document = { n: 1 };
      const written = store.write([{ key: 'a', value: document }]);
      document.n = 2;
      await written;
      const [read] = await store.get<{ n: number }>(['a']);
      expect(read?.value).toEqual({ n: 1 });
      if (read) read.value.n = 3;
      expect(await value('a')).toEqual({ n: 1 });
    });

    it('refuses a write that expects another version, and tells what is there', async () => {
      await store.write([{ key: 'a', value: 'first' }]);
      const [outcome] = await store.write([{ key: 'a', value: 'second', expectVersion: 7 }]);
      expect(outcome).toEqual({ ok: false, reason: 'version', current: { key: 'a', value: 'first', version: 1 } });
      expect(await value('a')).toBe('first');
      expect(await store.write([{ key: 'a', value: 'second', expectVersion: 1 }])).toEqual([{ ok: true, version: 2 }]);
    });

    it('takes version 0 for "must not exist"', async () => {
      expect(await store.write([{ key: 'a', value: 1, expectVersion: 0 }])).toEqual([{ ok: true, version: 1 }]);
      expect((await store.write([{ key: 'a', value: 2, expectVersion: 0 }]))[0]?.ok).toBe(false);
      expect(await store.write([{ key: 'b', value: 2, expectVersion: 3 }])).toMatchObject([
        { ok: false, reason: 'version', current: undefined },
      ]);
    });

    it('lets exactly one of many racing writers win', async () => {
      await store.write([{ key: 'a', value: 0 }]);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => store.write([{ key: 'a', value: index, expectVersion: 1 }])),
      );
      const winners = outcomes.flatMap(([outcome], index) => (outcome?.ok === true ? [index] : []));
      expect(winners).toHaveLength(1);
      expect(await value('a')).toBe(winners[0]);
    });

    it('counts each of many racing increments that are tried again', async () => {
      const increment = async (): Promise<void> => {
        for (;;) {
          const [document] = await store.get<number>(['n']);
          const [outcome] = await store.write([
            { key: 'n', value: (document?.value ?? 0) + 1, expectVersion: document?.version ?? 0 },
          ]);
          if (outcome?.ok === true) return;
        }
      };
      await Promise.all(Array.from({ length: 15 }, increment));
      expect(await value('n')).toBe(15);
    });

    it('applies or refuses each write by itself', async () => {
      await store.write([{ key: 'a', value: 1 }]);
      const outcomes = await store.write([
        { key: 'a', value: 2, expectVersion: 9 },
        { key: 'b', value: 2 },
      ]);
      expect(outcomes.map(({ ok }) => ok)).toEqual([false, true]);
      expect([await value('a'), await value('b')]).toEqual([1, 2]);
    });

    it('applies writes of one key in their order', async () => {
      const outcomes = await store.write([
        { key: 'a', value: 1 },
        { key: 'a', value: 2, expectVersion: 1 },
        { key: 'a', value: 3, expectVersion: 1 },
      ]);
      expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false]);
      expect(await value('a')).toBe(2);
    });

    it('refuses a write that has seen no more than what is stored', async () => {
      await store.write([{ key: 'a', value: 'at 5', seen: seen(5) }]);
      for (const offset of [5, 4]) {
        const [outcome] = await store.write([{ key: 'a', value: 'late', seen: seen(offset) }]);
        expect(outcome).toMatchObject({ ok: false, reason: 'stale', current: { value: 'at 5', seen: seen(5) } });
      }
      expect((await store.write([{ key: 'a', value: 'at 6', seen: seen(6) }]))[0]?.ok).toBe(true);
    });

    it('compares positions of the same epoch and partition only', async () => {
      await store.write([{ key: 'a', value: 1, seen: seen(5, 0, 1) }]);
      expect((await store.write([{ key: 'a', value: 2, seen: seen(1, 1, 1) }]))[0]?.ok).toBe(true);
      expect((await store.write([{ key: 'a', value: 3, seen: seen(0, 1, 2) }]))[0]?.ok).toBe(true);
      expect((await store.get(['a']))[0]?.seen).toEqual(seen(0, 1, 2));
    });

    it('leaves the position where a write names none', async () => {
      await store.write([{ key: 'a', value: 1, seen: seen(5) }]);
      await store.write([{ key: 'a', value: 2 }]);
      expect((await store.get(['a']))[0]).toEqual({ key: 'a', value: 2, version: 2, seen: seen(5) });
    });

    it('deletes, and begins anew afterwards', async () => {
      await store.write([{ key: 'a', value: 1 }]);
      expect((await store.write([{ key: 'a', value: undefined }]))[0]?.ok).toBe(true);
      expect(await store.get(['a'])).toEqual([undefined]);
      expect(await store.scan('a')).toEqual([]);
      expect(await store.write([{ key: 'a', value: 2, expectVersion: 0 }])).toEqual([{ ok: true, version: 1 }]);
    });

    it('remembers what a deleted document had seen', async () => {
      await store.write([{ key: 'a', value: 1, seen: seen(3) }]);
      await store.write([{ key: 'a', value: undefined, seen: seen(5) }]);
      expect(await store.get(['a'])).toEqual([undefined]);
      expect((await store.write([{ key: 'a', value: 'late', seen: seen(4) }]))[0]).toEqual({
        ok: false,
        reason: 'stale',
        current: undefined,
      });
      expect(await store.write([{ key: 'a', value: 'new', expectVersion: 0, seen: seen(6) }])).toEqual([
        { ok: true, version: 1 },
      ]);
    });

    it('scans a prefix in key order, page by page', async () => {
      const keys = ['p/b', 'p/a', 'p/c', 'p', 'q/a', 'o/z', 'p0'];
      await store.write(keys.map((key) => ({ key, value: key })));
      expect((await store.scan('p/')).map(({ key }) => key)).toEqual(['p/a', 'p/b', 'p/c']);
      expect((await store.scan('p')).map(({ key }) => key)).toEqual(['p', 'p/a', 'p/b', 'p/c', 'p0']);
      const pages: string[] = [];
      for (let after: string | undefined; ;) {
        const [document] = await store.scan('p', { limit: 1, ...(after === undefined ? {} : { after }) });
        if (document === undefined) break;
        pages.push(document.key);
        after = document.key;
      }
      expect(pages).toEqual(['p', 'p/a', 'p/b', 'p/c', 'p0']);
      expect(await store.scan('p/', { limit: 0 })).toEqual([]);
      expect((await store.scan('p/', { after: 'a' })).map(({ key }) => key)).toEqual(['p/a', 'p/b', 'p/c']);
      expect(await store.scan('p/', { after: 'z' })).toEqual([]);
    });

    it('gives what is stored under a prefix as it was written, in the same pages', async () => {
      await store.write(
        ['q', 'q/a', 'q/b', 'q/ä', 'q0'].map((key) => ({ key, value: { key, text: 'a "b" \n \u2028' } })),
      );
      await store.write([{ key: 'q/b', value: undefined }]);
      for (const options of [
        {},
        { limit: 2 },
        { after: 'q/a' },
        { after: 'a', limit: 1 },
        { after: 'z' },
        { limit: 0 },
      ]) {
        const scanned = await store.scan('q', options);
        const texts = await store.texts('q', options);
        expect(texts).toEqual(scanned.map(({ key, value }) => ({ key, text: JSON.stringify(value) })));
      }
      expect(await store.texts('q')).toHaveLength(4);
    });

    it('scans a prefix from its end, page by page', async () => {
      const keys = ['p/b', 'p/a', 'p/c', 'p', 'q/a', 'o/z', 'p0', 'p/🗝', 'p/\uFFEE'];
      await store.write(keys.map((key) => ({ key, value: key })));
      const forward = (await store.scan('p')).map(({ key }) => key);
      expect((await store.scan('p', { reverse: true })).map(({ key }) => key)).toEqual([...forward].reverse());
      for (const limit of [1, 2, 5]) {
        const pages: string[] = [];
        for (let after: string | undefined; ;) {
          const page = await store.scan('p', { limit, reverse: true, ...(after === undefined ? {} : { after }) });
          pages.push(...page.map(({ key }) => key));
          after = page.at(-1)?.key;
          if (page.length < limit) break;
        }
        expect(pages).toEqual([...forward].reverse());
      }
      expect(await store.scan('p/', { limit: 0, reverse: true })).toEqual([]);
      expect((await store.scan('p/', { after: 'z', limit: 1, reverse: true })).map(({ key }) => key)).toEqual(['p/🗝']);
      expect(await store.scan('p/', { after: 'a', reverse: true })).toEqual([]);
      expect((await store.scan('p', { after: 'p/a', reverse: true })).map(({ key }) => key)).toEqual(['p']);
    });

    it('takes every character of a prefix for itself', async () => {
      const keys = ['a%b/1', 'aXb/1', 'a_b/1', 'a*b/1', 'a[b/1', 'a?b/1', 'ü/1', 'u/1', '🗝/1', 'A%b/1'];
      await store.write(keys.map((key) => ({ key, value: 1 })));
      for (const prefix of ['a%b/', 'a_b/', 'a*b/', 'a[b/', 'a?b/', 'ü/', '🗝/']) {
        expect((await store.scan(prefix)).map(({ key }) => key)).toEqual([`${prefix}1`]);
      }
    });

    it('orders keys by their bytes', async () => {
      const keys = ['k/ä', 'k/z', 'k/\uFFEE', 'k/🗝', 'k/Z', 'k/~'];
      await store.write(keys.map((key) => ({ key, value: 1 })));
      expect((await store.scan('k/')).map(({ key }) => key)).toEqual(
        [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
    });

    it('carries large documents', async () => {
      const text = 'x'.repeat(5 * 1024 * 1024);
      await store.write([{ key: 'a', value: { text } }]);
      expect((await value('a')) as { text: string }).toEqual({ text });
    });

    it('gives large documents and many of them back as they were, in one batch', async () => {
      const keys = Array.from({ length: 700 }, (_, index) => `many/${String(index).padStart(3, '0')}`);
      const text = 'ä🗝\n"\\'.repeat(20_000);
      await store.write([
        ...keys.map((key) => ({ key, value: key })),
        ...[1, 2, 3].map((n) => ({ key: `large/${n}`, value: { n, text } })),
      ]);
      expect((await store.get(keys)).map((document) => document?.value)).toEqual(keys);
      expect((await store.scan('many/', { limit: 500 })).map(({ key }) => key)).toEqual(keys.slice(0, 500));
      for (const [index, document] of (await store.scan<{ n: number; text: string }>('large/')).entries()) {
        expect(document.value.n).toBe(index + 1);
        expect(document.value.text === text).toBe(true);
      }
    });

    it('shows a large document whole to whoever reads while it is written', async () => {
      const body = (mark: string) => ({ mark, text: mark.repeat(300_000) });
      await store.write([{ key: 'a', value: body('x') }]);
      let writing = true;
      const reading = (async () => {
        while (writing) {
          const [document] = await store.get<{ mark: string; text: string }>(['a']);
          const { mark = '', text = '' } = document?.value ?? {};
          expect(text === mark.repeat(300_000)).toBe(true);
          // A driver that answers within the same turn of the event loop must not keep the writer from it.
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      for (const mark of ['y', 'z', 'y', 'z', 'y']) await store.write([{ key: 'a', value: body(mark) }]);
      writing = false;
      await reading;
    });

    it('keeps scan and documents in step while keys come and go', async () => {
      const key = (index: number) => `go/${index}`;
      await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          await store.write([{ key: key(index), value: 1 }]);
          if (index % 2 === 0) await store.write([{ key: key(index), value: undefined }]);
          if (index % 4 === 0) await store.write([{ key: key(index), value: 2, expectVersion: 0 }]);
        }),
      );
      const there = Array.from({ length: 60 }, (_, index) => index).filter(
        (index) => index % 2 === 1 || index % 4 === 0,
      );
      expect((await store.scan('go/')).map((document) => document.key)).toEqual(there.map(key).sort());
      expect((await store.get(there.map(key))).every((document) => document !== undefined)).toBe(true);
    });

    it('refuses a late write also where the document was deleted and written anew', async () => {
      await store.write([{ key: 'a', value: 1, seen: seen(5) }]);
      await store.write([{ key: 'a', value: undefined, seen: seen(7) }]);
      await store.write([{ key: 'a', value: 'anew' }]);
      expect((await store.write([{ key: 'a', value: 'late', seen: seen(6) }]))[0]).toMatchObject({
        ok: false,
        reason: 'stale',
        current: { value: 'anew', version: 1, seen: seen(7) },
      });
    });

    it('takes positions and times as large as they get', async () => {
      const position = { epoch: 2 ** 40, partition: 4095, offset: Number.MAX_SAFE_INTEGER - 1 };
      await store.write([{ key: 'a', value: 1, seen: position }]);
      expect((await store.get(['a']))[0]?.seen).toEqual(position);
      expect((await store.write([{ key: 'a', value: 2, seen: position }]))[0]?.ok).toBe(false);
      const next = { ...position, offset: Number.MAX_SAFE_INTEGER };
      expect((await store.write([{ key: 'a', value: 2, seen: next }]))[0]?.ok).toBe(true);
    });

    it('takes any text in keys', async () => {
      const keys = ['k/a b', 'k/{x}y', 'k/"', 'k/\n', 'k/\u0000', 'k/ключ', 'k/%2F', `k/${'l'.repeat(2_000)}`];
      await store.write(keys.map((key) => ({ key, value: key })));
      expect((await store.get(keys)).map((document) => document?.value)).toEqual(keys);
      expect(await store.scan('k/')).toHaveLength(keys.length);
    });

    describe('from two clients at once', () => {
      let other: Store;
      const two = (skip: (reason: string) => void): void => {
        if (fixture.another === undefined) skip('one process at a time may use it');
      };
      beforeEach(async () => {
        const drivers = await fixture.another?.();
        if (drivers !== undefined) other = drivers.store;
      });

      it('counts each of many increments once', async ({ skip }) => {
        two(skip);
        const increment = async (by: Store): Promise<void> => {
          for (;;) {
            const [document] = await by.get<number>(['n']);
            const [outcome] = await by.write([
              { key: 'n', value: (document?.value ?? 0) + 1, expectVersion: document?.version ?? 0 },
            ]);
            if (outcome?.ok === true) return;
          }
        };
        await Promise.all(Array.from({ length: 24 }, async (_, index) => increment(index % 2 === 0 ? store : other)));
        expect((await store.get<number>(['n']))[0]).toMatchObject({ value: 24, version: 24 });
      });

      it('shows each at once what the other has written', async ({ skip }) => {
        two(skip);
        for (let version = 1; version <= 10; version++) {
          const [writer, reader] = version % 2 === 0 ? [store, other] : [other, store];
          await writer.write([{ key: 'a', value: version }]);
          expect((await reader.get(['a']))[0]).toMatchObject({ value: version, version });
          expect(await reader.scan('a')).toHaveLength(1);
        }
      });

      it('lets the higher position win, whatever order they come in', async ({ skip }) => {
        two(skip);
        await Promise.all(
          Array.from({ length: 40 }, async (_, offset) =>
            (offset % 2 === 0 ? store : other).write([{ key: 'a', value: offset, seen: seen(offset) }]),
          ),
        );
        expect((await store.get(['a']))[0]).toMatchObject({ value: 39, seen: seen(39) });
      });

      it('never grants more than the cap', async ({ skip }) => {
        two(skip);
        const outcomes = await Promise.all(
          Array.from({ length: 30 }, async (_, index) =>
            (index % 2 === 0 ? store : other).reserve({ key: 'c', holder: `h${index}`, cap: 7, untilMs: 9, nowMs: 0 }),
          ),
        );
        expect(outcomes.filter(({ granted }) => granted)).toHaveLength(7);
      });
    });

    it('keeps documents when it is opened again', async () => {
      await store.write([{ key: 'a', value: 1, seen: seen(2) }]);
      store = (await fixture.reopen()).store;
      expect((await store.get(['a']))[0]).toEqual({ key: 'a', value: 1, version: 1, seen: seen(2) });
    });

    describe('reserve', () => {
      const ask = async (
        holder: string,
        options: { cap?: number; untilMs?: number; nowMs?: number; key?: string } = {},
      ) => store.reserve({ key: 'cap', holder, cap: 2, untilMs: 100, nowMs: 0, ...options });

      it('grants up to the cap, and the same holder again', async () => {
        expect(await ask('a')).toEqual({ granted: true, held: 1 });
        expect(await ask('b')).toEqual({ granted: true, held: 2 });
        expect(await ask('c')).toEqual({ granted: false, held: 2 });
        expect(await ask('a')).toEqual({ granted: true, held: 2 });
        expect(await ask('c', { key: 'other' })).toEqual({ granted: true, held: 1 });
      });

      it('never grants more than the cap to racing holders', async () => {
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, async (_, index) => ask(`h${index}`, { cap: 5 })),
        );
        expect(outcomes.filter(({ granted }) => granted)).toHaveLength(5);
      });

      it('lets a holder go when its time is over', async () => {
        await ask('a', { untilMs: 10 });
        await ask('b', { untilMs: 20 });
        expect((await ask('c', { nowMs: 9 })).granted).toBe(false);
        expect(await ask('c', { nowMs: 10 })).toEqual({ granted: true, held: 2 });
      });

      it('extends a holder that asks again, and never shortens', async () => {
        await ask('a', { cap: 1, untilMs: 10 });
        await ask('a', { cap: 1, untilMs: 30 });
        await ask('a', { cap: 1, untilMs: 20 });
        expect((await ask('b', { cap: 1, nowMs: 25 })).granted).toBe(false);
        expect((await ask('b', { cap: 1, nowMs: 30 })).granted).toBe(true);
      });

      it('frees a place that is given back', async () => {
        await ask('a', { cap: 1 });
        await store.release('cap', 'nobody');
        expect((await ask('b', { cap: 1 })).granted).toBe(false);
        await store.release('cap', 'a');
        expect((await ask('b', { cap: 1 })).granted).toBe(true);
      });
    });
  });
}
