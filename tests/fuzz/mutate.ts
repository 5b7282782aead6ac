/** Seeded mutation of inputs: bytes for anything, structure for JSON. The same seed gives the same input. */

type Random = () => number;

const pick = <T>(next: Random, items: readonly T[]): T => items[Math.floor(next() * items.length)]!;

const SNIPPETS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  ':',
  ',',
  '\\',
  '\\u0000',
  '\\ud800',
  '\0',
  '\r\n',
  '\n',
  '\t',
  '---\n',
  '- ',
  '&a ',
  '*a',
  '!!js/function ',
  '<<: ',
  '|',
  '>',
  'null',
  'true',
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  '9007199254740993',
  '0x10',
  '__proto__',
  'constructor',
  'prototype',
  '%00',
  '%E0%A4%A',
  '../',
  '\u202e',
  '\ufeff',
  '💥',
];

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -1e308,
  9007199254740993,
  '',
  ' ',
  'x',
  '\0',
  '\ud800',
  '__proto__',
  'a'.repeat(70_000),
  [],
  {},
  [[[[]]]],
  { __proto__: { polluted: true } },
  { constructor: { prototype: { polluted: true } } },
  { length: 1e9 },
  { toString: 1 },
  [null, undefined, {}],
  '1970-01-01',
  '99999999999999999999',
  '-1',
  'NaN',
  { kvlistValue: { values: [{}] } },
  { arrayValue: { values: [null] } },
];

/** A value of its own: one that inputs shared would carry edits from one to the next. */
const freshValue = (next: Random): unknown => structuredClone(pick(next, VALUES));

/** One to eight byte-level edits. */
export function mutateBytes(next: Random, input: Buffer): Buffer {
  let out = Buffer.from(input);
  const edits = 1 + Math.floor(next() * 8);
  for (let i = 0; i < edits; i++) {
    const at = Math.floor(next() * (out.length + 1));
    switch (Math.floor(next() * 6)) {
      case 0:
        if (at < out.length) out[at] = Math.floor(next() * 256);
        break;
      case 1:
        out = out.subarray(0, at);
        break;
      case 2:
        out = Buffer.concat([out.subarray(0, at), Buffer.from(pick(next, SNIPPETS)), out.subarray(at)]);
        break;
      case 3: {
        const length = Math.floor(next() * 40);
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + length)]);
        break;
      }
      case 4: {
        const from = Math.floor(next() * (out.length + 1));
        const piece = out.subarray(from, from + Math.floor(next() * 200));
        out = Buffer.concat([out.subarray(0, at), piece, out.subarray(at)]);
        break;
      }
      default:
        out = Buffer.concat([
          out.subarray(0, at),
          Buffer.alloc(Math.floor(next() * 64), Math.floor(next() * 256)),
          out.subarray(at),
        ]);
    }
  }
  return out;
}

/** Replaces, removes, renames, nests or repeats one to four places of a JSON value. */
export function mutateJson(next: Random, input: unknown): unknown {
  let out: unknown = structuredClone(input);
  const edits = 1 + Math.floor(next() * 4);
  for (let i = 0; i < edits; i++) out = mutateOnce(next, out);
  return out;
}

function mutateOnce(next: Random, root: unknown): unknown {
  const places: { holder: Record<string, unknown> | unknown[]; key: string | number }[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) value.forEach((_, key) => places.push({ holder: value, key }));
    else for (const key of Object.keys(value)) places.push({ holder: value as Record<string, unknown>, key });
    for (const inner of Object.values(value)) walk(inner);
  };
  walk(root);
  if (places.length === 0) return freshValue(next);
  const { holder, key } = pick(next, places);
  const container = holder as Record<string | number, unknown>;
  switch (Math.floor(next() * 6)) {
    case 0:
      container[key] = freshValue(next);
      break;
    case 1:
      if (Array.isArray(holder)) holder.splice(key as number, 1);
      else delete container[key];
      break;
    case 2:
      if (!Array.isArray(holder)) {
        container[pick(next, SNIPPETS) + String(key)] = container[key];
        delete container[key];
      } else holder.push(...holder.slice(0, 50));
      break;
    case 3: {
      let nested: unknown = container[key];
      const depth = pick(next, [1, 5, 60, 400]);
      for (let d = 0; d < depth; d++) nested = next() < 0.5 ? [nested] : { value: nested };
      container[key] = nested;
      break;
    }
    case 4:
      if (typeof container[key] === 'string')
        container[key] = mutateBytes(next, Buffer.from(container[key])).toString('utf8');
      else container[key] = JSON.stringify(container[key]) ?? '';
      break;
    default:
      container[key] =
        pick(next, places).holder === holder ? freshValue(next) : structuredClone(pick(next, places).holder);
  }
  return root;
}
