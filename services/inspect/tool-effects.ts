/**
 * What calling a tool does to the world, told from its name, description and arguments.
 *
 * A name is split into words (snake, kebab, camel, dots); the first word that is a known verb decides, since tools are
 * named verb first (`send_email`) or object first (`email.send`). Where the name says nothing the description's first
 * sentence does, then the names of the arguments. Nothing found: `unknown`, which counts as side-effecting.
 * The baseline policy's `tools` overrides all of it: names are a guess, an owner knows.
 */
import { EFFECT_CLASSES, type EffectClass } from '../../schemas/common.js';
import { commandEffects, programEffects } from './command-effects.js';
import { effectsOfStems } from './foreign-verbs.js';
import { operationOf } from './operations.js';
import { isPageAction, pageEffects } from './page-actions.js';

export interface ToolFacts {
  name: string;
  description?: string | undefined;
  arguments?: unknown;
}

const VERBS: Record<Exclude<EffectClass, 'unknown'>, string> = {
  read: `get read list search find fetch lookup look query view show check describe count browse open load retrieve inspect summarize
    summarise translate calculate compute convert parse compare rank recommend predict classify analyze analyse validate verify watch
    recall explain detect estimate preview print tail select filter sort rate quote weather time now ping stat status head ls cat grep whoami
    history available iban balance info details
    extract download navigate goto visit scroll screenshot snapshot wait zoom forward_page go_back tabs resize console network`,
  write: `write create add update set edit modify insert append save store put patch rename move copy upload import reserve book schedule
    reschedule register assign tag label mark draft comment react archive change configure enable disable attach log record remember star pin unlock
    lock turn toggle switch mute unmute pause resume vote block unblock unfollow retweet redirect rotate calibrate adjust increase decrease raise lower
    join leave accept decline approve submit close reopen merge commit subscribe unsubscribe follow make prepare order scale renew extend postpone
    restore reset replace swap migrate clone fork fix repair correct amend
    hide unhide reject release prescribe administer dispense downgrade demote promote deprecate reprice unmute disarm arm throttle
    enter silence triage tweak falsify backdate provision deprovision unassign fill autofill steer dim arm disarm`,
  send: `send post publish email mail message notify reply forward tweet sms text call dial broadcast dm announce webhook push transmit export
    respond contact alert emit fax tell`,
  pay: `pay transfer purchase buy charge refund withdraw deposit payment invoice checkout wire remit donate tip trade sell invest payout`,
  execute: `execute run exec eval bash shell command script deploy install compile invoke launch start stop restart kill spawn build trigger
    sql terminal python powershell apply rollback reboot`,
  delete: `delete remove drop destroy purge erase clear truncate wipe unlink rm trash discard revoke terminate uninstall prune cancel empty void shred`,
  share: `share invite grant permit expose collaborate publicize allow add_user permission permissions access`,
  authenticate: `login logout signin signup authenticate authorize auth password credential credentials token oauth mfa otp impersonate assume
    rotate passwd`,
};

const EFFECT_OF = new Map<string, EffectClass>();
for (const effect of EFFECT_CLASSES) {
  if (effect === 'unknown') continue;
  for (const verb of VERBS[effect].split(/\s+/)) if (verb && !EFFECT_OF.has(verb)) EFFECT_OF.set(verb, effect);
}

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

/** The stem that the verb table knows: `sends`, `sending`, `deleted` → `send`, `delete`. */
function effectOfWord(word: string): EffectClass | undefined {
  const direct = EFFECT_OF.get(word);
  if (direct) return direct;
  // "transferred", "submitting": the last letter stands twice.
  const doubled = /^(\w+([b-df-hj-np-tv-z]))\2(?:ed|ing)$/.exec(word);
  if (doubled !== null && EFFECT_OF.has(doubled[1] as string)) return EFFECT_OF.get(doubled[1] as string);
  if (word.endsWith('ing')) return EFFECT_OF.get(word.slice(0, -3)) ?? EFFECT_OF.get(`${word.slice(0, -3)}e`);
  if (word.endsWith('ied')) return EFFECT_OF.get(`${word.slice(0, -3)}y`);
  if (word.endsWith('ed')) return EFFECT_OF.get(word.slice(0, -2)) ?? EFFECT_OF.get(word.slice(0, -1));
  if (word.endsWith('es')) return EFFECT_OF.get(word.slice(0, -2)) ?? EFFECT_OF.get(word.slice(0, -1));
  if (word.endsWith('s')) return EFFECT_OF.get(word.slice(0, -1));
  return undefined;
}

/** The effect a single verb of running text stands for, e.g. of "please *transfer* 100 EUR". */
export function effectOfVerb(verb: string): EffectClass | undefined {
  return effectOfWord(verb.toLowerCase());
}

