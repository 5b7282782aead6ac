/** Data that pretends to be more than data: a system message, the end of the tool's output, a message of the user. */
import type { RuleFamily } from './rule.js';

export const framingRules: RuleFamily = [
  {
    id: 'framing.chat-token',
    suspicion: 'injection',
    pattern:
      /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id|begin_of_text)\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:start|end)_of_turn>|<s>\s?\[INST\]|\u2581\u2581assistant/gi,
    inData: 0.94,
    inPrompt: 0.8,
  },
  {
    id: 'framing.tag',
    suspicion: 'injection',
    pattern:
      /<\s{0,2}\/?\s{0,2}(?:important|system|admin(?:istrator)?|instructions?|information|priority|urgent|alert|override|secret|directive|command|user|assistant|developer|sysadmin|system[-_ ](?:message|prompt|note|instructions?)|(?:user|tool|agent|assistant)[-_ ](?:message|instructions?|input|output|result|response|task))\s{0,2}(?:\s[^<>\n]{0,80})?>/gi,
    inData: 0.8,
    inPrompt: 0.35,
  },
  {
    id: 'framing.bracket',
    suspicion: 'injection',
    pattern:
      /[[{(]{1,3}\s{0,2}(?:#|\*){0,3}\s{0,2}(?:system|admin(?:istrator)?|developer|important|attention|urgent|priority|override|instruct\w{0,5}|ai|assistant|agent|llm|root)\s{0,3}(?:message|note|notice|prompt|override|instruct\w{0,5}|alert|command|mode|update|directive)?\s{0,2}(?:#|\*){0,3}\s{0,2}[\])}:]{1,3}/gi,
    inData: 0.62,
    inPrompt: 0.4,
  },
  {
    id: 'framing.header',
    suspicion: 'injection',
    pattern:
      /(?:^|\n)[ \t>*#=-]{0,12}(?:system|assistant|developer|admin(?:istrator)?|system (?:prompt|message|note|override|instruction)|(?:note|message|instructions?|attention|notice)\s{1,2}(?:to|for)\s{1,2}(?:the\s{1,2})?(?:ai|assistant|agent|model|llm|chatbot|bot)\b[^\n:]{0,30})[ \t*#=-]{0,12}[:\n]/gi,
    inData: 0.66,
    inPrompt: 0.3,
  },
  {
    id: 'framing.stars',
    suspicion: 'injection',
    pattern:
      /(?:\*{2,6}|={3,20}|-{3,20}|#{2,6}|!{2,6})\s{0,3}(?:new|important|urgent|updated|special|critical|end of|start of|begin|stop|attention|system|priority)\s{1,3}[\w ]{0,30}(?:instruct\w{0,5}|message|prompt|task|context|data|document|output|input|query|directive|notice|conversation|orders?)[\w ]{0,20}\s{0,3}(?:\*{2,6}|={3,20}|-{3,20}|#{2,6}|!{2,6})/gi,
    inData: 0.88,
    inPrompt: 0.75,
  },
  {
    id: 'framing.end-of-output',
    suspicion: 'injection',
    pattern:
      /\b(?:end of (?:the )?(?:tool|function|search|document|data|api|web ?page|file|email|user|context|external|retrieved)\b[^\n]{0,20}(?:output|results?|response|content|data|input|instructions?)?|(?:tool|function) (?:output|result) (?:ends|complete))\b[^\n]{0,40}(?:\n|$)[^]{0,80}\b(?:user|system|assistant|now|instructions?|next|human)\b/gi,
    inData: 0.72,
    inPrompt: 0.3,
  },
  {
    id: 'framing.from-the-user',
    suspicion: 'injection',
    pattern:
      /\b(?:(?:message|note|request|instructions?|orders?|command)\s{1,3}(?:\w{1,12}\s{1,3}){0,3}from\s{1,3}(?:me|the user|your (?:user|owner|developer|creator|administrator|admin|boss|operator|system)|openai|anthropic|google|microsoft|the (?:system|developer|administrator|admin))\b[^\n]{0,60}\b(?:you|assistant|agent|ai)\b|(?:i am|i'm|this is)\s{1,3}(?:your|the)\s{1,3}(?:user|owner|developer|creator|administrator|admin|operator|system)\b)/gi,
    inData: 0.86,
    inPrompt: 0.45,
  },
];
