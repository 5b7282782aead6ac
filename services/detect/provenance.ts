/**
 * Where a call's values come from: the user's own words, or the suspicious span. Fuzzy as people and models are: case,
 * spacing and punctuation do not count, destinations compare in normal form, long text counts by the share of its words.
 */
import { commandWords } from '../inspect/command-effects.js';
import { type Destination, destinationsIn, hostOf, isTargetLeaf, leavesOf } from '../inspect/destinations.js';
import { isPagePlace } from '../inspect/page-actions.js';

const MAX_TEXT = 20_000;
/** A value counts as found from this share of its words on. */
export const FOUND = 0.6;

/** Lower-case words joined by single spaces, with one at each end, so that `includes(' word ')` is a whole-word test. */
export function normalWords(text: string): string {
  const words = text
    .slice(0, MAX_TEXT)
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu);
  return words === null ? ' ' : ` ${words.join(' ')} `;
}

/** A value worth tracing: long enough not to be found everywhere. Numbers of three digits or more count. */
function traceable(value: string): boolean {
  return /^\d+([.,]\d+)?$/.test(value) ? value.length >= 3 : value.trim().length >= 4;
}

const SWITCH = /^(?:true|false|on|off|yes|no|0|1)$/i;

/** How much of a value is found in normalised words, 0 to 1: whole, else the share of its words in order pairs. */
export function coverage(value: string, words: string): number {
  return covered(normalWords(value), words);
}

/** {@link coverage} of a value that is normalised already. */
function covered(normal: string, words: string): number {
  if (normal.length <= 2) return 0;
  if (words.includes(normal)) return 1;
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
  values: { value: string; normal: string; fromUser: boolean; destinations: string[] }[];
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
  return {
    values: leavesOf(args, 60).flatMap(({ path, value }) => {
      const key = path.slice(path.lastIndexOf('/') + 1);
      if (operates && isPagePlace(key)) return [];
      const told = SWITCH.test(value) ? switchName(key) : traceable(value) ? value : undefined;
      if (told === undefined) return [];
      const command = commandWords(key, value);
      if (command?.routine === true) return [];
      const normal = normalWords(told);
      const target = isTargetLeaf(path);
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
          destinations: destinationsIn(value)
            .filter(({ kind }) => target || command !== undefined || !(keeps || kind === 'path' || kind === 'handle'))
            .filter(
              (destination) =>
                !userWords.includes(normalWords(destination.value)) && !isHostNamed(destination, userWords),
            )
            .map((destination) => destination.value),
        },
      ];
    }),
  };
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

/** Hosts at which everybody has an address: nobody's in particular. */
const EVERYBODYS =
  /^(?:(?:google|hot|rocket|fast|yahoo|g|proton|tuta)?mail|gmx|web|yahoo|outlook|live|icloud|me|aol|hey|proton|msn|qq|163|yandex)\.[a-z.]+$/;

/**
 * Equal, or the same page: what stands behind the question mark is what is carried there, not where to; or a page at the host
 * of an address.
 */
function isSamePlace(destination: string, asked: string): boolean {
  if (destination === asked) return true;
  const at = asked.indexOf('@');
  if (at > 0) {
    const host = asked.slice(at + 1);
    return !EVERYBODYS.test(host) && (destination === host || destination.startsWith(`${host}/`));
  }
  const page = asked.indexOf('?');
  return page > 0 && destination.indexOf('?') === page && destination.startsWith(asked.slice(0, page + 1));
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
 */
export function provenanceOf(
  { values }: TracedArguments,
  spanWords: string,
  spanDestinations: readonly string[],
): Provenance {
  const fromSpan: string[] = [];
  const destinations = new Set<string>();
  let fromUser = 0;
  for (const traced of values) {
    for (const destination of traced.destinations) {
      if (spanDestinations.some((asked) => isSamePlace(destination, asked))) destinations.add(destination);
    }
    if (traced.fromUser) fromUser++;
    else if (covered(traced.normal, spanWords) >= FOUND) fromSpan.push(traced.value);
  }
  const count = values.length;
  return {
    fromSpan: count === 0 ? 0 : fromSpan.length / count,
    fromUser: count === 0 ? 0 : fromUser / count,
    spanDestinations: [...destinations],
    spanValues: fromSpan.sort((a, b) => b.length - a.length).slice(0, 5),
    traced: count,
  };
}
