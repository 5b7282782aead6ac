/**
 * A bare request inside data: a sentence that asks its reader to do something with tools. By itself it is weak (mail asks
 * people for things all day), so its probability stays low; together with an address, a frame or a call that takes its
 * arguments from it, it decides.
 */
import type { Rule, RuleFamily } from './rule.js';

export const requestRules: RuleFamily = [
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
];

/** Found by form (request-clauses.ts), not by a pattern: weights for a clause that speaks to somebody, one that does not, and other languages. */
export const CLAUSE_RULES: Record<'led' | 'plain' | 'foreign', Omit<Rule, 'pattern'>> = {
  led: { id: 'request.clause-led', suspicion: 'injection', inData: 0.3, inPrompt: 0 },
  plain: { id: 'request.clause', suspicion: 'injection', inData: 0.16, inPrompt: 0 },
  foreign: { id: 'request.clause-foreign', suspicion: 'injection', inData: 0.2, inPrompt: 0 },
};
