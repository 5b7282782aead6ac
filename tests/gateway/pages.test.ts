import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Shortlist } from '../../services/gateway/pages.js';

const item = fc.record({ at: fc.integer({ min: 0, max: 5 }), id: fc.string({ maxLength: 3 }) });

it('pages through everything once, newest first, in whatever order it is read', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (items, limit) => {
      const got: string[] = [];
      for (let cursor: string | undefined; ;) {
        const query = new URLSearchParams({ limit: String(limit), ...(cursor === undefined ? {} : { cursor }) });
        const shortlist = new Shortlist<{ at: number; id: string }>(query, ({ at, id }) => [at, id]);
        for (const each of items) shortlist.add(each);
        const page = shortlist.page();
        expect(page.items.length).toBeLessThanOrEqual(limit);
        got.push(...page.items.map(({ at, id }) => JSON.stringify([at, id])));
        cursor = page.nextCursor;
        if (cursor === undefined) break;
      }
      const wanted = [...new Map(items.map((each) => [JSON.stringify([each.at, each.id]), each])).entries()]
        .sort(([, a], [, b]) => b.at - a.at || (a.id < b.id ? -1 : 1))
        .map(([text]) => text);
      expect(got).toEqual(wanted);
    }),
  );
});
