/**
 * MITRE ATT&CK tactics of an incident, only where a finding proves one. Most of what befalls agents has no ATT&CK tactic:
 * that is what ATLAS is for, and its techniques go along in custom details.
 */
import type { Incident } from '../../../schemas/incident.js';

interface Proof {
  atlas: string;
  /** The only types of finding that prove it: what was done, not what was unusual. */
  types: readonly string[];
  /** Types that name the same technique without proving it: with one of them in the story, nothing is claimed. */
  blurredBy: readonly string[];
  tactic: 'Exfiltration' | 'Impact';
}

const PROOFS: readonly Proof[] = [
  // Exfiltration via AI agent tool invocation: a call obeyed a hostile text and sent data to its destination.
  { atlas: 'AML.T0086', types: ['taint.sink'], blurredBy: ['novelty.destination'], tactic: 'Exfiltration' },
  // Data destruction via AI agent tool invocation.
  { atlas: 'AML.T0101', types: ['taint.sink'], blurredBy: [], tactic: 'Impact' },
];

export function tacticsOf({ atlas, findings }: Pick<Incident, 'atlas' | 'findings'>): string[] {
  const types = new Set(findings.map(({ type }) => type));
  return PROOFS.filter(
    (proof) =>
      atlas.includes(proof.atlas) &&
      proof.types.some((type) => types.has(type)) &&
      !proof.blurredBy.some((type) => types.has(type)),
  ).map(({ tactic }) => tactic);
}
