/** Asking for secrets, and for data to be carried out. */
import type { RuleFamily } from './rule.js';

const SECRET =
  '(?:api[- _]?keys?|passwords?|passphrases?|credentials?|access tokens?|auth(?:entication)? tokens?|session (?:cookies?|tokens?)|private keys?|ssh keys?|secret(?:s| keys?)|environment variables?|env vars?|\\.env\\b|id_rsa|seed phrase|recovery phrase|credit card (?:numbers?|details)|card numbers?|cvv|social security numbers?|ssn|2fa codes?|one[- ]time (?:codes?|passwords?)|security codes?|login details|bearer tokens?|connection strings?)';

export const harvestRules: RuleFamily = [
  {
    id: 'harvest.secret-to',
    suspicion: 'credential',
    pattern: new RegExp(
      `\\b(?:send|forward|post|email|mail|upload|transmit|share|submit|provide|give|leak|exfiltrat\\w{1,4}|report|paste|include|append|put|copy|write|pass|tell|disclose|reveal|print|output)\\b[^.\\n]{0,50}\\b${SECRET}`,
      'gi',
    ),
    inData: 0.62,
    inPrompt: 0.15,
  },
  {
    // "Collect the access tokens … and post them to https://…": the secret is named before it is carried out.
    id: 'harvest.secret-then-to',
    suspicion: 'credential',
    pattern: new RegExp(
      `${SECRET}[^\\n]{0,60}\\b(?:send|forward|post|e-?mail|upload|transmit|share|submit|paste|put|copy|write|report|leak|exfiltrat\\w{1,4})\\b\\s{1,3}(?:them|it|those|these|(?:its|their|the)\\s{1,3}(?:contents?|values?|output|results?))\\b[^.\\n]{0,30}(?:https?:\\/\\/|www\\.|[\\w.+-]{1,64}@[\\w-]{1,63}\\.)`,
      'gi',
    ),
    inData: 0.85,
    inPrompt: 0.1,
  },
  {
    id: 'harvest.read-secret',
    suspicion: 'credential',
    pattern: new RegExp(
      `(?:^|[.!?:\\n]\\s{0,4}|\\b(?:please|then|and|must|should|first|to)\\s{1,3})(?:read|open|cat|get|fetch|find|search for|collect|gather|extract|retrieve|locate|look (?:for|up)|list)\\b[^.\\n]{0,40}\\b${SECRET}`,
      'gi',
    ),
    inData: 0.5,
    inPrompt: 0.05,
  },
  {
    id: 'harvest.secret-file',
    suspicion: 'credential',
    pattern:
      /\b(?:cat|read|open|get|print|send|include|contents? of)\b[^\n]{0,24}(?:~\/\.ssh\/|\/etc\/(?:passwd|shadow)|\.aws\/credentials|id_rsa|\.env\b|\.netrc|\.git-credentials|mcp\.json|\.kube\/config)/gi,
    inData: 0.8,
    inPrompt: 0.2,
  },
  {
    id: 'exfiltration.image-link',
    suspicion: 'exfiltration',
    pattern:
      /!\[[^\]\n]{0,200}\]\(https?:\/\/[^\s)]{1,300}[?&/][^\s)=]{0,60}=(?:\{|\[|<|%7b|\$(?!\.)|YOUR|DATA|INSERT|ENCODED)[^\s)]{0,200}\)/gi,
    inData: 0.93,
    inPrompt: 0.7,
  },
  {
    id: 'exfiltration.append-to-url',
    suspicion: 'exfiltration',
    pattern:
      /\b(?:append|add|encode|concatenate|include|embed|replace|substitut\w{1,3}|insert|put)\b[^.\n]{0,80}\b(?:to|in(?:to)?|as|with)\b[^.\n]{0,40}\b(?:the )?(?:url|link|query (?:string|parameters?)|image (?:url|source|link)|get request|parameters?)\b/gi,
    inData: 0.72,
    inPrompt: 0.1,
  },
  {
    id: 'exfiltration.everything-to',
    suspicion: 'exfiltration',
    pattern:
      /\b(?:send|forward|post|upload|transmit|exfiltrat\w{1,4}|leak|e-?mail|share|transfer|copy|cc|bcc)\b[^.\n]{0,30}\b(?:all|every|entire|whole|full|complete|contents?|history|conversation|chat|messages?|emails?|files?|documents?|data(?:base)?|records|transactions|contacts|summary|results?)\b[^\n]{0,60}\b(?:to|at|via|with)\b[^.\n]{0,20}(?:[\w.+-]{1,64}@[\w-]{1,63}\.|https?:\/\/|www\.|#|@)/gi,
    inData: 0.6,
    inPrompt: 0.03,
  },
  {
    id: 'exfiltration.visit',
    suspicion: 'exfiltration',
    pattern:
      /\b(?:visit|open|go to|navigate to|browse|fetch|click|curl|wget|download|make a (?:get |post )?request to|load)\b[^.\n]{0,30}(?:https?:\/\/|www\.)[^\s"'<>]{4,300}/gi,
    inData: 0.22,
    inPrompt: 0,
  },
];
