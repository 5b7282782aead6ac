/** What response works by, besides its states: the options, and the playbooks by what they listen to. */
import type { PointDeclaration } from '../../schemas/enforcement.js';
import type { Contraction } from '../../schemas/contraction.js';
import type { PlaybookSet } from './match.js';
import type { CompiledCorrelation } from './playbook/correlation.js';
import type { CompiledPlaybook } from './playbook/types.js';

export interface RespondOptions {
  playbooks: readonly CompiledPlaybook[];
  correlations?: readonly CompiledCorrelation[];
  /** How long until a risk has halved. */
  riskHalfLifeMs: number;
  /** How long an enforcement point keeps a contraction without hearing from the engine. */
  leaseMs: number;
  incidentsPerPlaybookPerHour: number;
  /** Enforcement points outside, and what each carries out. Default: none but the decision point. */
  points?: readonly PointDeclaration[];
}

/** One step sees one situation: a reload takes the place of the whole. */
export interface Situation {
  readonly options: RespondOptions;
  readonly set: PlaybookSet;
}

/** How long its playbook rests after an end. */
export function cooldownOf(situation: Situation, contraction: Contraction): number {
  if (contraction.cooldownMs !== undefined) return contraction.cooldownMs;
  // One made before this was kept with the contraction.
  const playbook = situation.set.all.find(({ id }) => id === contraction.playbook?.id);
  return contraction.agentId === undefined ? (playbook?.shipped.cooldownMs ?? 0) : 0;
}
