/**
 * May this run now? Baseline ⊓ active contractions ⊓ what a preview would contract, asked of memory only (invariant 8).
 * Pure: the same request, policies and time give the same answer.
 */
import type { Contraction } from '../../schemas/contraction.js';
import type { Skip } from '../../schemas/common.js';
import type { Verdict } from '../../schemas/decision.js';
import { CONTROL_LATTICES, type RateClause } from './controls.js';
import type { ContractionIndex } from './contraction-index.js';
import { type Baseline, type Policy, policyOf } from './effective.js';
import { sameEntity } from '../../schemas/entity.js';
import {
  type AccessRequest,
  type Obligations,
  type PolicyDecision,
  type ReasonCode,
  type Ruling,
  subjectsOf,
} from './request.js';
import { prepare, type PreparedRequest, type RateCount, rule, stricter } from './ruling.js';

export interface PolicyInForce {
  baseline: Baseline;
  contractions: ContractionIndex;
  /** The time that leases are counted in, where it is not that of the decision; see {@link ContractionIndex}. */
  leaseNowMs?: number;
  /** Contractions that response would make because of this very request, not yet durable. Enforced ones only count. */
  preview?: readonly Contraction[];
  /** A person's answer for exactly these arguments, if there is one. */
  approval?: 'approved' | 'denied';
  /** Calls that ran within a clause's stretch, counted per source (contraction id, or `baseline`). */
  rate?: (source: string, clause: RateClause, nowMs: number) => number;
}

interface Part {
  contraction: Contraction | undefined;
  ruling: Ruling;
}

const REFUSALS: Partial<Record<ReasonCode, string>> = {
  'approval-needed': 'It waits for a person. Go on with other work, or ask again later with the same arguments.',
  'approval-denied': 'A person refused it. Do not try it again.',
  rate: 'Too many calls. Slow down, or go on with other work.',
  reauthenticate: 'The user has to sign in again first.',
  'auth-strength': 'The user has to sign in more strongly first.',
};

function refusal(request: AccessRequest, reason: { code: ReasonCode; text: string }): string {
  const advice = REFUSALS[reason.code] ?? 'Other work may go on; do not try to reach the same end another way.';
  return `Not done: ${request.kind} "${request.name}" was stopped by a security policy (${reason.text}). ${advice}`;
}

function mergeObligations(parts: readonly Part[]): Obligations | undefined {
  const given = parts.map(({ ruling }) => ruling.obligations).filter((each) => each !== undefined);
  if (given.length === 0) return undefined;
  const masks = given.map((each) => each.mask).filter((each) => each !== undefined);
  const tokens = Math.min(...given.map((each) => each.maxOutputTokens ?? Infinity));
  return {
    ...(masks.length > 0 ? { mask: masks.reduce((a, b) => CONTROL_LATTICES['data.mask'].meet(a, b)) } : {}),
    ...(tokens < Infinity ? { maxOutputTokens: tokens } : {}),
    ...(given.some((each) => each.denyToolUse) ? { denyToolUse: true } : {}),
  };
}

/** A person's leave lifts a hold, never a block. */
function afterApproval(verdict: Verdict, approval: PolicyInForce['approval']): Verdict {
  if (verdict !== 'needs_approval' || approval === undefined) return verdict;
  return approval === 'approved' ? 'allow' : 'block';
}

function applies(contraction: Contraction, request: AccessRequest): boolean {
  return subjectsOf(request).some((subject) => sameEntity(subject, contraction.target));
}

const distinct = (values: Iterable<string>) => [...new Set(values)];

function ruleContraction(
  contraction: Contraction,
  policy: Policy,
  prepared: PreparedRequest,
  inForce: PolicyInForce,
  nowMs: number,
): Part {
  const rate: RateCount | undefined = inForce.rate && ((clause) => inForce.rate?.(contraction.id, clause, nowMs) ?? 0);
  return { contraction, ruling: rule(policy, prepared, nowMs, rate) };
}

