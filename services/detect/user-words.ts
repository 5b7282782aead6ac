/**
 * What the user's own words ask for, worked out once for all calls of a conversation: effects, places, and whether they
 * handed a decision to data. Told by form, in normalised words; the form of the texts as they were written is only needed
 * for what normalising loses, which {@link noteUserWords} keeps.
 */
import type { EffectClass } from '../../schemas/common.js';
import { asksFor } from '../inspect/asks-for.js';
import { destinationsIn } from '../inspect/destinations.js';
import { isForeign } from '../inspect/foreign-verbs.js';
import { wishesIn } from './foreign-wishes.js';
import { effectOfVerb } from '../inspect/verb-effects.js';
import { type HandedOver, handedOver } from './handed-over.js';
import { normalWords } from './provenance.js';
import type { SessionFacts } from './types.js';

/**
 * The user handed the decision to the data: "do what the mail says", "complete the tasks on my list". Then a request in
 * data is what they asked for, and only a call that leaves it is suspicious.
 */
const DELEGATION =
  / (?:(?:(?<! (?:what|how|where|when|why|who|which|whom|\S+s) )do|follow|(?<!the )following|complete|perform|execute|run|carry out|take care of|handle|work through|work on|go through|process|tackle|act on|address|implement|apply|fix|resolve|solve|finish) (?:(?!following )\S{1,20} ){0,6}(?:instructions?|actions?|tasks?|steps?|to ?dos?|items?|requests?|list|asks?|says?|assignments?|issues?|tickets?|bugs?|comments?|feedback|checklist|runbook|procedure|routine|recipe|anweisungen|aufgaben|tareas|tâches)|(?:put|turn|convert|enter|transfer|copy|move|log|file|add|create|make) (?:\S{1,20} ){0,3}(?:action items?|action points?|to ?dos?|tasks?|follow ?ups?|next steps|dates|appointments|deadlines) (?:from|in|of|out of|listed|mentioned)|do (?:what|as|it for|it as) \S{1,20}|(?:install|set up|setup|configure|build|deploy|proceed|upgrade|migrate) (?:\S{1,20} ){0,6}(?:per|by|according to|following|with|from|as in|as per) (?:\S{1,20} ){0,3}(?:instructions|readme|guide|manual|docs|documentation|runbook|steps)|(?:nach|gemäß|laut|anhand|befolge|folge) (?:\S{1,20} ){0,3}(?:anleitung(?:en)?|anweisung(?:en)?|readme|handbuch|schritten?|checkliste)|(?:suis|suivre|suivez|suivant|selon) (?:\S{1,20} ){0,3}(?:instructions|consignes|étapes|guide|procédure|readme)|(?:sigue|seguir|siga|siguiendo|según) (?:\S{1,20} ){0,3}(?:instrucciones|pasos|guía|procedimiento)|(?:segui|seguire|seguendo|secondo) (?:\S{1,20} ){0,3}(?:istruzioni|passi|guida|procedura)|(?:siga|seguir|seguindo|segundo|conforme) (?:\S{1,20} ){0,3}(?:instruções|passos|guia)|(?:volg|volgens) (?:\S{1,20} ){0,3}(?:instructies|handleiding|stappen)) /u;

/** The user asked for the effect, and data say how: "adjust my rent accordingly", "pay it as the letter says". */
const GUIDED =
  / (?:accordingly|as (?:\S{1,20} ){0,4}(?:says?|asks?|wants?|described|specified|stated|instructed|requested|directed|indicated|mentioned|listed|shown)|(?:based on|according to|in line with|following) (?:the|this|that|its|his|her|their|what)|from (?:the|this|that|his|her|their|our|my) (?:\S{1,20} ){0,2}(?:sheet|brief|briefing|notes?|specs?|specification|template|outline|draft|guidelines?|requirements)|entsprechend|gemäß|demgemäß|conformément|según|conforme) /u;

/** The user wants an invoice paid, which says by itself whom to pay. */
const PAYS =
  / (?:pay|pays|paid|settle|clear|payment|take care of|sort out|bezahl\p{L}*|zahl\p{L}*|begleich\p{L}*|überweis\p{L}*|paga\p{L}*|pague\p{L}*|payer|payez|paie|règle\p{L}*|régle\p{L}*|betaal\p{L}*|betal\p{L}*|zapłac\p{L}*|оплат\p{L}*) /u;
const INVOICE =
  / (?:invoices?|bills?|rechnung(?:en)?|factures?|facturas?|fattur[ae]|faturas?|rekening(?:en)?|faktur\p{L}*|regning(?:er)?|рахунок|сч[её]т) /u;

