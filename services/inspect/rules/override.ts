/** "Ignore all previous instructions", in the languages it is seen in. */
import type { RuleFamily } from './rule.js';

export const overrideRules: RuleFamily = [
  {
    id: 'override.en',
    suspicion: 'injection',
    pattern:
      /\b(?:ignore|disregard|forget|override|overlook|bypass|neglect|do not follow|don't follow|stop following|pay no attention to)\b[^.\n]{0,30}\b(?:previous|prior|above|earlier|preceding|foregoing|original|initial|existing|all|any|every|your|these|the|those)\b[^.\n]{0,40}\b(?:instruct\w{0,8}|directi\w{0,5}|prompts?|rules?|guidelines?|commands?|tasks?|context|constraints?|polic(?:y|ies)|programming|training|messages?|assignments?|guardrails?)\b/gi,
    inData: 0.97,
    inPrompt: 0.9,
  },
  {
    id: 'override.everything',
    suspicion: 'injection',
    pattern:
      /\b(?:ignore|disregard|forget)\b[^.\n]{0,20}\b(?:everything|anything|all)\b[^.\n]{0,30}\b(?:above|before|previous(?:ly)?|earlier|said|told|prior|so far|learned)\b/gi,
    inData: 0.96,
    inPrompt: 0.92,
  },
  {
    id: 'override.instead',
    suspicion: 'injection',
    pattern:
      /\b(?:instead of|rather than)\b[^.\n]{0,20}\b(?:answering|summari[sz]ing|following|replying|responding|doing|completing|translating)\b[^.\n]{0,60}[,:]/gi,
    inData: 0.75,
    inPrompt: 0.3,
  },
  {
    id: 'override.new-instructions',
    suspicion: 'injection',
    pattern:
      /\b(?:new|updated|revised|real|actual|true|additional|special|high(?:est)?[- ]priority|important|urgent|secret|hidden|following)\s+(?:system\s+)?(?:instructions?|directives?|task|objective|orders?|prompt|mission)\b\s{0,3}(?::|\*|-|is\b|are\b|follow|from\b|for (?:you|the))/gi,
    inData: 0.85,
    inPrompt: 0.55,
  },
  {
    id: 'override.task-over',
    suspicion: 'injection',
    pattern:
      /\b(?:task|request|question|conversation|job|query|user(?:'s)? (?:query|request|message))\b[^.\n]{0,20}\b(?:is|was|has been|are)\b[^.\n]{0,15}\b(?:complete(?:d)?|finished|done|over|cancel+ed|replaced|updated|changed|superseded|obsolete|irrelevant)\b[^\n]{0,40}\b(?:now|next|instead|you|new)\b/gi,
    inData: 0.7,
    inPrompt: 0.25,
  },
  {
    id: 'override.de',
    suspicion: 'injection',
    pattern:
      /(?:ignorier|vergiss|vergess|missacht|verwirf|überge|beachte)\p{L}{0,8}[^.\n]{0,40}(?:vorherig|bisherig|obig|vorig|früher|vorangegangen|alle|sämtlich|vorstehend|davor|ander)\p{L}{0,4}[^.\n]{0,40}(?:anweisung|instruktion|befehl|aufgabe|regel|information|vorgab|auftr|anordnung|eingab|prompt|gesagt)/giu,
    inData: 0.96,
    inPrompt: 0.92,
  },
  {
    id: 'override.romance',
    suspicion: 'injection',
    pattern:
      /(?:ignor|oubli|olvid|descart|desconsider|esque[cç]|dimentic|tralasci|néglig|ne (?:tiens?|tenez) pas compte|haz caso omiso|no (?:sigas|hagas caso))\p{L}{0,8}[^.\n]{0,50}(?:instru[cçz]|consign|ordre|orden|órden|regl|regol|règl|mensaje|anterior|précédent|preceden|prompt|comand|direttiv|directiv|indica)/giu,
    inData: 0.95,
    inPrompt: 0.9,
  },
  {
    id: 'override.nl-pl-sv',
    suspicion: 'injection',
    pattern:
      /(?:negeer|vergeet|zignoruj|ignoruj|zapomnij|ignorera|glöm|ignorér|ignorer|unohda|ignoră|görmezden gel|önceki)\p{L}{0,6}[^.\n]{0,50}(?:instruct|opdracht|instrukcj|polece|poprzedni|eerdere|vorige|instruktion|tidigare|tidligere|instruksj|ohje|instrucțiun|talimat)/giu,
    inData: 0.95,
    inPrompt: 0.9,
  },
  {
    id: 'override.slavic',
    suspicion: 'injection',
    pattern:
      /(?:игнорир|забуд|не обращай|пренебре|отмени|ігнору|забудь|zanemari|zaboravi)\p{L}{0,8}[^.\n]{0,50}(?:инструкц|указан|команд|правил|сообщен|предыдущ|попередн|інструкц|uputstv|upute|naredb|prethodn)/giu,
    inData: 0.96,
    inPrompt: 0.92,
  },
  {
    id: 'override.cjk',
    suspicion: 'injection',
    pattern:
      /(?:忽略|无视|無視|忘记|忘記|不要理会|请忽视|忽视)[^。\n]{0,20}(?:之前|以上|先前|上述|前面|所有|全部|上面)[^。\n]{0,20}(?:指令|指示|命令|说明|內容|内容|规则|规定|提示)|(?:以前|これまで|上記|前|すべて|全て)の[^。\n]{0,12}(?:指示|命令|指令|プロンプト|ルール)[^。\n]{0,8}(?:無視|忘れ)|이전[^.\n]{0,15}(?:지시|명령|지침)[^.\n]{0,10}(?:무시|잊)/gu,
    inData: 0.97,
    inPrompt: 0.93,
  },
  {
    id: 'override.arabic-hindi',
    suspicion: 'injection',
    pattern:
      /(?:تجاهل|انس)[^.\n]{0,40}(?:تعليمات|أوامر|التعليمات|السابقة)|(?:पिछले|पूर्व|सभी)[^।\n]{0,30}(?:निर्देश|आदेश)[^।\n]{0,30}(?:अनदेखा|भूल|नज़रअंदाज)/gu,
    inData: 0.97,
    inPrompt: 0.93,
  },
];
