/** Verbs of other languages that ask for an effect, by stem (a stem matches at the beginning of a word), and ideographs. */
import type { EffectClass } from '../../schemas/common.js';
import { folded } from './folding.js';
import { Prefilter } from './rules/prefilter.js';
import { surveyOf } from './survey.js';
import { SMALL_WORDS } from './surveyed-words.js';
import { unitsOf } from './units.js';
import { WordTable } from './word-table.js';

const STEMS: Record<Exclude<EffectClass, 'unknown' | 'read'>, string> = {
  send: `schick sende verschick leite leitet weiterleit antworte mail envoie envoy transmet poste répond envía envia enviar envie manda mande
    reenvía responde invia spedisci inoltra rispondi stuur verstuur mail antwoord wyślij prześlij odpowiedz отправ перешли пошли ответь skicka vidarebefordra videresend lähetä välitä pošli pošlete odešli přepošli preposli trimite expediază küld továbbít надішли відправ перешли kirim kirimkan teruskan gửi أرسل ارسل`,
  pay: `überweis bezahl zahl kauf transfér virez vire paie payez achèt rembours transfier transfir paga pague compra reembols bonific versa
    acquista rimbors transfira betaal koop kup zapłać przelej перевед оплати купи верни betala överför betal overfør maksa siirrä zaplať převeď uhraď plăteș transferă fizess utal сплати переказ bayar transferkan thanh chuyển ادفع حول`,
  delete: `lösch entfern kündig storn supprim efface annul résili elimina elimine borra cancela cancele anula cancella rimuov svuota annulla disdici apague
    exclua remova verwijder wis annuleer usuń skasuj anuluj удали сотри отмени radera slet fjern poista smaž odstraň zruš șterge anulează töröl видали скасуй hapus batalkan xóa احذف`,
  execute: `führ führe starte installier ausführ exécut lance lancez démarr installe ejecut inicia instala esegui avvia execute rode voer uruchom zainstaluj выполни запусти
    установи kör kjør suorita käynnistä spusť nainstaluj rulează pornește futtas indíts запусти jalankan chạy شغل`,
  share: `teile freigib freigeb lade einlad partag invite invitez accorde compart invita concede condivid concedi compartilh convide deel nodig udostępnij zaproś поделись
    пригласи выложи dela bjud inviter jaa kutsu sdílej pozvi partajează invită oszd hívd поділ запроси bagikan undang شارك`,
  write: `verschieb verschieben kopier ersetz genehmig markier erhöh senk benenn speicher lad speichere registrier abonnier aktualisiere setze stelle gib hebe déplace copie remplace approuve marque augmente baisse renomme enregistre mueve copia reemplaza aprueba marca aumenta sube baja guarda registra sposta approva segna salva sostituisci mova substitua aprove salve verplaats kopieer vervang keur markeer verhoog verlaag sla przenieś skopiuj zatwierdź oznacz zwiększ zmniejsz перемести скопируй замени одобри отметь увеличь уменьши сохрани flytta kopiera godkänn flyt kopier godkend ändere änder erstell aktualisier trag buche reserv schalte deaktivier aktivier öffne sperr entsperr crée créez modifi met mets mettez change réserv ajout note désactiv
    activ ouvre crea cree actualiza cambia modifica agrega añad reserva pon ponga desactiva activa abre aggiung prenota aggiorna imposta metti disattiv attiv apri crie atualize altere
    adicione desative ative abra maak wijzig boek voeg zet open utwórz zmień dodaj zarezerwuj wyłącz włącz создай измени добавь забронируй выключи включи
    открой поставь setz ändra lägg boka stäng öppna åbn tilføj muuta lisää varaa avaa sulje změň přidej vytvoř otevři zavři schimbă adaugă módosít зміни додай відкрий вимкни ubah tambahkan matikan đổi thêm mở غير أضف افتح`,
  authenticate: 'melde connectez inicia accedi',
};
/** Stems, lower case, and what is asked for by words that begin with them. */
export const EFFECT_OF = new Map<string, EffectClass>();
for (const [effect, stems] of Object.entries(STEMS))
  for (const stem of stems.split(/\s+/))
    if (stem !== '' && !EFFECT_OF.has(stem)) EFFECT_OF.set(stem, effect as EffectClass);

/** Stems letter by letter, as {@link folded} gives them. */
interface Branch {
  onward: Map<number, Branch>;
  isStem: boolean;
}
const STEM_TREE: Branch = { onward: new Map(), isStem: false };
for (const stem of EFFECT_OF.keys()) {
  let branch = STEM_TREE;
  for (let at = 0; at < stem.length; at++) {
    const code = folded(stem.charCodeAt(at));
    const next = branch.onward.get(code) ?? { onward: new Map<number, Branch>(), isStem: false };
    branch.onward.set(code, next);
    branch = next;
  }
  branch.isStem = true;
}

