/** Which playbooks a finding or an alert fires. Types are looked up first; conditions run only for what is left. */
import type { EntityRef, EntityType } from '../../schemas/entity.js';
import type { Finding } from '../../schemas/finding.js';
import type { SignalOf } from '../../schemas/signal.js';
import type { CompiledPlaybook, ConditionContext, Mode } from './playbook/types.js';
import { settingAt } from './playbook/types.js';

/** Scores before and after the finding, of the entities it is about. */
export interface Scores {
  entityBefore: number;
  entity: number;
  session: number;
  agent: number;
  user: number;
  /** Of the entity's score, what is left without the detector that says most. */
  corroboration: number;
}

export type Match =
  | { playbook: CompiledPlaybook; fired: true; mode: Mode; context: ConditionContext }
  /** Why nothing happened, for people. */
  | { playbook: CompiledPlaybook; fired: false; why: string };

/** The entity of a type that a finding concerns. */
export function entityOf(finding: Finding, type: EntityType): EntityRef | undefined {
  if (finding.entity.type === type) return finding.entity;
  const ids: Partial<Record<EntityType, string | undefined>> = {
    agent: finding.agentId,
    session: finding.sessionId,
    blueprint: finding.blueprint,
    user: finding.userId,
    tool: finding.tool,
    model: finding.model,
  };
  const id = ids[type];
  return id === undefined ? undefined : { tenant: finding.tenant, type, id };
}

function riskOf({ entityBefore: _, ...now }: Scores): ConditionContext['risk'] {
  return now;
}

const NO_ALERT = { id: '', title: '', state: '' };

export function contextOf(finding: Finding, scores: Scores): ConditionContext {
  const { observed } = finding.evidence;
  return {
    finding: {
      id: finding.id,
      type: finding.type,
      title: finding.title,
      detector: finding.detector,
      confidence: finding.confidence,
      severity: finding.severity,
      trust: finding.trust,
      pillar: finding.pillar,
      tool: finding.tool ?? '',
      model: finding.model ?? '',
      origin: finding.origin ?? '',
      learning: finding.learning ?? false,
      observed: String(observed),
      value: typeof observed === 'number' ? observed : 0,
      sampleSize: finding.evidence.sampleSize ?? 0,
      atlas: finding.atlas,
      owasp: finding.owasp,
      predicted: (finding.predicted ?? []).map(({ tool, destination, probability }) => ({
        tool,
        destination: destination ?? '',
        probability,
      })),
      facts: finding.evidence.facts ?? {},
    },
    risk: riskOf(scores),
    session: { id: finding.sessionId },
    agent: { id: finding.agentId, blueprint: finding.blueprint ?? '' },
    user: { id: finding.userId ?? '' },
    alert: NO_ALERT,
  };
}

export function contextOfAlert(signal: SignalOf<'alert'>, scores: Scores): ConditionContext {
  return {
    finding: {
      id: '',
      type: 'alert',
      title: signal.title,
      detector: '',
      confidence: 1,
      severity: signal.severity ?? 'medium',
      trust: signal.trust ?? 'claimed',
      pillar: 'governance',
      tool: '',
      model: '',
      origin: '',
      learning: false,
      observed: '',
      value: 0,
      sampleSize: 0,
      atlas: [],
      owasp: [],
      predicted: [],
      facts: {},
    },
    risk: riskOf(scores),
    session: { id: signal.sessionId },
    agent: { id: signal.agentId, blueprint: '' },
    user: { id: signal.userId ?? '' },
    alert: { id: signal.alertId, title: signal.title, state: signal.state },
  };
}

/** Playbooks by what they listen to, so that a finding nobody asks about costs one look. */
export class PlaybookSet {
  readonly all: readonly CompiledPlaybook[];
  readonly #byType = new Map<string, readonly CompiledPlaybook[]>();
  readonly #onRisk: readonly CompiledPlaybook[];
  readonly #onAlert: readonly CompiledPlaybook[];

  constructor(playbooks: readonly CompiledPlaybook[]) {
    this.all = playbooks;
    this.#onRisk = playbooks.filter(({ trigger }) => trigger.kind === 'risk');
    this.#onAlert = playbooks.filter(({ trigger }) => trigger.kind === 'alert');
  }

  /** Those whose trigger a finding's copy could meet: by type for the primary one, by risk for each. */
  candidates(finding: Finding): readonly CompiledPlaybook[] {
    const onRisk = this.#onRisk.filter(
      ({ trigger }) => trigger.kind === 'risk' && trigger.entity === finding.entity.type,
    );
    if (!finding.primary) return onRisk;
    const onType = this.#ofType(finding.type);
    return onRisk.length === 0 ? onType : [...onType, ...onRisk];
  }

  #ofType(type: string): readonly CompiledPlaybook[] {
    let playbooks = this.#byType.get(type);
    if (!playbooks) {
      playbooks = this.all.filter(({ trigger }) => trigger.kind === 'finding' && trigger.matches(type));
      // Types are few; a sender that makes them up must not fill the memory.
      if (this.#byType.size < 1000) this.#byType.set(type, playbooks);
    }
    return playbooks;
  }

  onAlert(title: string): readonly CompiledPlaybook[] {
    return this.#onAlert.filter(({ trigger }) => trigger.kind === 'alert' && trigger.matches(title));
  }
}

/** Runs a playbook's condition and exceptions; the trigger's type has been met. */
export function judgePlaybook(playbook: CompiledPlaybook, context: ConditionContext, nowMs: number): Match {
  const setting = settingAt(playbook, nowMs);
  if (setting.mode === 'off') return { playbook, fired: false, why: 'switched off' };
  if (setting.when) {
    const outcome = setting.when.evaluate(context);
    if ('error' in outcome)
      return { playbook, fired: false, why: `its condition could not be evaluated: ${outcome.error}` };
    if (!outcome.matched) return { playbook, fired: false, why: 'its condition is not met' };
  }
  const excepted = exceptionFor(playbook, context, nowMs);
  if (excepted !== undefined) return { playbook, fired: false, why: `excepted: ${excepted}` };
  return { playbook, fired: true, mode: setting.mode, context };
}

/** The reason of the exception that covers this; `undefined`: none does. */
export function exceptionFor(playbook: CompiledPlaybook, context: ConditionContext, nowMs: number): string | undefined {
  return playbook.exceptions.find(({ condition, expiresAtMs }) => {
    if (nowMs >= expiresAtMs) return false;
    const outcome = condition.evaluate(context);
    return 'matched' in outcome && outcome.matched;
  })?.reason;
}

/** Edge: it rises above now. Level: it is above. */
function riskMet(playbook: CompiledPlaybook, scores: Scores): boolean {
  const { trigger } = playbook;
  if (trigger.kind !== 'risk') return true;
  return scores.entity > trigger.above && (trigger.on === 'level' || scores.entityBefore <= trigger.above);
}

/** What fires, and what would have but for its condition, an exception or being off. */
export function matchFinding(set: PlaybookSet, finding: Finding, scores: Scores, nowMs: number): Match[] {
  const candidates = set.candidates(finding).filter((playbook) => riskMet(playbook, scores));
  if (candidates.length === 0) return [];
  const context = contextOf(finding, scores);
  return candidates.map((playbook) => judgePlaybook(playbook, context, nowMs));
}

export function matchAlert(set: PlaybookSet, signal: SignalOf<'alert'>, scores: Scores, nowMs: number): Match[] {
  const context = contextOfAlert(signal, scores);
  return set.onAlert(signal.title).map((playbook) => judgePlaybook(playbook, context, nowMs));
}
