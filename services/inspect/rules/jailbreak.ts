/** Talking a model out of its rules: personas without limits, fictional modes, suppressed refusals. */
import type { RuleFamily } from './rule.js';

export const jailbreakRules: RuleFamily = [
  {
    // The developer mode of somebody's browser or phone is none of the reader's.
    id: 'jailbreak.persona',
    suspicion: 'jailbreak',
    pattern:
      /\b(?:do anything now|dude mode|aim mode|evil[- ]?bot|anti-?dan|devmode|developer mode(?!\s{1,3}(?:in|on|for|of)\s{1,3}(?:(?:my|our|his|her|their)\s|(?:google\s|the\s|an?\s)?(?:chrome|chromium|firefox|edge|safari|brave|opera|browser|android|ios|phone|tablet|device|console|ipad|iphone|macos|linux|windows|chromebook|slack|discord|teams|roblox|xcode|github|power ?bi|salesforce|notion|xbox|quest|wordpress)\b))|jailbr\w{0,8}|god mode|sudo mode|opposite mode|unrestricted mode|unfiltered mode|maximum mode)\b[^.\n]{0,60}\b(?:enabled?|activated?|on|can|will|is|are|has|have|response|mode|output|means|stands|prompt|you)\b/gi,
    inData: 0.85,
    inPrompt: 0.93,
  },
  {
    // Names written in capitals: in small letters they are people.
    id: 'jailbreak.named-persona',
    suspicion: 'jailbreak',
    pattern:
      /\b(?:DAN|STAN|DUDE|AIM|UCAR|BetterDAN|JailBreak|Maximum|EvilBOT)\b[^.\n]{0,60}\b(?:can|will|mode|response|output|means|stands for|prompt|has no|does not|is not|never|must)\b/g,
    inData: 0.7,
    inPrompt: 0.85,
  },
  {
    id: 'jailbreak.no-limits',
    suspicion: 'jailbreak',
    pattern:
      /\b(?:without|no|free (?:of|from)|not (?:bound|limited|restricted|constrained) by|unbound by|ignor\w{1,4}|bypass\w{0,4}|devoid of|has no|have no|lacks?)\b[^.\n]{0,24}\b(?:any\s{1,3})?(?:ethical|moral|legal|content|safety|openai'?s?|ai|usual|typical|built-in)?\s{0,3}(?:restrictions?|limitations?|filters?|censorship|guidelines?|ethics|constraints?|disclaimers?|moral(?:ity)? (?:or|and) ethic\w{0,2})\b/gi,
    inData: 0.6,
    inPrompt: 0.8,
  },
  {
    id: 'jailbreak.pretend',
    suspicion: 'jailbreak',
    pattern:
      /\b(?:you are (?:now|going to|about to)|from now on|act as|pretend (?:to be|you(?:'re| are)?)|play the role of|role-?play as|simulate|you will (?:be|act|play)|imagine you are|stay in character|assume the (?:role|persona|identity))\b[^.\n]{0,80}\b(?:unrestricted|unfiltered|uncensored|evil|amoral|immoral|hacker|criminal|no (?:rules|limits|restrictions|morals)|anything|character|never (?:refuse|say no)|jailbr\w{0,8}|villain|without|illegal|can do|freed?|bypass)\b/gi,
    inData: 0.75,
    inPrompt: 0.78,
  },
  {
    id: 'jailbreak.you-are-now',
    suspicion: 'jailbreak',
    pattern:
      /\b(?:from now on,? (?:you|your)|you are now|you're now|you will now (?:be|act)|you are no longer|you're no longer|henceforth you|starting now,? you|your new (?:role|name|identity|instructions?|task|persona) (?:is|are))\b/gi,
    inData: 0.72,
    inPrompt: 0.55,
  },
  {
    id: 'jailbreak.refusal-suppression',
    suspicion: 'jailbreak',
    pattern:
      /\b(?:never|do not|don't|must not|cannot|can't|avoid|refrain from)\b[^.\n]{0,24}\b(?:refus\w{1,4}|apologi[sz](?:e|ing)|say(?:ing)? (?:that )?(?:you )?(?:can'?t|cannot|no\b|sorry|i'm sorry)|declin\w{1,4}|break(?:ing)? character|mention(?:ing)? (?:that )?(?:you are|you're|being) an? (?:ai|language)|disclaimers?|moraliz\w{1,4}|warn(?:ing)? me)\b/gi,
    inData: 0.7,
    inPrompt: 0.82,
  },
  {
    id: 'jailbreak.leak-prompt',
    suspicion: 'jailbreak',
    pattern:
      /\b(?:reveal|print|show|repeat|output|display|tell me|give me|what (?:is|are|was|were)|share|disclose|expose|leak|recite|copy|translate|summari[sz]e|write (?:out|down)|return|dump|spell)\b[^.\n]{0,40}\b(?:system prompt|initial prompt|original prompt|hidden prompt|your (?:initial |original |exact |full |secret |hidden |system |own )?(?:prompt|instructions?|rules|directives|guidelines|programming|configuration)|(?:text|words|instructions|prompt|message|everything|sentences) (?:above|before this)|secret (?:code|key|phrase|password|access)|access code)\b/gi,
    inData: 0.86,
    inPrompt: 0.85,
  },
  {
    id: 'jailbreak.authority',
    suspicion: 'jailbreak',
    pattern:
      /\b(?:admin(?:istrator)?|root|sudo|developer|debug|maintenance|test(?:ing)?|diagnostic|emergency|override)\s{1,3}(?:mode|access|override|privileges?|protocol|session|code)\b(?!\s{1,3}(?:in|on|for|of)\s{1,3}(?:(?:my|our|his|her|their)\s|(?:google\s|the\s|an?\s)?(?:chrome|chromium|firefox|edge|safari|brave|opera|browser|android|ios|phone|tablet|device|console|ipad|iphone|macos|linux|windows|chromebook|slack|discord|teams|roblox|xcode|github|power ?bi|salesforce|notion|xbox|quest|wordpress)\b))[^.\n]{0,30}\b(?:enabled?|activated?|granted|engaged|initiated|authori[sz]ed|on\b|accepted|confirmed|now|is active|enter\w{0,3})\b|\b(?:enter(?:ing)?|enable|activate|switch to|you are in|this is)\s{1,3}(?:an?\s{1,3}|the\s{1,3})?(?:admin(?:istrator)?|root|sudo|developer|debug|maintenance|test(?:ing)?|diagnostic|god|unrestricted)\s{1,3}(?:mode|session|access)\b(?!\s{1,3}(?:in|on|for|of)\s{1,3}(?:(?:my|our|his|her|their)\s|(?:google\s|the\s|an?\s)?(?:chrome|chromium|firefox|edge|safari|brave|opera|browser|android|ios|phone|tablet|device|console|ipad|iphone|macos|linux|windows|chromebook|slack|discord|teams|roblox|xcode|github|power ?bi|salesforce|notion|xbox|quest|wordpress)\b))/gi,
    inData: 0.75,
    inPrompt: 0.72,
  },
  {
    id: 'jailbreak.access-granted',
    suspicion: 'jailbreak',
    pattern: /["'“‘]?\baccess granted\b/gi,
    inData: 0.45,
    inPrompt: 0.85,
  },
  {
    id: 'jailbreak.fiction',
    suspicion: 'jailbreak',
    pattern:
      /\b(?:hypothetical(?:ly)?|fictional|in a (?:world|story|universe|simulation)|for (?:educational|research|testing) purposes only|as a (?:thought experiment|novelist))\b[^.\n]{0,100}\b(?:hack|bomb|weapon|malware|steal|illegal|drug|meth|explosive|kill|phish|ransomware|no (?:rules|laws|restrictions)|anything goes)\b/gi,
    inData: 0.5,
    inPrompt: 0.72,
  },
  {
    id: 'jailbreak.two-answers',
    suspicion: 'jailbreak',
    pattern:
      /\b(?:two|both|2)\s{1,3}(?:different\s{1,3}|separate\s{1,3})?(?:ways|responses?|answers?|outputs?|paragraphs)\b[^\n]{0,160}(?:\[?(?:gpt|chatgpt|classic|normal|🔒|standard)\b)/gi,
    inData: 0.7,
    inPrompt: 0.9,
  },
  {
    id: 'jailbreak.de-es-fr',
    suspicion: 'jailbreak',
    pattern:
      /(?:du bist (?:jetzt|nun|ab jetzt|nicht mehr)|ab (?:jetzt|sofort) (?:bist|wirst|sollst) du|stell dir vor,? du (?:bist|wärst)|tu es (?:maintenant|désormais)|à partir de maintenant,? (?:tu|vous)|a partir de ahora,? (?:eres|serás|actúa)|ahora eres|da ora in poi|sei ora|отныне ты|теперь ты|你现在是|从现在开始你|あなたは今から|これからあなたは)/giu,
    inData: 0.72,
    inPrompt: 0.6,
  },
];