/** Beginnings of stems, by code unit before folding; all of them stand within the table. */
const STEM_BEGINNINGS = new Uint8Array(0x2c00);
for (let code = 0; code < STEM_BEGINNINGS.length; code++)
  if (STEM_TREE.onward.has(folded(code))) STEM_BEGINNINGS[code] = 1;

/** The length of the longest stem that begins here and ends before `to`, 0 for none. Whether a word begins here is another question. */
function stemAt(units: Uint16Array, start: number, to: number): number {
  const first = units[start] as number;
  if (first >= STEM_BEGINNINGS.length || STEM_BEGINNINGS[first] === 0) return 0;
  let length = 0;
  let branch = STEM_TREE.onward.get(folded(first));
  for (let at = start + 1; branch !== undefined; at++) {
    if (branch.isStem) length = at - start;
    if (at >= to) break;
    branch = branch.onward.get(folded(units[at] as number));
  }
  return length;
}

const LETTER = /\p{L}/u;

/** Whether the character before a place is a letter of any script; what stands before `from` does not count. */
function isBehindLetter(text: string, at: number, from: number): boolean {
  const code = at > from ? text.charCodeAt(at - 1) : 32;
  if (code < 128) return isAsciiLetter(code);
  // Half of a pair is a letter only with its other half.
  const isLow = code >= 0xdc00 && code <= 0xdfff && at > from + 1 && (text.charCodeAt(at - 2) & 0xfc00) === 0xd800;
  return LETTER.test(text.slice(isLow ? at - 2 : at - 1, at));
}

type Verbs = readonly (readonly [RegExp, EffectClass])[];

/** The patterns, and one that matches where any of them does: most texts have none of these verbs. */
function together(each: Verbs): { each: Verbs; any: RegExp } {
  return { each, any: new RegExp(each.map(([{ source }]) => source).join('|'), each[0]?.[0].flags) };
}

/** Chinese, Japanese and Korean have no spaces to begin a word with. */
const IDEOGRAPHS = together([
  [/发送|發送|发给|送信|送って|转发|轉發|回复|返信|보내|전송/, 'send'],
  [/转账|轉帳|支付|付款|购买|退款|汇款|振り込|支払|送金|返金|송금|결제/, 'pay'],
  [/删除|刪除|清空|取消|削除|取り消|キャンセル|삭제|취소/, 'delete'],
  [/执行|執行|运行|実行|실행/, 'execute'],
  [/分享|共有|邀请|邀請|公开|公開|招待|공유|초대/, 'share'],
  [/修改|更改|创建|添加|预订|关闭|打开|更新|変更|作成|追加|予約|開け|閉じ|変え|변경|추가|예약/, 'write'],
]);

/** Turkish and Hindi put the verb at the end: there the plain form as a whole word is one, wherever it stands. */
const AT_THE_END = together([
  [/(?<!\p{L})(?:gönder|gönderin|ilet|yolla)(?!\p{L})|भेज(?:ो|ें|िए)/iu, 'send'],
  [/(?<!\p{L})(?:öde|ödeyin|aktar|aktarın)(?!\p{L})|भुगतान कर/iu, 'pay'],
  [/(?<!\p{L})(?:sil|silin|kaldır|iptal et)(?!\p{L})|(?:हटा|मिटा)(?:ओ|एं|इए)/iu, 'delete'],
  [/(?<!\p{L})(?:çalıştır|başlat)(?!\p{L})/iu, 'execute'],
  [/(?<!\p{L})(?:paylaş|davet et)(?!\p{L})|साझा कर/iu, 'share'],
  [/(?<!\p{L})(?:değiştir|ekle|oluştur|kapat)(?!\p{L})|(?:बदल|जोड़)(?:ो|ें|िए)/iu, 'write'],
]);

const WITHOUT_STEM = [{ pattern: AT_THE_END.any }, { pattern: IDEOGRAPHS.any }];
const withoutStem = new Prefilter(WITHOUT_STEM);

/** The text asked about last, and whether any part of it may hold what {@link WITHOUT_STEM} looks for. */
let asked: string | undefined;
let mayHold = false;

/** All openings of a text ask this one after the other, and nearly no text with letters beyond ASCII has such a verb. */
function mayHoldVerbWithoutStem(text: string): boolean {
  if (asked !== text) {
    withoutStem.note(text);
    mayHold = WITHOUT_STEM.some((_, index) => withoutStem.canMatch(index));
    asked = text;
  }
  return mayHold;
}

const SMALL = new Set(SMALL_WORDS);
const SMALL_TABLE = new WordTable([{ words: SMALL, mark: 1 }]);

/** Whether a text may hold another language than English at all. */
export function mayBeForeign(text: string): boolean {
  return surveyOf(text).isForeign;
}

