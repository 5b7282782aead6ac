/**
 * Where a call's values come from: the user's own words, or the suspicious span. Fuzzy as people and models are: case,
 * spacing and punctuation do not count, destinations compare in normal form, long text counts by the share of its words.
 */
import { commandWords, isBuildersWord } from '../inspect/command-effects.js';
import { type Destination, destinationsIn, hostOf, isTargetLeaf, leavesOf } from '../inspect/destinations.js';
import { isOperationKey } from '../inspect/operations.js';
import { isPagePlace } from '../inspect/page-actions.js';
import { isSamePlace } from './same-place.js';

const MAX_TEXT = 20_000;
/** A value counts as found from this share of its words on. */
export const FOUND = 0.6;

/** Lower-case words joined by single spaces, with one at each end, so that `includes(' word ')` is a whole-word test. */
export function normalWords(text: string): string {
  const words = text
    .slice(0, MAX_TEXT)
    .normalize('NFKC')
    .toLowerCase()
    // Ideographs stand beside numbers and names without a space.
    .match(/[\u3040-\u30ff\u3400-\u9fff]+|(?:(?![\u3040-\u30ff\u3400-\u9fff])[\p{L}\p{N}])+/gu);
  return words === null ? ' ' : ` ${words.join(' ')} `;
}

/** `C2`, `V14`, `s02`: short, and the name of one thing. */
const SHORT_NAME = /^(?=\S*\d)(?=\S*\p{L})[\p{L}\d-]{2,3}$/u;

/** A value worth tracing: long enough not to be found everywhere. Numbers of three digits or more count. */
function traceable(value: string): boolean {
  if (/^\d+([.,]\d+)?$/.test(value)) return value.length >= 3;
  return value.trim().length >= 4 || SHORT_NAME.test(value.trim());
}

const SWITCH = /^(?:true|false|on|off|yes|no|0|1)$/i;

/** How much of a value is found in normalised words, 0 to 1: whole, else the share of its words in order pairs. */
export function coverage(value: string, words: string): number {
  return covered(normalWords(value), words);
}

/** Text without spaces: a word of it stands anywhere. */
const IDEOGRAPHS = /^ [\u3040-\u30ff\u3400-\u9fff]{2,} $/u;
/** Digits from which on a number is some one thing's. */
const GROUPED = 6;

/** {@link coverage} of a value that is normalised already. */
function covered(normal: string, words: string): number {
  if (normal.length <= 2) return 0;
  if (words.includes(normal)) return 1;
  if (IDEOGRAPHS.test(normal)) return words.includes(normal.trim()) ? 1 : 0;
  const digits = normal.replaceAll(' ', '');
  // "4111 1111 1111 1111" and "0160 555-3310": numbers are written in groups.
  if (digits.length >= GROUPED && /^\d+$/.test(digits))
    return words.replace(/(?<=\d) (?=\d)/g, '').includes(digits) ? 1 : 0;
  // An ending more: "false positive" in "as false positives".
  if (normal.length >= 8 && words.includes(normal.slice(0, -1))) return 0.9;
  const parts = normal.trim().split(' ');
  // A sub-string with a length floor: an address or number that was glued to something else.
  if (parts.length === 1) return normal.length >= 8 && words.includes(normal.trim()) ? 0.9 : 0;
  let pairs = 0;
  for (let at = 1; at < parts.length; at++) if (words.includes(` ${parts[at - 1]} ${parts[at]} `)) pairs++;
  return pairs / (parts.length - 1);
}

/** A call's values worth tracing, with what does not depend on where they may come from. */
export interface TracedArguments {
  values: TracedValue[];
  /** The call goes to a place that the user or the developer named, or works on one by a command. */
  ownPlace: boolean;
  /** It runs a command that builds, tests or looks at what is there, and has nothing else. */
  routine: boolean;
}

interface TracedValue {
  value: string;
  normal: string;
  /** Of a number too short to be traced by itself: how it is told with its name, "48 hours", "batch 8". Counts only where found. */
  told?: RegExp;
  fromUser: boolean;
  destinations: string[];
  /** Of a command: its telling words, which a text may name in any order. */
  words?: readonly string[];
}

/** Names that say nothing but that a number follows: what it is, is told by "to 9". */
const PLAIN_NUMBER =
  /^(?:value|level|position|percent|percentage|setpoint|target|number|count|limit|rate|score|points)$/;

