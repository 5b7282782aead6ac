/**
 * What a tool does, told from its name.
 *
 * A name is split into words (snake, kebab, camel, dots). Tools are named verb first (`send_email`) or object first
 * (`email.send`), and many a word is both a verb and a thing: `message`, `order`, `transfer`, `list`. So the first known verb
 * decides that is not, where it stands, the name of a thing.
 */
import type { EffectClass } from '../../schemas/common.js';
import { effectOfWord } from './verb-effects.js';

/** Objects that make a plain verb graver: `create_payment` pays, `update_password` authenticates, `invite_user` shares. */
const OBJECTS: readonly (readonly [RegExp, EffectClass])[] = [
  [/^(payment|payments|transaction|transactions|transfer|transfers|money|funds|purchase|wire|payout)$/, 'pay'],
  [/^(bid|bids|bet|bets|wager|trade|trades)$/, 'pay'],
  [/^(password|passwd|credential|credentials|token|apikey|mfa|otp|login|secret|secrets)$/, 'authenticate'],
  [/^(email|mail|message|sms|tweet|webhook|notification|dm)$/, 'send'],
  [/^(permission|permissions|access|acl|member|members|collaborator|participants|participant)$/, 'share'],
  [/^(command|shell|script|code|process|container|job)$/, 'execute'],
];

/** What is opened in the world, and not to be read: `open_door`, `open_position`; not `open_file`. */
const OPENED = new Set(
  'door doors garage gate gates lock locks valve window windows blinds blind curtain curtains shutter shutters trunk safe vault barrier account position trade port tunnel'.split(
    ' ',
  ),
);

/** Behind these an order is one that costs money: `place_order`, `createOrder`; not `get_order`, `update_order`. */
const PLACING = new Set(['place', 'submit', 'create', 'make', 'buy', 'market', 'limit']);

/** `sendEmail`, `send-email`, `mail.send_v2` → lower-case words. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 0);
}

/** Things that are verbs as well: in front of any other verb they are what it is done to (`message_list`, `order_status`). */
const THINGS_FIRST = new Set(
  `message email mail call sms tweet dm text fax contact alert invoice payment transfer refund charge deposit purchase trade wire payout checkout
  order comment note draft commit token credential credentials otp mfa password permission permissions access build deploy command script job vote
  webhook release`.split(/\s+/),
);

/** Verbs that are things as well: what is done to them stands right behind (`record_get`); `log_time` and `post_status` do something. */
const VERBS_FIRST = new Set('post record log label tag schedule archive report'.split(' '));

/** Verbs of reading that are things as well, where a verb of doing follows: `mailing_list_add`, `order_status_update`. */
const READ_THINGS = new Set(
  'list view search query count rate rank quote stat info history balance time status filter estimate network console'.split(
    ' ',
  ),
);

/** Of these, those that are things in front, too: `quote_discount` says what is dealt with, not that it is only looked at. */
const READ_THINGS_FIRST = new Set('quote rate rank estimate balance time count filter network console'.split(' '));

/** What is looked at where nothing but its place is named: `sms_inbox`. */
const PLACES = /^(?:inbox|mailbox|outbox|feed|timeline)$/;

/** What is looked at where a name says nothing but the thing: `onboarding_template`, `drug_db`, `leave_policy`. */
const THINGS =
  /^(?:templates?|polic(?:y|ies)|guides?|guidelines?|manuals?|docs?|documentation|faqs?|glossary|catalog(?:ue)?|schemas?|sheets?|db|directory|wiki|handbook|weather|forecast|stats|statistics|metrics|logs?|history|info|details|specs?|readme|results?|reports?|summary|overview|summaries|prices?|rates?|records?|profiles?|transcripts?|news)$/;

/** Whether a name says nothing but a thing that is looked at. */
export const namesAThing = (name: string): boolean => THINGS.test(wordsOf(name).at(-1) ?? '');

/** Several things (`transfers`), or how they are (`scheduled_posts`): tools are named in the imperative. */
const isThing = (word: string): boolean => {
  const one = word.replace(/s$/, '');
  return (word !== one && (THINGS_FIRST.has(one) || VERBS_FIRST.has(one))) || HOW.test(word);
};
const HOW = /^\w{3,}(?:ed|ing)$/;

/** Whether a word is a verb and nothing else. */
const isVerb = (word: string): boolean =>
  effectOfWord(word) !== undefined &&
  !isThing(word) &&
  !THINGS_FIRST.has(word) &&
  !VERBS_FIRST.has(word) &&
  !READ_THINGS.has(word);

const changes = (word: string): boolean => isVerb(word) && effectOfWord(word) !== 'read';

/** Where the verb stands; undefined where there is none, `things` where all that could be one are things. */
function verbAt(words: readonly string[]): number | 'things' | undefined {
  let first: number | undefined;
  let things = true;
  for (const [at, word] of words.entries()) {
    if (effectOfWord(word) === undefined) continue;
    first ??= at;
    if (isThing(word)) continue;
    things = false;
    const later = words.slice(at + 1);
    if (THINGS_FIRST.has(word) && later.some((each) => isVerb(each) || READ_THINGS.has(each))) continue;
    if (THINGS_FIRST.has(word) && PLACES.test(later.at(-1) ?? '')) return 'things';
    if (VERBS_FIRST.has(word) && isVerb(later[0] ?? '')) continue;
    if (READ_THINGS.has(word) && (at > 0 || READ_THINGS_FIRST.has(word)) && later.some(changes)) continue;
    return at;
  }
  return first !== undefined && things ? 'things' : first;
}

/** What the tool of such a name does; empty where the name does not tell. */
export function effectsOfName(name: string): Set<EffectClass> {
  const found = new Set<EffectClass>();
  const words = wordsOf(name);
  const at = verbAt(words);
  if (words.some((word, index) => /^orders?$/.test(word) && PLACING.has(words[index - 1] ?? ''))) found.add('pay');
  if (at === undefined) return found;
  if (at === 'things') return found.add('read');
  const word = words[at] as string;
  const opens = word === 'open' && words.some((each) => OPENED.has(each));
  const verb = opens ? 'write' : (effectOfWord(word) as EffectClass);
  const before = words.slice(0, at);
  const behind = words.slice(at + 1);
  // `quote_discount` says what is dealt with, not that it is only looked at.
  if (at === 0 && behind.length > 0 && READ_THINGS_FIRST.has(word))
    if (behind.every((each) => effectOfWord(each) === undefined) && !THINGS.test(behind.at(-1) as string)) return found;
  found.add(verb);
  // Reading a payment history pays nobody; only a verb that changes something takes its object's effect.
  if (verb === 'read') {
    // `email_read_receipt_enable`, `get_and_delete`
    for (const each of behind) {
      const later = effectOfWord(each);
      if (later === 'delete' || later === 'execute' || (at > 0 && changes(each))) found.add(later as EffectClass);
    }
    return found;
  }
  for (const each of [...before, ...behind])
    for (const [object, effect] of OBJECTS) if (object.test(each)) found.add(effect);
  // `email_status_update` sends, `refunds.create` pays.
  for (const each of before) {
    const own = effectOfWord(each);
    if (own === 'pay' || (own === 'send' && !HOW.test(each) && !/^(?:contact|alert|text)/.test(each))) found.add(own);
  }
  for (const each of behind) {
    const second = effectOfWord(each);
    if (second === 'delete' || second === 'execute' || (verb === 'send' && second === 'read')) found.add(second);
  }
  return found;
}