/** Verbs of reading that are as often the name of a thing. */
const NOUN_FIRST = /^(?:quote|rate|rank|estimate|balance|time|count|filter|network|console)$/;

function ofName(name: string): Set<EffectClass> {
  const found = new Set<EffectClass>();
  const words = wordsOf(name);
  const verbAt = words.findIndex((word) => effectOfWord(word) !== undefined);
  if (words.some((word, at) => /^orders?$/.test(word) && PLACING.has(words[at - 1] ?? ''))) found.add('pay');
  if (verbAt < 0) return found;
  const opens = words[verbAt] === 'open' && words.some((word) => OPENED.has(word));
  const verb = opens ? 'write' : (effectOfWord(words[verbAt] as string) as EffectClass);
  // `quote_discount` says what is dealt with, not that it is only looked at.
  if (verbAt === 0 && words.length > 1 && NOUN_FIRST.test(words[0] as string)) {
    const later = words.slice(1).map(effectOfWord);
    if (later.every((effect) => effect === undefined) && !THINGS.test(words.at(-1) as string)) return found;
  }
  found.add(verb);
  // Reading a payment history pays nobody; only a verb that changes something takes its object's effect.
  if (verb === 'read') {
    // `email.send`, `file_delete`: where the first hit was a noun that also reads as a verb, a later changing verb wins.
    for (const word of words.slice(verbAt + 1)) {
      const later = effectOfWord(word);
      if (later === 'delete' || later === 'execute') found.add(later);
    }
    return found;
  }
  for (const word of words.slice(verbAt + 1)) {
    for (const [object, effect] of OBJECTS) if (object.test(word)) found.add(effect);
    const second = effectOfWord(word);
    if (second === 'delete' || second === 'execute' || (verb === 'send' && second === 'read')) found.add(second);
  }
  return found;
}

function ofDescription(description: string): Set<EffectClass> {
  const found = new Set<EffectClass>();
  const sentence = description.slice(0, 400).split(/[.\n]/, 1)[0] ?? '';
  for (const word of wordsOf(sentence).slice(0, 24)) {
    const effect = effectOfWord(word);
    if (effect === undefined) continue;
    found.add(effect);
    break;
  }
  return found;
}

const ARGUMENTS: readonly (readonly [RegExp, EffectClass])[] = [
  [/^(command|cmd|script|code|sql)$/i, 'execute'],
  [/^(recipients?|to|cc|bcc|channel|webhook)$/i, 'send'],
  [/^(amount|iban|account|payee)$/i, 'pay'],
  [/^(password|passphrase)$/i, 'authenticate'],
  [/^(content|body|patch)$/i, 'write'],
];

function ofArguments(args: unknown): Set<EffectClass> {
  const found = new Set<EffectClass>();
  if (args === null || typeof args !== 'object') return found;
  for (const key of Object.keys(args)) for (const [name, effect] of ARGUMENTS) if (name.test(key)) found.add(effect);
  return found;
}

const byName = new Map<string, readonly EffectClass[]>();
const UNKNOWN: readonly EffectClass[] = ['unknown'];

/**
 * The effects of a tool, most telling source first; never empty. `override` is what the baseline policy says of it.
 * Names are remembered (bounded), so that asking again costs a map look-up.
 */
export function toolEffects(tool: ToolFacts, override?: readonly EffectClass[]): readonly EffectClass[] {
  if (override !== undefined && override.length > 0) return override;
  const cached = byName.get(tool.name);
  if (cached !== undefined && cached.length > 0) return cached;
  if (cached === undefined) {
    const named = [...ofName(tool.name)];
    if (byName.size >= 10_000) byName.clear();
    byName.set(tool.name, named);
    if (named.length > 0) return named;
  }
  const described = tool.description === undefined ? [] : [...ofDescription(tool.description)];
  if (described.length > 0) return described;
  const { foreign, fallback } = otherwise(tool.name);
  if (foreign.length > 0) return foreign;
  const argued = [...ofArguments(tool.arguments)];
  return argued.length > 0 ? argued : fallback;
}

/** Of names that are no verb's in English: what they say in another language, and what counts where nothing says more. */
interface Otherwise {
  foreign: readonly EffectClass[];
  fallback: readonly EffectClass[];
}
const otherwiseByName = new Map<string, Otherwise>();

function otherwise(name: string): Otherwise {
  const known = otherwiseByName.get(name);
  if (known !== undefined) return known;
  const made = { foreign: ofForeignName(name), fallback: namesAThing(name) ? READ : UNKNOWN };
  if (otherwiseByName.size >= 10_000) otherwiseByName.clear();
  otherwiseByName.set(name, made);
  return made;
}

