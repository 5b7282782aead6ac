/**
 * Checks a value against a schema strictly and says what a person needs to mend it: the pointer, the known names, what
 * was meant. One walk over the schema; a union is explained by the branch that was most likely meant.
 */
import type { TSchema } from '@sinclair/typebox';
import { parseDuration } from '../../runtime/config/duration.js';
import { exampleOf } from './example-value.js';
import { nearest } from '../../runtime/nearness.js';
import { pointerTo } from '../../runtime/yaml.js';
import type { DiagnosticCode } from './diagnostic.js';
import { isZone } from './hours.js';

export interface ShapeFault {
  code: DiagnosticCode;
  message: string;
  mend?: string;
  pointer: string;
  /** The fault is in the key, not in what stands behind it. */
  part?: 'key';
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'boolean' ? 'true or false' : 'a number';
}

/** What cannot be seen is spelt out: a space that is none has cost people hours. */
const visible = (text: string): string =>
  text.replace(
    /[\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2060\u3000\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function shown(value: unknown): string {
  return isRecord(value) || Array.isArray(value) ? kindOf(value) : visible(JSON.stringify(value) ?? 'nothing');
}

/** What one of some names was meant by a text: nearly it, or longer or shorter (`monday`). */
function meantOf(value: string, choices: readonly string[]): string | undefined {
  const word = value.toLowerCase();
  return (
    nearest(value, choices) ??
    choices.find(
      (choice) => choice.length >= 3 && word.length >= 3 && (word.startsWith(choice) || choice.startsWith(word)),
    )
  );
}

function mendOfChoice(value: unknown, choices: readonly string[]): string {
  if (typeof value !== 'string') return 'write one of them';
  const guess = meantOf(value, choices);
  if (guess !== undefined) return `did you mean "${guess}"?`;
  return / (?:\/\/|--) ?/.test(value) ? 'write one of them; a comment begins with #' : 'write one of them';
}

/** Copied from a page or a chat, it looks like indentation. */
const FOREIGN_SPACE = /^[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]/;

/** `Date` takes the 30th of February for the 2nd of March. */
function isOnCalendar(moment: string): boolean {
  const day = Date.parse(`${moment.slice(0, 10)}T00:00:00Z`);
  return (
    Number.isFinite(Date.parse(moment)) &&
    Number.isFinite(day) &&
    new Date(day).toISOString().startsWith(moment.slice(0, 10))
  );
}

const wrong = (pointer: string, message: string, mend?: string): ShapeFault => ({
  code: 'PB005',
  message,
  pointer,
  ...(mend ? { mend } : {}),
});

function branchKeys(schema: TSchema): string[] {
  return isRecord(schema['properties']) ? Object.keys(schema['properties']) : [];
}

/** A text where a map or a list is meant: how that is written. */
function written(value: string, branches: readonly TSchema[]): string | undefined {
  const keys = branches.flatMap(branchKeys);
  const key = keys.includes(value) ? value : nearest(value, keys);
  if (key !== undefined) return `write {${key}: …}, or ${key}: with what belongs to it indented below`;
  const lists = branches.some(
    ({ type, items }) => type === 'array' && (items as TSchema | undefined)?.['type'] === 'string',
  );
  const names = value.split(',').map((name) => JSON.stringify(name.trim()));
  return lists ? `write a list: [${names.join(', ')}]` : undefined;
}

function checkUnion(branches: readonly TSchema[], value: unknown, pointer: string): ShapeFault[] {
  const outcomes = branches.map((branch) => ({ branch, faults: checkShape(branch, value, pointer) }));
  if (outcomes.some(({ faults }) => faults.length === 0)) return [];
  if (isRecord(value)) {
    const keys = Object.keys(value);
    const maps = outcomes.filter(({ branch }) => branch['type'] === 'object');
    const meant = maps.find(({ branch }) => keys.some((key) => branchKeys(branch).includes(key)));
    const second = keys.find(
      (key) =>
        meant && !branchKeys(meant.branch).includes(key) && maps.some(({ branch }) => branchKeys(branch).includes(key)),
    );
    // Two of several forms at once: each is right, and only one may stand here.
    if (second !== undefined)
      return [
        {
          code: 'PB003',
          message: `only one may stand here, and "${keys.find((key) => key !== second) ?? ''}" does already`,
          mend: `give "${second}" an entry or a document of its own`,
          pointer: pointerTo(pointer, second),
          part: 'key',
        },
      ];
    if (meant) return meant.faults;
    const known = maps.flatMap(({ branch }) => branchKeys(branch));
    const key = keys[0];
    if (known.length > 0 && key !== undefined) {
      const guess = nearest(key, known);
      return [
        {
          code: 'PB003',
          message: `"${key}" is not known here`,
          mend:
            key === '<<'
              ? 'YAML 1.2 has no merge keys: write out what is meant'
              : guess
                ? `did you mean "${guess}"?`
                : `known: ${known.join(', ')}`,
          pointer: pointerTo(pointer, key),
          part: 'key',
        },
      ];
    }
  }
  const sameKind = outcomes.filter(({ branch }) =>
    Array.isArray(value) ? branch['type'] === 'array' : branch['type'] === typeof value,
  );
  const choices = branches.flatMap((branch) => (Array.isArray(branch['enum']) ? (branch['enum'] as string[]) : []));
  const guess = typeof value === 'string' ? nearest(value, choices) : undefined;
  if (typeof value === 'string' && guess === undefined) {
    const instead = written(value, branches);
    if (instead !== undefined) return [wrong(pointer, `${shown(value)} does not fit here`, instead)];
  }
  if (sameKind.length === 1 && sameKind[0]) return sameKind[0].faults;
  const forms = branches.map((branch) =>
    Array.isArray(branch['enum'])
      ? (branch['enum'] as string[]).join(' | ')
      : branchKeys(branch).length > 0
        ? `{${branchKeys(branch).join(', ')}}`
        : `${String(branch['type'])}`,
  );
  return [
    wrong(
      pointer,
      `${shown(value)} does not fit here`,
      guess ? `did you mean "${guess}"?` : `give ${forms.join(' or ')}`,
    ),
  ];
}

function checkObject(schema: TSchema, value: unknown, pointer: string): ShapeFault[] {
  if (!isRecord(value)) {
    const needed = Array.isArray(schema['required']) ? (schema['required'] as string[]) : branchKeys(schema);
    const form = `{${needed.map((name) => `${name}: …`).join(', ')}}`;
    return [
      wrong(
        pointer,
        `a map is needed here, not ${kindOf(value)}`,
        needed.length > 0
          ? `write ${form}`
          : Array.isArray(value) && isRecord(schema['patternProperties'])
            ? 'write `NAME: …`, without the dash'
            : 'write {}',
      ),
    ];
  }
  const faults: ShapeFault[] = [];
  const patterns = isRecord(schema['patternProperties'])
    ? (schema['patternProperties'] as Record<string, TSchema>)
    : undefined;
  if (patterns) {
    const entries = Object.entries(patterns);
    for (const [key, item] of Object.entries(value)) {
      const match = entries.find(([pattern]) => new RegExp(pattern).test(key));
      if (match) faults.push(...checkShape(match[1], item, pointerTo(pointer, key)));
      else
        faults.push({
          code: 'PB003',
          message: `"${key}" is not a name that may stand here`,
          mend: 'letters, digits and underscores, a letter first',
          pointer: pointerTo(pointer, key),
          part: 'key',
        });
    }
    return faults;
  }
  const properties = (schema['properties'] ?? {}) as Record<string, TSchema>;
  const names = Object.keys(properties);
  /** The key with nothing behind it that this one belongs below. */
  const above = (key: string): string | undefined =>
    names.find((name) => value[name] === null && branchKeys(properties[name] ?? schema).includes(key));
  const empty = new Set(Object.keys(value).flatMap((key) => (key in properties ? [] : (above(key) ?? []))));
  for (const [key, item] of Object.entries(value)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property && empty.has(key)) continue;
    if (property) {
      faults.push(...checkShape(property, item, pointerTo(pointer, key)));
      continue;
    }
    const guess = nearest(
      key,
      names.filter((name) => !(name in value)),
    );
    const owner = above(key);
    faults.push({
      code: 'PB003',
      message: owner === undefined ? `"${visible(key)}" is not known here` : `"${key}" stands beside "${owner}"`,
      mend:
        owner !== undefined
          ? `indent it further: it belongs to "${owner}"`
          : FOREIGN_SPACE.test(key)
            ? 'its line begins with a space of another kind: indent with plain spaces'
            : key === '<<'
              ? 'YAML 1.2 has no merge keys: write out what is meant'
              : guess
                ? `did you mean "${guess}"?`
                : names.length > 0
                  ? `known: ${names.join(', ')}`
                  : 'nothing may stand here',
      pointer: pointerTo(pointer, key),
      part: 'key',
    });
  }
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  for (const name of required) {
    if (!(name in value))
      faults.push({
        code: 'PB004',
        message: `"${name}" is missing`,
        pointer,
        mend: `add ${name}: ${exampleOf((schema['properties'] as Record<string, TSchema> | undefined)?.[name])}`,
      });
  }
  return faults;
}

const LONGEST_MS = 3_650 * 86_400_000;

function checkText(schema: TSchema, value: unknown, pointer: string): ShapeFault[] {
  if (schema['format'] === 'stepdown-duration' && typeof value === 'number')
    return [
      {
        code: 'PB006',
        message: `${value} has no unit`,
        mend: `write ${value}s, ${value}m, ${value}h or ${value}d`,
        pointer,
      },
    ];
  if (typeof value !== 'string')
    return [
      wrong(
        pointer,
        `a text is needed here, not ${kindOf(value)}`,
        value === null || value === undefined ? undefined : 'put it in quotes',
      ),
    ];
  if (schema['format'] === 'stepdown-duration') {
    const lengthMs = parseDuration(value);
    if (lengthMs === undefined)
      return [
        { code: 'PB006', message: `"${value}" is not a length of time`, mend: 'write 90s, 15m, 1h30m or 7d', pointer },
      ];
    // Beyond this nobody means it, and sums of such times are exact no more.
    return lengthMs > LONGEST_MS
      ? [{ code: 'PB006', message: `"${value}" is longer than ten years`, mend: 'at most 3650d', pointer }]
      : [];
  }
  if (schema['format'] === 'stepdown-zone' && !isZone(value))
    return [wrong(pointer, `"${value}" is no time zone`, 'write an IANA name such as Europe/Berlin or UTC')];
  if (schema['format'] === 'stepdown-time') {
    const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(value);
    return zoned && isOnCalendar(value)
      ? []
      : [
          {
            code: 'PB006',
            message: `"${value}" is not a time with a zone`,
            mend: 'write 2030-01-31T12:00:00Z',
            pointer,
          },
        ];
  }
  const least = Number(schema['minLength'] ?? 0);
  const most = Number(schema['maxLength'] ?? Infinity);
  if (value.length < least) return [wrong(pointer, 'an empty text means nothing here')];
  if (value.length > most) return [wrong(pointer, `${value.length} characters are more than the ${most} allowed`)];
  if (typeof schema['pattern'] === 'string' && !new RegExp(schema['pattern']).test(value))
    return [
      wrong(
        pointer,
        `${shown(value)} is no ${schema.title ?? 'name'}`,
        typeof schema.description === 'string' ? schema.description : undefined,
      ),
    ];
  return [];
}

function checkNumber(schema: TSchema, value: unknown, pointer: string): ShapeFault[] {
  if (typeof value !== 'number' || !Number.isFinite(value))
    return [
      wrong(
        pointer,
        `a number is needed here, not ${shown(value)}`,
        typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
          ? 'leave the quotes out'
          : 'write it in digits',
      ),
    ];
  if (schema['type'] === 'integer' && !Number.isInteger(value))
    return [wrong(pointer, `${value} is not a whole number`, 'leave the fraction out')];
  const minimum = Number(schema['minimum'] ?? -Infinity);
  const above = Number(schema['exclusiveMinimum'] ?? -Infinity);
  const maximum = Number(schema['maximum'] ?? Infinity);
  if (value < minimum || value > maximum || value <= above) {
    const bounds = [
      minimum > -Infinity ? `at least ${minimum}` : '',
      above > -Infinity ? `more than ${above}` : '',
      maximum < Infinity ? `at most ${maximum}` : '',
    ].filter((bound) => bound !== '');
    return [wrong(pointer, `${value} is out of range`, bounds.join(', '))];
  }
  return [];
}

/** How the list is written that stands for what is no list. */
function listOf(value: unknown): string {
  if (isRecord(value)) return 'begin each entry with `- `';
  return typeof value === 'string' || typeof value === 'number' ? `write [${String(value)}]` : 'write [one, two]';
}

/** Every fault, in document order as far as the schema's order allows. An empty list: the value has the schema's type. */
export function checkShape(schema: TSchema, value: unknown, pointer = ''): ShapeFault[] {
  if (Array.isArray(schema['anyOf'])) return checkUnion(schema['anyOf'] as TSchema[], value, pointer);
  if ('const' in schema) {
    return value === schema['const']
      ? []
      : [wrong(pointer, `${shown(value)} is not ${JSON.stringify(schema['const'])}`)];
  }
  if (Array.isArray(schema['enum'])) {
    const choices = schema['enum'] as string[];
    if (typeof value === 'string' && choices.includes(value)) return [];
    const only = choices.length === 1;
    const mend = only ? `write ${choices[0]}, or leave it out` : mendOfChoice(value, choices);
    return [wrong(pointer, `${shown(value)} is ${only ? 'not' : 'none of'} ${choices.join(', ')}`, mend)];
  }
  switch (schema['type']) {
    case 'object':
      return checkObject(schema, value, pointer);
    case 'array': {
      if (!Array.isArray(value)) return [wrong(pointer, `a list is needed here, not ${kindOf(value)}`, listOf(value))];
      const items = value as unknown[];
      const size =
        items.length < Number(schema['minItems'] ?? 0)
          ? [wrong(pointer, 'the list needs more entries', `at least ${String(schema['minItems'])}`)]
          : items.length > Number(schema['maxItems'] ?? Infinity)
            ? [wrong(pointer, `${items.length} entries are too many`, `at most ${String(schema['maxItems'])}`)]
            : [];
      return [
        ...size,
        ...items.flatMap((item, index) => checkShape(schema['items'] as TSchema, item, pointerTo(pointer, index))),
      ];
    }
    case 'string':
      return checkText(schema, value, pointer);
    case 'number':
    case 'integer':
      return checkNumber(schema, value, pointer);
    case 'boolean':
      return typeof value === 'boolean'
        ? []
        : [wrong(pointer, `true or false is needed here, not ${shown(value)}`, 'write true or false, without quotes')];
    default:
      return [];
  }
}
