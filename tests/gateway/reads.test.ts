/** Lists over more than one answer looks through. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contraction, Rig } from './rig.js';

interface Page<T> {
  items: T[];
  nextCursor?: string;
}

const COUNT = 20_500;
const key = (index: number) => `finding/default/${String(index).padStart(15, '0')}/f${index}`;

describe('lists', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ pipeline: false });
    await rig.drivers.store.write(
      Array.from({ length: COUNT }, (_, index) => ({
        key: key(index),
        value: {
          id: `f${index}`,
          timeMs: index,
          severity: index === 0 ? 'high' : 'low',
          agentId: index % 2 === 0 ? 'a' : 'b',
          sessionId: 's',
          type: 'taint.sink',
        },
      })),
    );
  }, 30_000);
  afterAll(async () => {
    await rig.end();
  });
  const page = async <T>(path: string): Promise<Page<T>> => (await rig.call<Page<T>>('GET', path)).body;

  it('of findings begin with the newest and go on to the oldest, each once', async () => {
    const first = await page<{ id: string }>('/v1/findings?limit=3');
    expect(first.items.map(({ id }) => id)).toEqual(['f20499', 'f20498', 'f20497']);
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const next: Page<{ id: string }> = await page(
        `/v1/findings?limit=1000&agent=a${cursor === undefined ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...next.items.map(({ id }) => id));
      cursor = next.nextCursor;
      if (cursor === undefined) break;
    }
    expect(seen).toEqual(Array.from({ length: COUNT / 2 }, (_, index) => `f${COUNT - 2 - 2 * index}`));
  });

  it('find the only one that fits, however old', async () => {
    expect(await page('/v1/findings?severity=high')).toMatchObject({ items: [{ id: 'f0' }] });
    expect((await rig.call('GET', '/v1/findings/f0')).body).toMatchObject({ id: 'f0' });
    expect((await rig.call('GET', '/v1/findings/f-none')).status).toBe(404);
    expect((await page('/v1/findings?since=20490')).items).toHaveLength(10);
  });

  it('let decisions be made meanwhile', async () => {
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 0);
    await page('/v1/findings?severity=high');
    clearInterval(turning);
    expect(turns).toBeGreaterThan(5);
  });

  it('give one record of a stream that lies further back than one answer looks', async () => {
    const atMs = 1;
    const entry = (id: string) => ({
      topic: 'deadletter' as const,
      key: id,
      value: {
        schemaVersion: 1 as const,
        id,
        tenant: 'default',
        atMs,
        source: 'test',
        format: 'x',
        reason: { code: 'input-malformed', text: 'x' },
        payload: null,
        redacted: false,
      },
    });
    await rig.drivers.stream.append(['oldest', ...Array.from({ length: 20_001 }, (_, i) => `d${i}`)].map(entry));
    expect((await rig.call('GET', '/v1/deadletter/oldest')).body).toMatchObject({ id: 'oldest' });
    const first = await page<{ id: string }>('/v1/deadletter?code=none');
    expect(first.items).toEqual([]);
    expect((await page(`/v1/deadletter?code=none&cursor=${first.nextCursor}`)).nextCursor).toBeUndefined();
  });

  it('of contractions put those that are live and those that ended in one order', async () => {
    const made = Array.from({ length: 1500 }, (_, index) =>
      contraction([{ control: 'tool.block' }], {
        id: `c${String(index).padStart(4, '0')}`,
        createdAtMs: index % 50,
        ...(index % 3 === 0 ? { state: 'ended' as const, endReason: 'lifted' as const, endedAtMs: 100 } : {}),
      }),
    );
    await rig.contract(...made);
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const next: Page<{ id: string }> = await page(
        `/v1/contractions?state=all&limit=400${cursor === undefined ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...next.items.map(({ id }) => id));
      cursor = next.nextCursor;
      if (cursor === undefined) break;
    }
    expect(seen).toEqual(
      [...made].sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1)).map(({ id }) => id),
    );
  });
});
