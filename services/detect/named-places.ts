/**
 * Which outside places untrusted data named in a conversation, told without reading what the data says: addresses, hosts,
 * accounts, as matched by their form. Hashes, bounded; the newest stay.
 */
import type { TelemetryEvent } from '../../schemas/event.js';
import type { Inspection } from '../../schemas/inspection.js';
import { type Destination, destinationsIn, hostOf } from '../inspect/destinations.js';
import { isPatternsAlone } from '../inspect/patterns.js';
import { itemHash } from './item-hash.js';
import { isHostNamed, normalWords } from './provenance.js';
import { isPointedAt } from './taint-source.js';
import { originOfEvent, untrustedInspections } from './taints.js';
import type { SessionFacts, ToolKnowledge } from './types.js';

type ReadVerdict = Extract<Inspection['verdict'], { kind: 'read' }>;

/** What named a place. */
export interface PlaceSource {
  /** Its event. */
  e: string;
  /** Where that came from, for people. */
  o: string;
  /** What a reader found in its text, at most: by the phrases, by a text model. Absent: none of that kind read it. */
  p?: number;
  m?: number;
  /** The user named the very place that the text came from. */
  u?: 1;
}

/** Places by hash → the number of their source; sources by number. */
export interface NamedPlaces {
  at: Record<string, number>;
  from: Record<string, PlaceSource>;
  /** The next source's number. */
  n: number;
}

/** Places kept of a conversation; a page of links must not push out everything before it. */
const MAX_PLACES = 96;
const MAX_PLACES_A_SOURCE = 32;

/** Where something can leave to: not a file's name, not a channel. */
const OUTSIDE: ReadonlySet<Destination['kind']> = new Set(['email', 'url', 'domain', 'iban', 'wallet', 'phone']);

export const isOutside = ({ kind }: Destination): boolean => OUTSIDE.has(kind);

/** What a place is known by: of a link its host, so that another page of it is the same place. */
export const placeOf = (destination: Destination): string =>
  destination.kind === 'email' ? destination.value : (hostOf(destination) ?? destination.value);

/** The outside places that a call's own destinations are. */
export function outsidePlaces(destinations: readonly string[]): { place: string; destination: Destination }[] {
  const found: { place: string; destination: Destination }[] = [];
  for (const value of destinations) {
    const [destination] = destinationsIn(value);
    // A text that mentions places is not a place; a link in normal form is one, its page behind it.
    if (destination === undefined || !isOutside(destination)) continue;
    const { length } = destination.value;
    if (value.length - length > 1 && !(value.startsWith(destination.value) && /[/?#]/.test(value[length] ?? '')))
      continue;
    found.push({ place: placeOf(destination), destination });
  }
  return found;
}

/** The texts of an event that somebody else than the agent's principal wrote. */
function untrustedTexts(event: TelemetryEvent, tools: ToolKnowledge): readonly string[] {
  switch (event.kind) {
    case 'tool.result':
      return event.text === undefined || tools.trusted(event.tool) ? [] : [event.text];
    case 'retrieval':
      return (event.documents ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]));
    case 'message':
      return event.text === undefined || event.from === event.agent.id ? [] : [event.text];
    default:
      return [];
  }
}

function placeSource(event: TelemetryEvent, facts: Readonly<SessionFacts>, tools: ToolKnowledge): PlaceSource {
  const source: PlaceSource = { e: event.id, o: originOfEvent(event).slice(0, 120) };
  for (const { verdict } of untrustedInspections(event, tools)) {
    if (verdict.kind !== 'read') continue;
    const by = isPatternsAlone(verdict.model) ? 'p' : 'm';
    source[by] = Math.max(source[by] ?? 0, agreedProbability(verdict));
  }
  if (isPointedAt(event, facts)) source.u = 1;
  return source;
}

/** What both text models say of a text, where the deep one spoke: that it reads as a request does not make its links an attacker's. */
function agreedProbability({ probability, spans }: ReadVerdict): number {
  if (!spans.some(({ fastProbability }) => fastProbability !== undefined)) return probability;
  const fast = spans.reduce((most, span) => Math.max(most, span.fastProbability ?? span.probability), 0);
  return Math.min(probability, fast);
}

/**
 * Takes in what an event's data names; gives back the same places, or new ones where there were none. What the call itself
 * went to is its echo, and nobody's suggestion.
 */
export function notePlaces(
  known: NamedPlaces | undefined,
  event: TelemetryEvent,
  facts: Readonly<SessionFacts>,
  tools: ToolKnowledge,
): NamedPlaces | undefined {
  const texts = untrustedTexts(event, tools);
  if (texts.length === 0) return known;
  const echo =
    event.kind === 'tool.result' && event.arguments !== undefined ? JSON.stringify(event.arguments).toLowerCase() : '';
  const fresh = new Set<string>();
  for (const text of texts)
    for (const destination of destinationsIn(text)) {
      if (fresh.size >= MAX_PLACES_A_SOURCE) break;
      if (!isOutside(destination)) continue;
      const place = placeOf(destination);
      if (echo.includes(place.toLowerCase())) continue;
      const hash = itemHash(place);
      if (known === undefined || !Object.hasOwn(known.at, hash)) fresh.add(hash);
    }
  if (fresh.size === 0) return known;
  const places: NamedPlaces = known ?? { at: {}, from: {}, n: 0 };
  places.from[places.n] = placeSource(event, facts, tools);
  for (const hash of fresh) places.at[hash] = places.n;
  places.n += 1;
  const hashes = Object.keys(places.at);
  if (hashes.length > MAX_PLACES) {
    for (const hash of hashes.slice(0, hashes.length - MAX_PLACES)) delete places.at[hash];
    const used = new Set(Object.values(places.at));
    for (const source of Object.keys(places.from)) if (!used.has(Number(source))) delete places.from[source];
  }
  return places;
}

/** The data that named a place first; nothing where none did. */
export function sourceOf(known: NamedPlaces | undefined, place: string): PlaceSource | undefined {
  const number = known?.at[itemHash(place)];
  return number === undefined ? undefined : known?.from[number];
}

const squeezed = (words: string): string => words.replaceAll(' ', '');

/** What an address's owner is called in it: `ann.lovelace` → ann, lovelace. */
const namesOf = (address: string): string[] =>
  address
    .slice(0, address.lastIndexOf('@'))
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((name) => name.length >= 2);

/**
 * Whether the user's or the developer's words name a place, as people do: in full, by the host, or an address by the whole
 * name of whom it belongs to ("write to Ann Lee" and ann.lee@corp.example). A part of the name is another matter
 * ({@link isAlike}): half the world is called Mark.
 *
 * @param words {@link normalWords} of what the user and the system said
 */
export function isNamedIn(words: string, { kind, value }: Destination): boolean {
  if (words.includes(normalWords(value)) || isHostNamed({ kind, value }, words)) return true;
  const bare = squeezed(normalWords(value));
  if (bare.length >= 8 && squeezed(words).includes(bare)) return true;
  if (kind === 'email') {
    const names = namesOf(value);
    return names.some((name) => name.length >= 4) && names.every((name) => words.includes(` ${name} `));
  }
  const host = hostOf({ kind, value });
  return host !== undefined && words.includes(normalWords(host));
}

/** Whether they hold a part of the name of whom an address belongs to. */
export const isAlike = (words: string, address: string): boolean =>
  namesOf(address).some((name) => name.length >= 4 && words.includes(` ${name} `));
