/** What a taint keeps of its source: whether the user named it, what kind it is, who wrote it, what it was asked with. Pure. */
import { TRUSTS } from '../../schemas/common.js';
import type { TelemetryEvent } from '../../schemas/event.js';
import { destinationsIn, leavesOf, normalDestination } from '../inspect/destinations.js';
import { kindsOfSource, sourceKinds } from './handed-over.js';
import { coverage, FOUND, normalWords } from './provenance.js';
import type { SessionFacts, Taint } from './types.js';

/** What a taint knows of its source. */
export function whereFrom(
  event: TelemetryEvent,
  facts: Readonly<SessionFacts>,
): Pick<Taint, 'pointed' | 'kinds' | 'places' | 'authors' | 'own' | 'task'> {
  const places = placesOf(event);
  const authors = authorsIn(event);
  const own = ownWordsOf(event);
  const kinds = kindsOf(event);
  return {
    ...(own === undefined ? {} : { own }),
    ...(isPointedAt(event, facts) ? { pointed: true } : {}),
    ...(isTask(event, facts) ? { task: true } : {}),
    ...(kinds === 0 ? {} : { kinds }),
    ...(places.length > 0 ? { places } : {}),
    ...(authors.length > 0 ? { authors } : {}),
  };
}

/** What a proven peer tells an agent that no user speaks to is its work. */
function isTask(event: TelemetryEvent, facts: Readonly<SessionFacts>): boolean {
  return (
    event.kind === 'message' &&
    event.from !== event.agent.id &&
    facts.userText.length === 0 &&
    TRUSTS.indexOf(event.trust) >= TRUSTS.indexOf('authenticated')
  );
}

/** The kinds of sources that an event's text came from, as users name them. */
export function kindsOf(event: TelemetryEvent): number {
  if (event.kind === 'tool.result') return kindsOfSource(event.tool, event.arguments, event.text);
  return event.kind === 'retrieval' ? sourceKinds(['doc']) : 0;
}

const MAX_OWN_CHARS = 300;

/** What the agent asked a source with, normalised. */
function ownWordsOf(event: TelemetryEvent): string | undefined {
  if (event.kind !== 'tool.result' || event.arguments === undefined) return undefined;
  const words = normalWords(
    leavesOf(event.arguments, 20)
      .map(({ value }) => value)
      .join(' ')
      .slice(0, MAX_OWN_CHARS),
  );
  return words === ' ' ? undefined : words;
}

/** Whether the user named the very place the data came from: a file, an address, a ticket, a note by its title. A city or a name is no place. */
export function isPointedAt(event: TelemetryEvent, facts: Readonly<SessionFacts>): boolean {
  if (event.kind !== 'tool.result') return false;
  const words = facts.userText.join('');
  return leavesOf(event.arguments ?? {}, 60).some(({ path, value }) => {
    const key = path.slice(path.lastIndexOf('/') + 1);
    if ((RECORD_KEY.test(key) && RECORD_ID.test(value)) || (TITLE_KEY.test(key) && value.trim().includes(' ')))
      return words.includes(normalWords(value));
    const name = baseName(value);
    return (
      value.trim().length >= 4 &&
      destinationsIn(value).length > 0 &&
      (coverage(value, words) >= FOUND || (name !== value && words.includes(normalWords(name))))
    );
  });
}

const RECORD_KEY = /(?:^|_|[a-z])(?:id|key|ref|number|num|no|ticket|issue|order|invoice|case)$/i;
const TITLE_KEY = /(?:^|_)(?:title|name|subject|document|doc|note|page|list|file|filename)$/i;
const RECORD_ID = /^#?(?=.*\d)[\w-]{2,40}$/;

/** `invoice.txt` of `/home/ann/invoice.txt`; the value itself where it is no path. */
function baseName(value: string): string {
  return value.includes('/') && !value.includes('://') ? value.slice(value.lastIndexOf('/') + 1) : value;
}

const MAX_PLACES = 2;
const MAX_AUTHORS = 3;

/** Files and pages that a call read, as its arguments name them. */
function placesOf(event: TelemetryEvent): string[] {
  if (event.kind !== 'tool.result') return [];
  return destinationsIn(JSON.stringify(event.arguments ?? ''))
    .filter(({ kind, value }) => (kind === 'path' || kind === 'url') && value.length <= 200)
    .slice(0, MAX_PLACES)
    .map(({ value }) => value);
}

const AUTHOR =
  /\b(?:from|sender|requester|author|reply[-_ ]?to|reporter|creator|submitter|submitted[-_ ]by|created[-_ ]by|email[-_ ]from)["']?\s{0,3}[:=]\s{0,3}["']?[^"'\n@]{0,60}?([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6})/gi;

/** Who wrote a record, by its fields: "from: kim@customer.example", `"requester": "kim@…"`. */
function authorsIn(event: TelemetryEvent): string[] {
  if (event.kind !== 'tool.result' || event.text === undefined) return [];
  const authors = new Set<string>();
  for (const match of event.text.slice(0, 20_000).matchAll(AUTHOR)) {
    authors.add(normalDestination('email', match[1] as string));
    if (authors.size >= MAX_AUTHORS) break;
  }
  return [...authors];
}