/** How a short number is told with its name: `hours: 48` as "48 (extra) hours", `pump: 3` as "pump 3", `value: 9` as "to 9". */
function toldWithName(key: string, value: string): RegExp | undefined {
  if (!/^\d{1,2}$/.test(value)) return undefined;
  const name = normalWords(key.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').replaceAll('_', ' '))
    .trim()
    .split(' ')
    .at(-1);
  if (name === undefined || !/^\p{L}{3,}$/u.test(name)) return undefined;
  const stem = name.length > 4 && name.endsWith('s') ? name.slice(0, -1) : name;
  const named = ` ${value} (?:\\S+ )?${stem}| ${stem}s? (?:to )?${value} `;
  return new RegExp(PLAIN_NUMBER.test(name) ? `${named}| to ${value} | ${value} percent | a ${value} ` : named, 'u');
}

/**
 * @param args a call's arguments, any JSON
 * @param userWords {@link normalWords} of what the user and the system said
 * @param kind.keeps the call only keeps what it is given (writes a file, a note): an address in a text that is kept is none that
 *   the call goes to
 * @param kind.operates the call operates a page: what it clicks on is the page's by nature
 */
export function traceArguments(
  args: unknown,
  userWords: string,
  { keeps = false, operates = false }: { keeps?: boolean; operates?: boolean } = {},
): TracedArguments {
  let ownPlace = false;
  let routine = false;
  const values = leavesOf(args, 60).flatMap(({ path, value }): TracedValue[] => {
    const key = path.slice(path.lastIndexOf('/') + 1);
    if ((operates && isPagePlace(key)) || (isOperationKey(key) && value.length <= 60)) return [];
    const short = toldWithName(key, value);
    if (short !== undefined)
      return [
        {
          value,
          normal: ' ',
          told: short,
          fromUser: short.test(userWords),
          destinations: [],
        },
      ];
    const told = SWITCH.test(value) ? switchName(key) : traceable(value) ? value : undefined;
    if (told === undefined) return [];
    const command = commandWords(key, value);
    if (command?.routine === true) {
      routine = true;
      return [];
    }
    const normal = normalWords(told);
    const target = isTargetLeaf(path);
    const places = destinationsIn(value).filter(
      ({ kind }) => target || command !== undefined || !(keeps || kind === 'path' || kind === 'handle'),
    );
    const others = places.filter(
      (place) => !userWords.includes(normalWords(place.value)) && !isHostNamed(place, userWords),
    );
    ownPlace ||= (target || command !== undefined) && places.length > 0 && others.length === 0;
    return [
      {
        value: told,
        normal,
        // Whose a command is, is told by what it works on: "npm install" stands in every README.
        fromUser:
          covered(normal, userWords) >= FOUND ||
          (command !== undefined &&
            command.operands.length > 0 &&
            command.operands.every((operand) => covered(normalWords(operand), userWords) >= FOUND)),
        destinations: others.map((destination) => destination.value),
        ...(command === undefined ? {} : { words: commandTokens(normal) }),
      },
    ];
  });
  return { values, ownPlace, routine: routine && values.length === 0 };
}

/** Words of a command, where there are enough of them. */
function commandTokens(normal: string): readonly string[] {
  const words = normal
    .trim()
    .split(' ')
    .filter((word) => word.length >= 3);
  return words.length >= 3 ? words : [];
}

/** How much of a command's words a span holds, in any order: "push the branch with --force to origin main". */
function tokensIn(words: readonly string[], span: string): number {
  const share = (some: readonly string[]): number =>
    some.length === 0 ? 0 : some.filter((word) => span.includes(` ${word} `)).length / some.length;
  // Every second manual has "npm run build" and "git commit": what the command has besides must stand there, too.
  return Math.min(share(words), share(words.filter((word) => !isBuildersWord(word))));
}

/** Fewer letters are found in everything. */
const LEAST_LABEL = 4;
/** Labels that stand before or behind the name of whom a host belongs to. */
const COMMON_LABELS = new Set(
  'www shop mail login auth accounts docs help blog news home info data link site online cloud store api2 static assets'.split(
    ' ',
  ),
);

/** Whether the user's words name whom a web address belongs to: `shop.museum.example`, of "buy tickets for the museum". */
export function isHostNamed(destination: Pick<Destination, 'kind' | 'value'>, userWords: string): boolean {
  if (destination.kind !== 'url' && destination.kind !== 'domain') return false;
  const labels = hostOf(destination)?.split('.') ?? [];
  const owner = labels.at(-2);
  return (
    owner !== undefined && owner.length >= LEAST_LABEL && !COMMON_LABELS.has(owner) && userWords.includes(` ${owner} `)
  );
}

/** A switch says nothing by its value, but by its name: `fraud_alerts: false`. */
function switchName(key: string): string | undefined {
  const words = key.replace(/(?<=[a-z])(?=[A-Z])/g, '_');
  return words.length >= 8 && words.includes('_') ? words.replace(/_/g, ' ') : undefined;
}

export interface Provenance {
  /** Share of traceable values that come from the span and not from the user's words, 0 to 1. */
  fromSpan: number;
  /** Share that the user's own words hold. */
  fromUser: number;
  /** Destinations among the arguments that the span names and the user does not. */
  spanDestinations: string[];
  /** Values taken from the span and not found in the user's words, longest first, at most five. */
  spanValues: string[];
  traced: number;
}

/**
 * @param spanWords {@link normalWords} of the suspicious span
 * @param spanDestinations normal forms of the destinations the span names
 * @param ownWords {@link normalWords} of what the agent itself had asked the source with: a value that stands there was the agent's
 *   before the text came, wherever else it stands
 */
export function provenanceOf(
  { values }: TracedArguments,
  spanWords: string,
  spanDestinations: readonly string[],
  ownWords = ' ',
): Provenance {
  const fromSpan: string[] = [];
  const destinations = new Set<string>();
  let fromUser = 0;
  let count = 0;
  for (const traced of values) {
    for (const destination of traced.destinations) {
      if (spanDestinations.some((named) => isSamePlace(destination, named))) destinations.add(destination);
    }
    const { told } = traced;
    const inSpan =
      told === undefined
        ? covered(traced.normal, spanWords) >= FOUND || tokensIn(traced.words ?? [], spanWords) >= FOUND
        : told.test(spanWords);
    if (told !== undefined && !inSpan && !traced.fromUser) continue;
    count++;
    if (traced.fromUser) fromUser++;
    else if (inSpan && !(traced.normal.length > 2 && ownWords.includes(traced.normal))) fromSpan.push(traced.value);
  }
  return {
    fromSpan: count === 0 ? 0 : fromSpan.length / count,
    fromUser: count === 0 ? 0 : fromUser / count,
    spanDestinations: [...destinations],
    spanValues: fromSpan.sort((a, b) => b.length - a.length).slice(0, 5),
    traced: count,
  };
}
