import fc from 'fast-check';
import { expect, it } from 'vitest';
import { define, own } from '../../services/runtime/own-key.js';

const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty'));

it('holds what was set under any name, and nothing that was not, also through JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.integer())), name, (entries, other) => {
      const record: Record<string, number> = {};
      const wanted = new Map<string, number>();
      for (const [key, value] of entries) {
        define(record, key, value);
        wanted.set(key, value);
      }
      const again = JSON.parse(JSON.stringify(record)) as Record<string, number>;
      for (const key of [...wanted.keys(), other]) {
        expect(own(record, key)).toBe(wanted.get(key));
        expect(own(again, key)).toBe(wanted.get(key));
      }
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    }),
  );
});