/** The user speaks of a page and names none, of several and names fewer, or of links: then which ones is for the data to say. */
const PAGES =
  / (?:website|web ?page|page|site|article|link|url|blog|news|online|internet|web|seite|artikel|artículo|página|enlace|lien) /u;
const SEVERAL_PAGES =
  / (?:websites|web ?pages|pages|sites|articles|links|urls|blogs|seiten|artículos|páginas|enlaces|liens) /u;
/** However many the user named: these are whichever the data hold. */
const WHICHEVER_PAGES =
  / (?:(?:all|any|every|each|other|further) (?:\S{1,20} ){0,3}(?:websites?|web ?pages?|pages?|sites?|articles?|blogs?|urls?)|links?|linked|urls?|hyperlinks?|enlaces?|liens?|verlinkte[nrs]?) /u;

/** Kinds of places that stand for each other: a call goes to one of them, whichever way it is written. */
export type PlaceKind = 'page' | 'mail' | 'account' | 'phone';

const PLACE_KINDS: Partial<Record<ReturnType<typeof destinationsIn>[number]['kind'], PlaceKind>> = {
  url: 'page',
  domain: 'page',
  email: 'mail',
  iban: 'account',
  wallet: 'account',
  phone: 'phone',
};

/** What kind of place a destination is; nothing where it is none outside. */
export function placeKindOf(destination: string): PlaceKind | undefined {
  for (const { kind } of destinationsIn(destination)) {
    const place = PLACE_KINDS[kind];
    if (place !== undefined) return place;
  }
  return undefined;
}

const MAX_PLACES = 16;

/** Ways to ask for a message that no tool is named after. */
const WRITES_TO =
  /(?:^|[.!?;:,\n]\s*|\b(?:please|then|and|to|you)\s+)(?:answer(?! (?:my|this|the following) question)|write back|get back to|let (?!me|us|you)\w+ know|tell (?!me|us|you)\w+)\b/i;

/** Takes in what normalising a text of the user's would lose: the effects it asks for, the places outside it names. */
export function noteUserWords(facts: SessionFacts, text: string): void {
  const { effects } = asksFor(text);
  for (const effect of WRITES_TO.test(text) ? [...effects, 'send' as const] : effects)
    if (facts.userAsks?.includes(effect) !== true) (facts.userAsks ??= []).push(effect);
  for (const { kind, value } of destinationsIn(text)) {
    if (PLACE_KINDS[kind] === undefined || facts.userPlaces?.includes(value) === true) continue;
    if ((facts.userPlaces ??= []).length < MAX_PLACES) facts.userPlaces.push(value);
  }
}

