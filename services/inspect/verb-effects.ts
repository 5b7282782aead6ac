/** Verbs, as tools are named and requests are worded, and what doing them is. */
import { EFFECT_CLASSES, type EffectClass } from '../../schemas/common.js';

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

/** The stem that the verb table knows: `sends`, `sending`, `deleted` → `send`, `delete`. */
export function effectOfWord(word: string): EffectClass | undefined {
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
