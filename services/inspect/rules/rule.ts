/** A rule of the text inspector: a phrase family and what its presence is worth, by who speaks. */
import type { Suspicion } from '../../../schemas/inspection.js';

export interface Rule {
  id: string;
  suspicion: Suspicion;
  /**
   * Linear by construction: a gap between two words is a bounded run of one negated class, and no quantifier stands over
   * another. Flags `gi` or `giu`.
   */
  pattern: RegExp;
  /**
   * The share of texts with this phrase that are attacks, for data that reached the model (tool results, documents,
   * memory, other agents, descriptions): whoever wrote it has no business telling the model what to do.
   */
  inData: number;
  /** The same in the user's own words, where instructions are expected. 0: not looked at. */
  inPrompt: number;
}

export type RuleFamily = readonly Rule[];

/** Whether a span's rule is a phrase that speaks to the machine, and not the mere form of a request or a model's word. */
export function isPhrase(rule: string): boolean {
  return /^(?:override|framing|address|jailbreak|harvest)\./.test(rule);
}

/** Whether a text model of our own, or a judge, found the span. */
export function isModel(rule: string): boolean {
  return /^(?:fast|deep|prompt|judge)-/.test(rule);
}
