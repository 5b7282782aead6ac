/**
 * A bare request inside data: a sentence that asks its reader to do something with tools. By itself it is weak (mail asks
 * people for things all day), so its probability stays low; together with an address, a frame or a call that takes its
 * arguments from it, it decides.
 */
import type { RuleFamily } from './rule.js';

const ACT =
  '(?:send|forward|transfer|pay|wire|delete|remove|erase|invite|add|share|post|upload|book|reserve|cancel|create|update|change|set|reset|grant|execute|run|buy|purchase|refund|publish|schedule|subscribe|unsubscribe|install|deploy|call|notify|message|reply|write|make|move|rename|disable|enable|approve|accept|open|visit|download|submit|order|text|email|e-mail|donate|withdraw|deposit|configure|give|put)';

export const requestRules: RuleFamily = [
  {
    id: 'request.please',
    suspicion: 'injection',
    pattern: new RegExp(
      `\\b(?:please|kindly|you (?:must|need to|should|have to|are required to|shall)|make sure (?:to|you|that you)|be sure to|don't forget to|remember to|i (?:need|want|would like|'d like) you to|can you|could you|would you|ensure (?:that )?you)\\s{1,3}(?:(?:also|now|then|first|immediately|just|go ahead and|please|kindly|quickly)\\s{1,3}){0,2}${ACT}\\b[^\\n]{0,400}`,
      'gi',
    ),
    inData: 0.3,
    inPrompt: 0,
  },
  {
    id: 'request.imperative',
    suspicion: 'injection',
    pattern: new RegExp(
      `(?:^|[.!?]\\s{1,3}|\\n\\s{0,8}|["':]\\s{0,2})(?:(?:then|now|first|next|also|and|finally|todo|task|to-?do|action required|reminder)[:,]?\\s{1,3}){0,2}${ACT}\\s{1,3}(?:the|a|an|all|my|your|this|that|it|me|him|her|them|us|everything|every|any|\\d|\\$|€|£|to|an? e?-?mail|money|[A-Z#@])[^\\n]{3,400}`,
      'gi',
    ),
    inData: 0.16,
    inPrompt: 0,
  },
  {
    id: 'request.do-the-following',
    suspicion: 'injection',
    pattern:
      /\b(?:do|perform|execute|complete|carry out|follow)\s{1,3}(?:exactly\s{1,3})?(?:the following|these|this|all of the following|the (?:steps|actions|instructions|tasks) below)\b[^.\n]{0,40}(?::|first|steps?|actions?|instructions?|tasks?|before|instead|immediately)/gi,
    inData: 0.35,
    inPrompt: 0.03,
  },
  {
    id: 'request.forget-the-rest',
    suspicion: 'injection',
    pattern:
      /\b(?:most|more) (?:important(?:ly)?|urgent(?:ly)?)\b[^.\n]{0,20}[,:][^\n]{0,20}\b(?:you|please|send|call|use|first)\b/gi,
    inData: 0.45,
    inPrompt: 0.05,
  },
  {
    id: 'request.other-languages',
    suspicion: 'injection',
    pattern:
      /(?:^|[.!?\n]\s{0,4})(?:bitte |s'il (?:te|vous) plaît,? |veuillez |por favor,? |per favore,? |alsjeblieft |пожалуйста,? |请|請)[^.\n。]{0,24}(?:send|schick|sende|überweis|lösch|teile|lade|füge|erstelle|buche|führe|envoy|envoie|transf|supprim|partag|ajout|réserv|effectu|env[ií]a|envie|elimin|compart|agreg|reserv|invi[ao]|bonific|cancell|condivid|aggiung|esegu|stuur|verwijder|отправ|перевед|удал|добав|发送|转账|删除|添加|预订)[^\n]{0,300}/giu,
    inData: 0.3,
    inPrompt: 0,
  },
];