/** The same of a part of a text, as if it stood alone: one pass, most words passed over. */
export function mayBeForeignWithin(text: string, from: number, to: number): boolean {
  const units = unitsOf(text);
  let start = -1;
  for (let at = from; at <= to; at++) {
    const code = at < to ? (units[at] as number) : 32;
    if (code > 127) return true;
    if (isAsciiLetter(code)) {
      if (start < 0) start = at;
    } else if (start >= 0) {
      if (SMALL_TABLE.marksOf(units, start, at) !== 0) return true;
      start = -1;
    }
  }
  return false;
}

/** More of them, that do not tell where a verb stands and are no English words. */
const PARTICLES = new Set(
  'de la le du el il lo di da dos das na se su en que et und ist nicht dem den ein eine vom til av på och att ett ik je van op nie jest bir bu için'.split(
    ' ',
  ),
);

/** Code has a sign of these for every so many letters at least, and names in it that are small words elsewhere. */
const CODE_SIGNS = /[()=;$]/g;
const LETTERS_A_SIGN = 20;

/** Whether a sentence is in another language than English, as far as its small words and letters tell. */
export function isForeign(text: string): boolean {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const beyond = text.match(/(?![a-z])\p{L}/giu)?.length ?? 0;
  if (beyond * 30 > letters) return true;
  if ((text.match(CODE_SIGNS)?.length ?? 0) * LETTERS_A_SIGN > letters) return false;
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  return words.some((word) => word !== 'die' && (SMALL.has(word) || PARTICLES.has(word)));
}

/** Effects asked for in languages other than English. */
export function foreignEffects(text: string): Set<EffectClass> {
  return mayBeForeignWithin(text, 0, text.length) ? effectsOfStems(text) : new Set();
}

/** The same of words that are not running text, such as a tool's name: there no small word tells the language. */
export function effectsOfStems(text: string): Set<EffectClass> {
  const effects = new Set<EffectClass>();
  const units = unitsOf(text);
  for (let at = 0; at < text.length; at++) {
    if (isAsciiLetter(at > 0 ? (units[at - 1] as number) : 32)) continue;
    const length = stemAt(units, at, text.length);
    if (length === 0 || isBehindLetter(text, at, 0)) continue;
    const effect = EFFECT_OF.get(text.slice(at, at + length).toLowerCase());
    if (effect !== undefined) effects.add(effect);
    at += length - 1;
  }
  if (/[^\x00-\x7f]/.test(text))
    for (const { any, each } of [IDEOGRAPHS, AT_THE_END])
      if (any.test(text)) for (const [pattern, effect] of each) if (pattern.test(text)) effects.add(effect);
  return effects;
}

/** The first stem of a clause, where at most two words stand before it. */
function firstStem(text: string, from: number, to: number): string | undefined {
  const units = unitsOf(text);
  let gaps = 0;
  for (let at = from; at < to; at++) {
    const code = units[at] as number;
    if (isSpace(code)) {
      if (at === from || !isSpace(units[at - 1] as number)) gaps++;
      if (gaps > 2) return undefined;
      continue;
    }
    if (at > from && isAsciiLetter(units[at - 1] as number)) continue;
    const length = stemAt(units, at, to);
    if (length > 0 && !isBehindLetter(text, at, from)) return text.slice(at, at + length);
  }
  return undefined;
}

const isAsciiLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90);

/**
 * Whether a part of a text, cut wherever its sentence ends, may be such a clause: never false where
 * {@link effectOfForeignClause} gives an effect for it.
 */
export function mayOpenWithStem(text: string, from: number, to: number): boolean {
  if (firstStem(text, from, to) !== undefined) return true;
  if (!mayHoldVerbWithoutStem(text)) return false;
  const units = unitsOf(text);
  let at = from;
  while (at < to && (units[at] as number) < 128) at++;
  if (at === to) return false;
  const part = text.slice(from, to);
  return AT_THE_END.any.test(part) || IDEOGRAPHS.any.test(part);
}

const SPACE = /\s/;
const isSpace = (code: number): boolean =>
  code === 32 || (code >= 9 && code <= 13) || (code > 127 && SPACE.test(String.fromCharCode(code)));

/** The effect of a clause that *opens* with such a verb (after at most three words), or holds such ideographs. */
export function effectOfForeignStem(clause: string): EffectClass | undefined {
  return effectOfForeignClause(clause, 0, clause.length);
}

/** The same of a part of a text, as if it stood alone. */
export function effectOfForeignClause(text: string, from: number, to: number): EffectClass | undefined {
  if (!mayBeForeignWithin(text, from, to)) return undefined;
  const stem = firstStem(text, from, to);
  if (stem !== undefined) return EFFECT_OF.get(stem.toLowerCase());
  const clause = text.slice(from, to);
  if (/[^\x00-\x7f]/.test(clause) && AT_THE_END.any.test(clause))
    for (const [pattern, effect] of AT_THE_END.each) if (pattern.test(clause)) return effect;
  if (/[\u3040-\u9fff\uac00-\ud7af]/.test(clause))
    for (const [pattern, effect] of IDEOGRAPHS.each) if (pattern.test(clause)) return effect;
  return undefined;
}
