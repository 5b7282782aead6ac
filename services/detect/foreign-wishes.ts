/**
 * What users ask for in other languages than English, wherever the verb stands ("Bitte den Betrag an sie *erstatten*"). The
 * verbs of services/inspect/foreign-verbs.ts are looked for in every text and so only where a clause begins; users may be
 * heard with more goodwill, and in more words.
 */
import type { EffectClass } from '../../schemas/common.js';
import { effectsOfStems } from '../inspect/foreign-verbs.js';

/** Further stems, as words begin with them. */
const FURTHER: readonly (readonly [RegExp, EffectClass])[] = [
  [
    / (?:benachrichtig|informier|schreib|meld|teile? \S+ mit|gib \S+ bescheid|sag \S+ bescheid|préviens|prévenez|informe|écri[sv]|avisa|avise|escrib|notific|notifi[cq]|avvis|informa|scriv|escrev|verwittig|laat \S+ weten|schrijf|bericht|zawiadom|napisz|poinformuj|biete|veröffentlich|publi)/u,
    'send',
  ],
  [
    / (?:erstatt|rückerstatt|zurückzahl|begleich|règle|réglez|abona|abone|liquida|salda|restitui|terugbeta|zwróć|opłać)/u,
    'pay',
  ],
  [
    / (?:wirf|werfe|tira|tíra|desech|retir|jette|supprim|butta|elimin|deita|gooi|wyrzuć|bereinig|lösche?n|streich)/u,
    'delete',
  ],
  [
    / (?:leg|anleg|einrichte|richte|trag|eintrag|vergib|vereinbar|buch|verleg|pflege|ergänz|korrigier|schließ|sperr|entsperr|ordne|bestell|beantrag|stornier|rempli|assign|ferme|corrig|inscri|planifi|programm|command|rellen|asign|cierr|program|apunt|anot|corrij|encarg|pide|inserisc|assegn|chiud|compil|corregg|registr|ordin|preench|fech|marqu|agend|encomend|vul|sluit|verbeter|bestel|plan|wpisz|zamknij|popraw|zamów|przypisz)/u,
    'write',
  ],
];

/** @param said `normalWords` of the user's own texts, in another language than English */
export function wishesIn(said: string): Set<EffectClass> {
  const effects = effectsOfStems(said);
  for (const [stems, effect] of FURTHER) if (stems.test(said)) effects.add(effect);
  return effects;
}