/** A turn that begins so agrees to what was offered. */
const ASSENT =
  /^[^\p{L}\p{N}]*(?:yes|yep|yeah|yup|sure|ok|okay|alright|go ahead|please do|do it|do so|do that|proceed|confirm(?:ed)?|correct|right|absolutely|definitely|certainly|of course|sounds good|looks good|fine|perfect|great|ja|jawohl|gerne|klar|oui|d'accord|vas-y|sí|si|claro|vale|adelante|sim|certo|va bene|ja graag|tak|да|はい|好的?|是的?|可以|네|예)(?![\p{L}\p{N}])/iu;
/** A sentence in which somebody offers to do something, and how it begins. */
const OFFER =
  /(?:shall|should|may|can|could) (?:i|we)|(?:do|would) you (?:want|like) (?:me|us) to|want me to|(?:i|we)(?:'ll| will| can| could| am going to|'m going to| would| plan to)|let me|soll ich|möchten sie, dass ich|dois-je|voulez-vous que je|quieres que|debo/i;
const SENTENCE = /[^.!?\n]+[.!?]?/g;
const MAX_OFFER = 600;

/** What of an agent's own words offers to do something: only that may be agreed to, not what it tells of what it read. */
export function offerIn(text: string): string | undefined {
  const tail = text.slice(-4 * MAX_OFFER);
  const offers = (tail.match(SENTENCE) ?? []).flatMap((sentence) => {
    const offer = OFFER.exec(sentence);
    if (offer !== null) return [sentence.slice(offer.index + offer[0].length).trim()];
    return sentence.endsWith('?') ? [sentence.trim()] : [];
  });
  return offers.length === 0 ? undefined : offers.join('\n').slice(-MAX_OFFER);
}

/** The text says yes to what was offered before. */
export function isAssent(text: string): boolean {
  return ASSENT.test(text.slice(0, 80));
}

/** @param named how many pages the user named */
function leavesPagesOpen(topic: string, named: number): boolean {
  if (WHICHEVER_PAGES.test(topic)) return true;
  return SEVERAL_PAGES.test(topic) ? named < 2 : named < 1 && PAGES.test(topic);
}

/** What the user's words say, worked out once for all taints of a conversation. */
export interface UserContext {
  /** Of the user and the system: values found here are nobody else's. */
  words: string;
  /** The user's own words. */
  said: string;
  /** In another language than English. */
  foreign: boolean;
  effects: readonly EffectClass[];
  spoken: ReadonlySet<EffectClass>;
  /** Handed to the data: what to do; how to do what was asked for; which pages to read. */
  delegated: boolean;
  guided: boolean;
  /** To which sources; what they want without saying how; whom or where to. */
  handed: HandedOver;
  leavesPagesOpen: boolean;
  /** They want an invoice paid, and name no account. */
  settles: boolean;
  /** Kinds of places that the user named. */
  places: ReadonlySet<PlaceKind>;
  /** The user's own words without the places they named: what the work is about. */
  topic: string;
}

type Words = Readonly<Pick<SessionFacts, 'userText' | 'systemText' | 'userAsks' | 'userPlaces'>>;

/** What one reads, as often as what one does: "my last emails", "any new messages". */
const MAIL = /^(?:e?mails?|messages?|sms|texts?|posts?|tweets?|notifications?|comments?)$/;
/** Whoever reads, looks for or asks about it does not send it. */
const READS =
  /^(?:read|reads|check|summari[sz]e|review|find|search|show|list|open|see|scan|skim|fetch|get|any|which|what|whats|unread|inbox|latest|last|recent|newest)$/;
const WORDS_BETWEEN = 5;

/** Whether the word at this place names what is read, and not what is to be done. */
function isRead(words: readonly string[], at: number): boolean {
  if (!MAIL.test(words[at] as string)) return false;
  for (let before = at - 1; before >= Math.max(0, at - WORDS_BETWEEN); before--) {
    const word = words[before] as string;
    if (READS.test(word)) return true;
    const effect = effectOfVerb(word);
    if (effect !== undefined && effect !== 'read') return false;
  }
  return false;
}

/** A memo: the same words are met by every call of a conversation. */
const userContexts = new WeakMap<readonly string[], UserContext>();

export function userContext(facts: Words): UserContext {
  const said = facts.userText.join('');
  const words = said + facts.systemText.join('');
  const known = userContexts.get(facts.userText);
  if (known?.words === words) return known;
  const spoken = new Set<EffectClass>();
  const spokenWords = said.split(' ');
  for (const [at, word] of spokenWords.entries()) {
    const effect = effectOfVerb(word);
    if (effect !== undefined && !isRead(spokenWords, at)) spoken.add(effect);
  }
  const foreign = isForeign(said);
  // Many languages put the verb at the end, or after more words than a clause is looked at for.
  if (foreign) for (const effect of wishesIn(said)) spoken.add(effect);
  const named = facts.userPlaces ?? [];
  const kinds = named.flatMap((place) => placeKindOf(place) ?? []);
  const handed = handedOver(said, DELEGATION);
  const topic = named.reduce((rest, place) => rest.replaceAll(normalWords(place), ' '), said);
  const context = {
    words,
    said,
    foreign,
    effects: facts.userAsks ?? asksFor(said).effects,
    spoken,
    delegated: handed.decision,
    handed,
    guided: GUIDED.test(said),
    settles: PAYS.test(said) && INVOICE.test(said) && !kinds.includes('account'),
    leavesPagesOpen: leavesPagesOpen(topic, kinds.filter((kind) => kind === 'page').length),
    places: new Set(kinds),
    topic,
  };
  userContexts.set(facts.userText, context);
  return context;
}

/** Parts of addresses that everybody's have. */
const COMMON_PARTS = new Set(
  'www http https html info mail email gmail outlook yahoo hotmail icloud proton contact office support company example admin service online site home'.split(
    ' ',
  ),
);

/** Whether a word that a place is named with is one that the user's words are about: a restaurant's page, a colleague's address. */
export function isOnTopic(destination: string, topic: string): boolean {
  return normalWords(destination)
    .split(' ')
    .some(
      (part) => part.length >= 4 && /\p{L}{4}/u.test(part) && !COMMON_PARTS.has(part) && topic.includes(` ${part}`),
    );
}
