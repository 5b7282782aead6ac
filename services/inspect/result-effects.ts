/**
 * What a tool did, as its result says: "Email sent to …", `{"status": "deleted"}`, `{"ok": true, "id": 7}`. A receipt is short and says one thing;
 * a result that gives data is none, whatever words stand in it.
 */
import { EFFECT_CLASSES, type EffectClass } from '../../schemas/common.js';
import { jsonInside } from './destinations.js';

/** UTF-16 units. */
const LONGEST = 400;
const MOST_FIELDS = 8;
const LONGEST_FIELD = 160;
/** Fields that say how it ended. */
const OUTCOME = /^(?:status|state|result|message|msg|detail|details|outcome|response|text|content|output)$/i;
const ACKNOWLEDGED = /^(?:ok|okay|success(?:ful(?:ly)?)?|true|done|accepted|completed?|created|queued)[.!]?$/i;
const NAMED = /^(?:ok|success|succeeded|acknowledged|accepted|done)$/i;
/** It did not happen. */
const FAILED =
  /\b(?:not|no|never|cannot|can't|couldn't|could not|unable|fail(?:ed|ure)?|error|denied|refused|invalid|forbidden|unauthori[sz]ed|rejected|would|will be|to be|pending|dry.run)\b/i;

/** Words of receipts; the earliest that fits decides, the graver first where two begin together. */
const DONE: readonly (readonly [EffectClass, RegExp])[] = [
  [
    'pay',
    /\b(?:paid|transferred|charged|refunded|purchased|payment\b.{0,40}\b(?:created|completed|processed|executed|submitted|made)|(?:order|transfer|transaction)\b.{0,40}\b(?:placed|completed|executed))\b/i,
  ],
  ['delete', /\b(?:deleted|removed|erased|purged|wiped|destroyed|dropped|cancelled|canceled|revoked|terminated)\b/i],
  [
    'send',
    /\b(?:sent|delivered|dispatched|posted|published|forwarded|replied|broadcast(?:ed)?|notified|emailed|e-mailed)\b/i,
  ],
  ['share', /\b(?:shared with|invited|access granted|granted|permissions? (?:added|updated|changed)|made public)\b/i],
  [
    'authenticate',
    /\b(?:logged in|signed in|authenticated|password (?:changed|reset|updated)|token (?:issued|created))\b/i,
  ],
  [
    'execute',
    /\b(?:executed|deployed|installed|restarted|launched|started|stopped|rebooted|exit(?:ed with)? code 0)\b/i,
  ],
  [
    'write',
    /\b(?:created|updated|saved|written|added|booked|reserved|scheduled|renamed|moved|changed|modified|stored|recorded|registered|enabled|disabled|activated|deactivated|approved|closed)\b/i,
  ],
];

/** What a receipt says that was done; nothing where the text is none. At most one effect. */
export function effectOfResult(text: string): EffectClass | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > LONGEST) return undefined;
  const value = jsonInside(trimmed);
  if (value === undefined) return /[\n{}<>]/.test(trimmed) ? undefined : effectOfWords(trimmed);
  if (value === null || Array.isArray(value)) return undefined;
  const fields = Object.entries(value as Record<string, unknown>);
  if (fields.length > MOST_FIELDS) return undefined;
  let acknowledged = false;
  for (const [key, held] of fields) {
    // A list or a long text is data.
    if ((typeof held === 'object' && held !== null) || (typeof held === 'string' && held.length > LONGEST_FIELD))
      return undefined;
    if (held === false && NAMED.test(key)) return undefined;
    acknowledged ||= held === true && NAMED.test(key);
    if (typeof held !== 'string' || !OUTCOME.test(key)) continue;
    if (FAILED.test(held)) return undefined;
    const effect = effectOfWords(held);
    if (effect !== undefined) return effect;
    acknowledged ||= ACKNOWLEDGED.test(held.trim());
  }
  // That something succeeded, and a number of it at most, is said of what changes something.
  return acknowledged &&
    fields.every(
      ([key]) => OUTCOME.test(key) || NAMED.test(key) || /(?:^|_)(?:id|ref|reference|number|code)$|Id$/i.test(key),
    )
    ? 'write'
    : undefined;
}

function effectOfWords(text: string): EffectClass | undefined {
  if (FAILED.test(text)) return undefined;
  let found: { effect: EffectClass; at: number } | undefined;
  for (const [effect, pattern] of DONE) {
    const at = text.search(pattern);
    if (at >= 0 && (found === undefined || at < found.at)) found = { effect, at };
  }
  return found?.effect;
}

/** Two bits an effect: seen once, seen again. */
const ONCE = (effect: EffectClass): number => 1 << (2 * EFFECT_CLASSES.indexOf(effect));

/** Notes that a result said so: one receipt may be chance, from the second on it is what the tool does. */
export function withObserved(observed: number, effect: EffectClass): number {
  const bit = ONCE(effect);
  return (observed & bit) === 0 ? observed | bit : observed | (bit << 1);
}

/** The effects that were seen more than once. */
export const observedEffects = (observed: number): EffectClass[] =>
  observed === 0 ? [] : EFFECT_CLASSES.filter((effect) => (observed & (ONCE(effect) << 1)) !== 0);
