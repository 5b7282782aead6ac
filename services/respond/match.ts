/** Which playbooks a finding or an alert fires. Types are looked up first; conditions run only for what is left. */
import type { EntityRef, EntityType } from '../../schemas/entity.js';
import type { Finding } from '../../schemas/finding.js';
import type { SignalOf } from '../../schemas/signal.js';
import { judge, type Match } from './judgement.js';
import { note, type Notes } from './notes.js';
import type { CompiledCorrelation } from './playbook/correlation.js';
import type { CompiledPlaybook, CompiledTrigger, ConditionContext, Setting } from './playbook/types.js';
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

  readonly correlations: readonly CompiledCorrelation[];

  constructor(playbooks: readonly CompiledPlaybook[], correlations: readonly CompiledCorrelation[] = []) {
    this.all = playbooks;
    this.correlations = correlations;
    this.#onRisk = playbooks.filter(({ shipped }) => shipped.trigger.kind === 'risk');
    this.#onAlert = playbooks.filter(({ shipped }) => shipped.trigger.kind === 'alert');
  }

  /** Those whose trigger a finding's copy could meet: by type for the primary one, by risk for each. */
  candidates(finding: Finding): readonly CompiledPlaybook[] {
    const onRisk = this.#onRisk.filter(
      ({ shipped: { trigger } }) => trigger.kind === 'risk' && trigger.entity === finding.entity.type,
    );
    if (!finding.primary) return onRisk;
    const onType = this.#ofType(finding.type);
    return onRisk.length === 0 ? onType : [...onType, ...onRisk];
  }

  #ofType(type: string): readonly CompiledPlaybook[] {
    let playbooks = this.#byType.get(type);
    if (!playbooks) {
      playbooks = this.all.filter(({ shipped: { trigger } }) => trigger.kind === 'finding' && trigger.matches(type));
      // Types are few; a sender that makes them up must not fill the memory.
      if (this.#byType.size < 1000) this.#byType.set(type, playbooks);
    }
    return playbooks;
  }

  /** The correlations that a finding could count in. */
  counting(finding: Finding): readonly CompiledCorrelation[] {
    if (!finding.primary || this.correlations.length === 0) return [];
    return this.correlations.filter(({ rule }) => {
      const parts = rule.kind === 'count' ? [rule.part] : rule.kind === 'sequence' ? rule.parts : [rule.after, rule.of];
      return parts.some(({ matches }) => matches(finding.type));
    });
  }

  onAlert(title: string): readonly CompiledPlaybook[] {
    return this.#onAlert.filter(({ shipped: { trigger } }) => trigger.kind === 'alert' && trigger.matches(title));
  }
}

/** Edge: it rises above now. Level: it is above. */
function riskMet(trigger: Extract<CompiledTrigger, { kind: 'risk' }>, scores: Scores): boolean {
  return scores.entity > trigger.above && (trigger.on === 'level' || scores.entityBefore <= trigger.above);
}

function noteRisk(notes: Notes, { trigger }: Setting, scores: Scores): void {
  if (trigger.kind !== 'risk') return;
  const { entity, above, on } = trigger;
  note(
    notes,
    'trigger',
    riskMet(trigger, scores),
    on === 'edge' ? `the risk of the ${entity} rises above ${above}` : `the risk of the ${entity} is above ${above}`,
    { before: round(scores.entityBefore), now: round(scores.entity) },
  );
}

const round = (score: number): number => Math.round(score * 10) / 10;

/**
 * What fires, and what would have but for its mode, hours, condition, an exception or the allowlist. `explained`: also
 * what only its risk kept back, each with what was asked.
 */
export function matchFinding(
  set: PlaybookSet,
  finding: Finding,
  scores: Scores,
  nowMs: number,
  explained: boolean,
): Match[] {
  const context = contextOf(finding, scores);
  return set.candidates(finding).flatMap((playbook): Match[] => {
    const setting = settingAt(playbook, nowMs);
    const met = setting.trigger.kind !== 'risk' || riskMet(setting.trigger, scores);
    if (!met && !explained) return [];
    const notes: Notes = explained ? [] : undefined;
    if (setting.trigger.kind === 'risk') noteRisk(notes, setting, scores);
    else note(notes, 'trigger', true, `a finding of type ${finding.type}`, { confidence: finding.confidence });
    return [
      met ? judge(playbook, context, nowMs, notes) : { playbook, fired: false, why: '', mode: setting.mode, notes },
    ];
  });
}

export function matchAlert(
  set: PlaybookSet,
  signal: SignalOf<'alert'>,
  scores: Scores,
  nowMs: number,
  explained: boolean,
): Match[] {
  const context = contextOfAlert(signal, scores);
  return set.onAlert(signal.title).map((playbook) => {
    const notes: Notes = explained ? [] : undefined;
    note(notes, 'trigger', true, `the alert "${signal.title}" is ${signal.state}`);
    return judge(playbook, context, nowMs, notes);
  });
}
