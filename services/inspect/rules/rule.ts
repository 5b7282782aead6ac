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
