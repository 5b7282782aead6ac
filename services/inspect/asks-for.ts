/**
 * What a span asks its reader to do: the tools and effects its imperatives name, and where to. This is not a verdict on
 * the span, it is what makes a verdict useful: the calls an attacker wants next can be blocked and the rest left alone.
 */
import { EFFECT_CLASSES, type EffectClass } from '../../schemas/common.js';
import { destinationsIn } from './destinations.js';
import { foreignEffects } from './foreign-verbs.js';
import { effectOfVerb } from './verb-effects.js';

export interface AsksFor {
  tools: string[];
  effects: EffectClass[];
  destinations: string[];
}

/** Identifiers that look like a tool's name: `send_money`, `calendar.create`, `createEvent`, `tool: search`. */
const TOOL_LIKE =
  /\b[a-z][a-z0-9]{1,30}(?:[_.][a-z][a-z0-9]{1,30}){1,5}\b|\b[a-z]{2,20}(?:[A-Z][a-z0-9]{1,20}){1,4}\b/g;
const NOT_TOOL =
  /^im_(?:start|end)$|\.(com|net|org|io|ai|dev|txt|md|csv|json|pdf|html?|de|uk|fr|eu|example|xyz|info|docx?|xlsx?|py|js|ts)$/i;

/** Words before a verb that make it a request, or a beginning of a clause; "he sent" and "was sent" are told, not asked.
 * The verb is looked ahead at, so that it may itself introduce one ("please also send"). */
const IMPERATIVE =
  /(?:\b(?:please|kindly|you|then|and|so|to|also|now|first|next|immediately|must|should|can|could|will|let's|just|simply|finally|directly)\s+|^|[.!?:;,\n\r>"'([{*#-]\s*)(?=([a-z]{2,15})\b)/gi;

/** Told to somebody else than whoever is spoken to: "give the customer the internal prices". */
const TELLING =
  /\b(?:give|hand|tell|show|inform|provide|reveal|disclose)\s+(?:(?:the|this|that|each|every|all|our|their|any)\s+)?(?:\w{3,15}\s+)?(?:customers?|clients?|callers?|guests?|patients?|senders?|requesters?|buyers?|sellers?|visitors?|vendors?|suppliers?|candidates?|applicants?|public|everyone|everybody|anyone)\b/i;

/** A memo: the readings of one text show the same requests, and several readers ask about each. Bounded; emptied when full. */
const known = new Map<string, AsksFor>();
const MAX_KNOWN = 512;
const MAX_TOOLS = 16;

/** At most 4,000 characters are read: a span, not a document. What is given is the caller's own. */
export function asksFor(text: string): AsksFor {
  const head = text.length > 4000 ? text.slice(0, 4000) : text;
  let asks = known.get(head);
  if (asks === undefined) {
    asks = asksAnew(head);
    if (known.size >= MAX_KNOWN) known.clear();
    // A copy: a part of a text would hold on to the whole of it.
    known.set(Buffer.from(head, 'utf16le').toString('utf16le'), asks);
  }
  return { tools: [...asks.tools], effects: [...asks.effects], destinations: [...asks.destinations] };
}

/** Each verb that stands where a request has it, once. */
function askedVerbs(head: string): Set<string> {
  const verbs = new Set<string>();
  IMPERATIVE.lastIndex = 0;
  for (let match = IMPERATIVE.exec(head); match !== null; match = IMPERATIVE.exec(head)) {
    verbs.add(match[1] as string);
    // At the beginning the place may take no room.
    if (match[0] === '') IMPERATIVE.lastIndex++;
  }
  return verbs;
}

function asksAnew(head: string): AsksFor {
  const tools = new Set<string>();
  TOOL_LIKE.lastIndex = 0;
  for (let match = TOOL_LIKE.exec(head); match !== null && tools.size < MAX_TOOLS; match = TOOL_LIKE.exec(head))
    if (!NOT_TOOL.test(match[0])) tools.add(match[0]);
  const effects = new Set<EffectClass>();
  for (const verb of askedVerbs(head)) {
    const effect = effectOfVerb(verb);
    if (effect !== undefined) effects.add(effect);
  }
  for (const effect of foreignEffects(head)) effects.add(effect);
  if (TELLING.test(head)) effects.add('send');
  for (const tool of tools) {
    const effect = tool
      .split(/[_.]|(?=[A-Z])/)
      .map(effectOfVerb)
      .find((found) => found !== undefined);
    if (effect !== undefined) effects.add(effect);
  }
  return {
    tools: [...tools],
    effects: EFFECT_CLASSES.filter((effect) => effects.has(effect)),
    destinations: destinationsIn(head).map((destination) => destination.value),
  };
}