export function decide(request: AccessRequest, inForce: PolicyInForce, nowMs: number): PolicyDecision {
  const prepared = prepare(request);
  const baseline = inForce.baseline.for(request);
  const parts: Part[] = [
    {
      contraction: undefined,
      ruling: rule(
        baseline,
        prepared,
        nowMs,
        inForce.rate && ((clause) => inForce.rate?.('baseline', clause, nowMs) ?? 0),
      ),
    },
  ];
  const observed: Part[] = [];
  for (const { contraction, policy } of inForce.contractions.applying(request, inForce.leaseNowMs ?? nowMs)) {
    (contraction.mode === 'enforce' ? parts : observed).push(
      ruleContraction(contraction, policy, prepared, inForce, nowMs),
    );
  }
  for (const contraction of inForce.preview ?? []) {
    if (contraction.mode !== 'enforce' || contraction.state !== 'active' || !applies(contraction, request)) continue;
    // A previewed contraction is the newer version of one in force: what both say holds.
    parts.push(ruleContraction(contraction, policyOf(contraction.controls), prepared, inForce, nowMs));
  }

  const raw = parts.reduce<Verdict>((worst, { ruling }) => stricter(worst, ruling.verdict), 'allow');
  const verdict = afterApproval(raw, inForce.approval);
  const deciding = parts.filter(({ ruling }) => ruling.verdict === raw && raw !== 'allow');
  const responsible = deciding.map(({ contraction }) => contraction).filter((contraction) => contraction !== undefined);
  const first = deciding.find(({ contraction }) => contraction !== undefined) ?? deciding[0];
  const reason = reasonOf(raw, verdict, first);
  const notChecked: Skip[] = parts.flatMap(({ ruling }) => ruling.notChecked ?? []);
  const obligations = mergeObligations(parts);
  const holds = parts.map(({ ruling }) => ruling.approval).filter((each) => each !== undefined);
  const wouldBe = observedVerdict(observed, raw);
  return {
    verdict,
    contractions: verdict === 'allow' ? [] : distinct(responsible.map(({ id }) => id)),
    playbooks:
      verdict === 'allow'
        ? []
        : distinct(responsible.map(({ playbook }) => playbook?.id).filter((id) => id !== undefined)),
    findings: verdict === 'allow' ? [] : distinct(responsible.flatMap(({ findingIds }) => findingIds)),
    reason,
    ...(verdict === 'allow' ? {} : { refusal: refusal(request, reason) }),
    ...(verdict === 'needs_approval'
      ? {
          approval: {
            by: distinct(holds.flatMap(({ by }) => by)).sort() as ('owner' | 'soc')[],
            timeoutMs: Math.min(...holds.map(({ timeoutMs }) => timeoutMs)),
          },
        }
      : {}),
    ...(obligations ? { obligations } : {}),
    ...(wouldBe ? { wouldBe } : {}),
    notChecked,
    counts: parts.flatMap(({ contraction, ruling }) =>
      (ruling.counts ?? []).map((clause) => ({ source: contraction?.id ?? 'baseline', clause })),
    ),
  };
}

function reasonOf(raw: Verdict, verdict: Verdict, part: Part | undefined): { code: ReasonCode; text: string } {
  if (part === undefined) return { code: 'nothing-wrong', text: 'nothing restricts it' };
  const because = part.contraction?.playbook
    ? `${part.ruling.text} (${part.contraction.playbook.title})`
    : part.contraction?.manual
      ? `${part.ruling.text} (${part.contraction.manual.reason})`
      : part.ruling.text;
  if (raw === verdict) return { code: part.ruling.code, text: because };
  return verdict === 'allow'
    ? { code: 'approved', text: `a person approved it; ${because}` }
    : { code: 'approval-denied', text: `a person refused it; ${because}` };
}

function observedVerdict(
  observed: readonly Part[],
  raw: Verdict,
): { verdict: Verdict; contractions: string[] } | undefined {
  const worst = observed.reduce<Verdict>((each, { ruling }) => stricter(each, ruling.verdict), raw);
  if (worst === raw) return undefined;
  return {
    verdict: worst,
    contractions: observed
      .filter(({ ruling }) => ruling.verdict === worst)
      .map(({ contraction }) => contraction?.id)
      .filter((id) => id !== undefined),
  };
}
