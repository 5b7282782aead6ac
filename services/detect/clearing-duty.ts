/**
 * Whether the words of the user or the developer make it an agent's work to clear away things of this kind: "each night delete
 * expired sessions". Told by three things that stand together: a verb that clears away, that it is many or whatever is old,
 * and a noun that the call shares; and nothing before it that forbids it. "You can delete an order when the customer asks"
 * is no such duty, nor is one for sessions when records are deleted.
 */
import { wordsOf } from '../inspect/tool-name.js';
import { effectOfVerb } from '../inspect/verb-effects.js';
import { normalWords } from './provenance.js';

const CLEARS =
  /^(?:clean\p{L}*|clear\p{L}*|delet\p{L}*|remov\p{L}*|purg\p{L}*|prun\p{L}*|drop\p{L}*|wip(?:e|es|ing)|expir(?:e|es|ing)|evict\p{L}*|discard\p{L}*|tid(?:y|ies|ying)|sweep\p{L}*|lösch\p{L}*|gelöscht|bereinig\p{L}*|entfern\p{L}*|aufräum\p{L}*|supprim\p{L}*|effac\p{L}*|nettoy\p{L}*|elimin\p{L}*|borr\p{L}*|limpi\p{L}*|limp(?:a|e|ar)|apag\p{L}*|cancell\p{L}*|verwijder\p{L}*)$/u;
const MANY =
  /^(?:all|every|each|any|old|older|expired|stale|outdated|unused|obsolete|orphan(?:ed|s)?|temporary|temp|inactive|abandoned|nightly|daily|weekly|hourly|scheduled|cron|retention|alle[nrs]?|jede[nrs]?|alte[nrs]?|abgelaufene[nrs]?|veraltete[nrs]?|tous|toutes|anciens?|anciennes?|expirée?s?|périmée?s?|todos|todas|antigu[oa]s?|viej[oa]s?|vencid[oa]s?|caducad[oa]s?|tutti|tutte|vecchi[eo]?|scadut[ie]|velhos|velhas|verlopen|oude)$/u;
const FORBIDS =
  /^(?:never|not|no|dont|don|cannot|can(?:t)?|mustn|shouldn|without|avoid|refuse|unless|nie|niemals|nicht|keine?[nrs]?|ohne|jamais|pas|sans|nunca|sin|não|sem|mai|non|nooit|niet|geen)$/u;

const BEFORE = 8;
const AFTER = 10;
const FORBIDDEN_WITHIN = 6;

/** One form for one and many: "sessions", "session"; "entries", "entry". */
const stem = (word: string): string =>
  word.length > 4 && word.endsWith('ies')
    ? `${word.slice(0, -3)}y`
    : word.length > 3
      ? word.replace(/(?:es|s)$/u, '')
      : word;

/** What a call is about, by its tool's name and its arguments; verbs and numbers name no kind of thing. */
export function thingsOf(tool: string, args: unknown): ReadonlySet<string> {
  const words = [...wordsOf(tool), ...normalWords(JSON.stringify(args ?? null).slice(0, 400)).split(' ')];
  return new Set(
    words
      .map((word) => word.toLowerCase())
      .filter(
        (word) => word.length >= 3 && /^\p{L}+$/u.test(word) && !CLEARS.test(word) && effectOfVerb(word) === undefined,
      )
      .map(stem),
  );
}

/** @param texts normalised words, one string for each text (`normalWords`) */
export function isClearingDuty(texts: readonly string[], kinds: ReadonlySet<string>): boolean {
  return kinds.size > 0 && texts.some((text) => saysSo(text.split(' ').slice(1, -1), kinds));
}

function saysSo(words: readonly string[], kinds: ReadonlySet<string>): boolean {
  return words.some((word, at) => {
    if (!CLEARS.test(word)) return false;
    if (words.slice(Math.max(0, at - FORBIDDEN_WITHIN), at).some((before) => FORBIDS.test(before))) return false;
    const near = words.slice(Math.max(0, at - BEFORE), at + AFTER + 1);
    return near.some((each) => MANY.test(each)) && near.some((each) => kinds.has(stem(each)));
  });
}