/** What is looked at where a name says nothing but the thing: `onboarding_template`, `drug_db`, `leave_policy`. */
const THINGS =
  /^(?:templates?|polic(?:y|ies)|guides?|guidelines?|manuals?|docs?|documentation|faqs?|glossary|catalog(?:ue)?|schemas?|sheets?|db|directory|wiki|handbook|weather|forecast|stats|statistics|metrics|logs?|history|info|details|specs?|readme|results?|reports?|summary|overview|summaries|prices?|rates?|records?|profiles?|transcripts?|news)$/;
const READ: readonly EffectClass[] = ['read'];

const namesAThing = (name: string): boolean => THINGS.test(wordsOf(name).at(-1) ?? '');

/** Verbs of reading in other languages, as tools are named with them: `correo_buscar`, `fluege_suchen`. */
const FOREIGN_READ =
  /(?:^|[^a-z])(?:such|finde|lese|lies|zeig|abruf|hole|pruef|busc|consult|leer|mostr|muestr|listar|obten|cherch|lire|affich|recuper|trouv|cerca|legg|mostra|trova|zoek|lees|toon|szuka|wyszuk|czyta|pokaz)/;

/** The effects of a tool that is named in another language than English. */
function ofForeignName(name: string): readonly EffectClass[] {
  const words = name
    .replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ')
    .replace(/[_.-]+/g, ' ')
    .toLowerCase();
  const found = [...effectsOfStems(words)];
  return found.length > 0 ? found : FOREIGN_READ.test(words) ? READ : [];
}

/**
 * The effects of one call: those of its tool, and those of the command or statement that its arguments hold. What an
 * `override` says of a tool holds for every call of it.
 */
export function callEffects(tool: ToolFacts, override?: readonly EffectClass[]): readonly EffectClass[] {
  const effects = toolEffects(tool, override);
  return override !== undefined && override.length > 0 ? effects : withArguments(tool.name, effects, tool.arguments);
}

const operating = new Map<string, boolean>();

/** Whether a call operates a page: `browser_click`, `computer {action: "type"}`. */
export function operatesPage(name: string, args?: unknown): boolean {
  if (isPageTool(name)) return true;
  const operation = operationOf(args);
  return operation !== undefined && !operation.http && isPageTool(`${name} ${operation.name}`);
}

/** {@link isPageAction} of a name; remembered as {@link toolEffects} is, since every call asks. */
function isPageTool(name: string): boolean {
  let operates = operating.get(name);
  if (operates === undefined) {
    operates = isPageAction(wordsOf(name));
    if (operating.size >= 10_000) operating.clear();
    operating.set(name, operates);
  }
  return operates;
}

/**
 * What one call does, of a tool with such effects: what the command in its arguments does comes to them (one that only reads
 * takes nothing away), and what is clicked or typed stands for them where the tool operates a page.
 */
export function withArguments(name: string, effects: readonly EffectClass[], args: unknown): readonly EffectClass[] {
  const operation = operationOf(args);
  const whole = operation === undefined ? name : `${name} ${operation.name}`;
  if (isPageTool(name) || (operation !== undefined && !operation.http && isPageTool(whole)))
    return pageEffects(wordsOf(whole), args, effectOfWord);
  const programmed = programEffects(name, args);
  if (programmed.length > 0) return programmed;
  const told = operation === undefined ? effects : ofOperation(name, effects, operation.name);
  const commanded = commandEffects(args).filter((effect) => effect !== 'read' && !told.includes(effect));
  return commanded.length === 0 ? told : [...told, ...commanded];
}

/** Words of names that say that something is done, and not what. */
const GENERAL =
  /^(?:invoke|execute|exec|run|call|perform|dispatch|do|use|apply|make|send|handle|process|tool|tools|action|actions|operation|operations|function|api|rest|http|https|request|requests|rpc|graphql|query|mutation|command|mcp|proxy|gateway|bridge|connector|app|apps|client|server|service|composio|zapier|v\d+)$/;

/** A general tool does what its operation says; another one that, too. */
function ofOperation(name: string, effects: readonly EffectClass[], operation: string): readonly EffectClass[] {
  const done = toolEffects({ name: operation });
  if (done.includes('unknown')) return effects;
  if (effects.includes('unknown') || wordsOf(name).every((word) => GENERAL.test(word))) return done;
  const more = done.filter((effect) => effect !== 'read' && !effects.includes(effect));
  return more.length === 0 ? effects : [...effects, ...more];
}

/** Whether a call only keeps what it is given, in a file or a note: what it holds goes nowhere by that. */
export function onlyKeeps(effects: readonly EffectClass[]): boolean {
  return effects.every((effect) => effect === 'write' || effect === 'read');
}

/** Whether any of the effects changes something or lets data out; `unknown` counts. */
export function isSideEffecting(effects: readonly EffectClass[]): boolean {
  return effects.some((effect) => effect !== 'read');
}
