/**
 * The decision point: answers "may this run now?" from memory alone (invariant 8). Pure but for what it remembers:
 * no network, no disk, no clock of its own. It is told of contractions, asked with a time, and says how old its
 * knowledge is.
 */
import type { BaselinePolicy } from '../../schemas/baseline.js';
import { type EffectClass, SCHEMA_VERSION, type Skip } from '../../schemas/common.js';
import type { Decision, DecisionSummary } from '../../schemas/decision.js';
import type { EventOf, TelemetryEvent } from '../../schemas/event.js';
import type { Approval } from '../../schemas/approval.js';
import type { Inspection } from '../../schemas/inspection.js';
import type { Principal } from '../../schemas/principal.js';
import type { Contraction } from '../../schemas/contraction.js';
import type { ContractionRecord } from '../../schemas/signal.js';
import { callEffects } from '../inspect/tool-effects.js';
import { ContractionIndex } from '../policy/contraction-index.js';
import { decide, type PolicyInForce } from '../policy/decide.js';
import { Baseline } from '../policy/effective.js';
import { glob } from '../policy/glob.js';
import type { LeaseHead } from '../policy/lease-text.js';
import { RateWindows } from '../policy/rate-window.js';
import type { AccessRequest, PolicyDecision } from '../policy/request.js';
import type { Judgement } from '../runtime/inline.js';
import { ApprovalBook, type Leave } from './approvals.js';
import { type Asked, eventOf, sessionOf } from './asked.js';
import { mask } from './masking.js';
import { trustOf } from './principals.js';

export interface DecisionPointOptions {
  tenant: string;
  /** The name of this point, in every decision it gives. */
  point: string;
  baseline?: BaselinePolicy | undefined;
  /** Detection and response in memory; without it only what is already contracted counts, and that is said. */
  judge?: (event: TelemetryEvent, nowMs: number) => Judgement;
  /**
   * Elapsed time, in milliseconds from anywhere; leases are counted in it, so that a clock that is set ends none of them.
   * Without it they are counted in the time that the caller gives.
   */
  elapsedMs?: (() => number) | undefined;
  /** How much longer than its lease a contraction that says `hold` is kept. */
  holdGraceMs?: number;
  /** Reads the texts of an event, in memory. */
  inspect?: (event: TelemetryEvent) => TelemetryEvent;
}

/** A question made ready: built once, so that it can be warmed for and then decided. */
export interface Prepared {
  asked: Asked;
  principal: Principal;
  decisionId: string;
  event: TelemetryEvent;
  request: AccessRequest;
  notChecked: Skip[];
}

export interface Outcome {
  decision: Decision;
  /** Contractions that decided it and were not in force yet: its own findings make them. */
  fresh: readonly string[];
  /** To be appended to telemetry: a tool call that was not yet told, a message or a retrieval that is let happen. */
  event?: TelemetryEvent;
  /** A leave that this answer spends: it must be durable before the answer goes out. */
  spent?: { approval: Approval; before: Approval };
  /** A request that was made or ran out. */
  approval?: Approval;
  /** The same open request, polled again: nothing new to tell. */
  repeat: boolean;
  policy: PolicyDecision;
  /** What the tool was taken to do. */
  effects: readonly EffectClass[];
}

/** May the model see what a tool returned? */
export interface Sight {
  visible: true | false | 'masked';
  /** What it may see instead, where `masked`. */
  text?: string;
  decision: Decision;
  spans: number;
}

/** How often a caller that waits for a person should ask again. */
const POLL_MS = 1_000;

export class DecisionPoint {
  readonly contractions: ContractionIndex;
  readonly approvals = new ApprovalBook();
  readonly #options: DecisionPointOptions;
  readonly #baseline: Baseline;
  readonly #rates = new RateWindows();
  readonly #overrides: { matches: (name: string) => boolean; effects: readonly EffectClass[] }[];
  #paused: { atMs: number; by: string } | undefined;
  #freshAtMs: number | undefined;

  constructor(options: DecisionPointOptions) {
    this.#options = options;
    this.contractions = new ContractionIndex({
      sharedClock: options.elapsedMs === undefined,
      ...(options.holdGraceMs === undefined ? {} : { holdGraceMs: options.holdGraceMs }),
    });
    this.#baseline = new Baseline(options.baseline);
    this.#overrides = Object.entries(options.baseline?.tools ?? {}).flatMap(([pattern, facts]) =>
      facts.effects === undefined ? [] : [{ matches: glob(pattern), effects: facts.effects }],
    );
  }

  /** Takes a record of the contractions topic in. */
  apply(record: ContractionRecord, nowMs: number): void {
    if (record.kind === 'contraction') this.contractions.apply(record.contraction, this.#leaseNowMs(nowMs));
    else if (record.kind === 'paused' && record.tenant === this.#options.tenant)
      this.#paused = record.paused ? { atMs: record.atMs, by: record.by } : undefined;
    this.fresh(nowMs);
  }

  /** Takes in the text of a contraction that was live at the start, or has changed since. */
  restore(head: LeaseHead, text: string, nowMs: number): void {
    this.contractions.restore(head, text, this.#leaseNowMs(nowMs));
  }

  /** Drops the contractions whose lease was not renewed, and gives them. */
  sweep(nowMs: number): Contraction[] {
    return this.contractions.sweep(this.#leaseNowMs(nowMs)).map(({ contraction }) => contraction);
  }

  /** Contractions whose lease was not renewed, and which are kept for a while all the same: a person's matter. */
  held(nowMs: number): string[] {
    return this.contractions.held(this.#leaseNowMs(nowMs)).map(({ id }) => id);
  }

  #leaseNowMs(nowMs: number): number {
    return this.#options.elapsedMs?.() ?? nowMs;
  }

  /** Says that all there is to know was known at this time. */
  fresh(nowMs: number): void {
    this.#freshAtMs = Math.max(this.#freshAtMs ?? 0, nowMs);
  }

  /** How old the newest knowledge is, in milliseconds. */
  staleMs(nowMs: number): number {
    return this.#freshAtMs === undefined ? nowMs : Math.max(0, nowMs - this.#freshAtMs);
  }

  get paused(): { atMs: number; by: string } | undefined {
    return this.#paused;
  }

  prepare(asked: Asked, principal: Principal, decisionId: string, nowMs: number): Prepared {
    const { tenant } = this.#options;
    const built = eventOf(asked, { tenant, trust: trustOf(principal, asked.agent.id), nowMs, decisionId });
    const event = this.#options.inspect?.(built) ?? built;
    const session = sessionOf(asked);
    const request: AccessRequest = {
      tenant,
      kind: asked.kind,
      name: asked.name,
      agentId: asked.agent.id,
      sessionId: session.id,
      effects: asked.kind === 'tool' ? this.effectsOf(asked) : [],
      ...(asked.agent.blueprint === undefined ? {} : { blueprint: asked.agent.blueprint }),
      ...(asked.userId === undefined ? {} : { userId: asked.userId }),
      ...(asked.server === undefined ? {} : { server: asked.server }),
      ...(asked.toolCallId === undefined ? {} : { toolCallId: asked.toolCallId }),
      ...(asked.arguments === undefined ? {} : { arguments: asked.arguments }),
      ...asked.about,
    };
    const notChecked: Skip[] = session.assumed
      ? [{ check: 'conversation', reason: 'none was named; findings of its other events are not joined' }]
      : [];
    return { asked, principal, decisionId, event, request, notChecked };
  }

  decide(prepared: Prepared, nowMs: number): Outcome {
    const { asked, principal, event } = prepared;
    const notChecked = [...prepared.notChecked];
    const judgement = this.#judge(event, nowMs, notChecked);
    const request = this.#withKnownEffects(prepared.request, asked, judgement);
    const inForce: PolicyInForce = {
      baseline: this.#baseline,
      contractions: this.contractions,
      leaseNowMs: this.#leaseNowMs(nowMs),
      // Break glass: nothing new is restricted; what is restricted stays.
      preview: this.#paused === undefined ? judgement.contractions : [],
      rate: (source, clause, now) => this.#rates.count(source, clause, now),
    };
    let policy = decide(request, inForce, nowMs);
    let leave: Leave | undefined;
    let spent: Outcome['spent'];
    if (policy.verdict === 'needs_approval') {
      leave = this.approvals.ask(
        {
          tenant: request.tenant,
          agentId: request.agentId,
          sessionId: request.sessionId,
          tool: request.name,
          toolCallId: asked.toolCallId,
          arguments: asked.arguments,
        },
        {
          contractionIds: policy.contractions,
          reason: policy.reason.text,
          timeoutMs: policy.approval?.timeoutMs ?? 60_000,
          by: policy.approval?.by ?? [],
          requestedBy: principal.id,
        },
        nowMs,
      );
      if (leave.kind === 'granted') {
        const used = this.approvals.use(leave.approval.id, nowMs);
        if (used !== undefined) spent = { approval: used, before: leave.approval };
        policy = decide(request, { ...inForce, approval: 'approved' }, nowMs);
      } else if (leave.kind !== 'pending') {
        policy = decide(request, { ...inForce, approval: 'denied' }, nowMs);
        if (leave.kind === 'expired')
          policy = {
            ...policy,
            reason: { code: 'approval-denied', text: `nobody answered in time; ${policy.reason.text}` },
          };
      }
    }
    if (policy.verdict === 'allow')
      for (const { source, clause } of policy.counts) this.#rates.record(source, clause, nowMs);
    const repeat = leave?.kind === 'pending' && leave.heard;
    const pending = leave?.kind === 'pending' ? leave.approval : undefined;
    const decision = this.#decision(prepared, policy, judgement, [...notChecked, ...policy.notChecked], pending, nowMs);
    // The call that a request is about was told with it; another one that its answer holds for was not told yet.
    const isNews =
      leave === undefined ||
      (leave.kind === 'pending' && leave.created) ||
      // The process that was asked may have ended before the call was told; its id stays, so told twice is told once.
      (leave.kind === 'pending' && asked.toolCallId !== undefined) ||
      leave.approval.toolCallId !== asked.toolCallId;
    const fresh = policy.contractions.filter((id) => this.contractions.get(id) === undefined);
    const told = repeat || !isNews ? undefined : toldOf(event, decision, fresh);
    return {
      decision,
      policy,
      fresh,
      effects: request.effects,
      repeat,
      ...(told === undefined ? {} : { event: told }),
      ...(spent === undefined ? {} : { spent }),
      ...((leave?.kind === 'pending' && (leave.created || !leave.heard)) || leave?.kind === 'expired'
        ? { approval: leave.approval }
        : {}),
    };
  }

  /**
   * May the model see this result, whole or in part? `acted`: everything the event caused is already in force here;
   * otherwise the event is judged in memory once more, so that a late pipeline hides nothing from the answer.
   */
  see(event: EventOf<'tool.result'>, decisionId: string, acted: boolean, nowMs: number): Sight {
    const notChecked: Skip[] = [];
    const judgement = acted ? NOTHING : this.#judge(event, nowMs, notChecked);
    const request: AccessRequest = {
      tenant: event.tenant,
      kind: 'result',
      name: event.tool,
      agentId: event.agent.id,
      sessionId: event.session.id,
      effects: ['read'],
      ...(event.agent.blueprint === undefined ? {} : { blueprint: event.agent.blueprint }),
      ...(event.user === undefined ? {} : { userId: event.user.id }),
      ...(event.server === undefined ? {} : { server: event.server }),
      ...(event.toolCallId === undefined ? {} : { toolCallId: event.toolCallId }),
    };
    const inForce: PolicyInForce = {
      baseline: this.#baseline,
      contractions: this.contractions,
      leaseNowMs: this.#leaseNowMs(nowMs),
      preview: this.#paused === undefined ? judgement.contractions : [],
    };
    const policy = decide(request, inForce, nowMs);
    const masks = policy.obligations?.mask;
    const inspection = inspectionOf(event.inspections, '/text');
    const masked =
      policy.verdict === 'allow' && masks !== undefined && event.text !== undefined
        ? mask(event.text, masks, inspection)
        : undefined;
    const asked: Asked = { kind: 'tool', name: event.tool, agent: { id: event.agent.id }, sessionId: event.session.id };
    const prepared = { asked, decisionId, event, request };
    const decision = this.#decision(
      prepared,
      policy,
      judgement,
      [...notChecked, ...policy.notChecked, ...(masked?.notChecked ?? [])],
      undefined,
      nowMs,
    );
    if (policy.verdict !== 'allow') return { visible: false, decision, spans: 0 };
    if (masked !== undefined && masked.removed > 0)
      return { visible: 'masked', text: masked.text, decision, spans: masked.removed };
    return { visible: true, decision, spans: 0 };
  }

  /** The owner's word, else what the calling code declares, else what the tool's name and description tell. */
  effectsOf(asked: Asked): readonly EffectClass[] {
    return callEffects(
      { name: asked.name, description: asked.description, arguments: asked.arguments },
      this.#ownerSays(asked.name) ?? asked.effects,
    );
  }

  /**
   * What was learned of a tool comes to what its name tells, and where that is nothing stands for it; where somebody said what
   * it does, that holds.
   */
  #withKnownEffects(request: AccessRequest, asked: Asked, { effects: known }: Judgement): AccessRequest {
    if (known === undefined || asked.effects !== undefined || this.#ownerSays(asked.name) !== undefined) return request;
    const named = known.includes('unknown') ? request.effects : request.effects.filter((each) => each !== 'unknown');
    return { ...request, effects: [...new Set([...named, ...known])] };
  }

  #ownerSays(name: string): readonly EffectClass[] | undefined {
    return this.#overrides.find(({ matches }) => matches(name))?.effects;
  }

  #judge(event: TelemetryEvent, nowMs: number, notChecked: Skip[]): Judgement {
    if (this.#options.judge === undefined) {
      notChecked.push({ check: 'analysis', reason: 'this decision point has none' });
      return NOTHING;
    }
    const judgement = this.#options.judge(event, nowMs);
    notChecked.push(...judgement.notChecked);
    return judgement;
  }

  #decision(
    prepared: Pick<Prepared, 'asked' | 'decisionId' | 'event' | 'request'>,
    policy: PolicyDecision,
    judgement: Judgement,
    notChecked: Skip[],
    pending: Approval | undefined,
    nowMs: number,
  ): Decision {
    const { asked, decisionId, event, request } = prepared;
    const findings = new Set(policy.findings);
    for (const finding of judgement.findings) if (finding.primary) findings.add(finding.id);
    return {
      schemaVersion: SCHEMA_VERSION,
      id: decisionId,
      tenant: request.tenant,
      timeMs: nowMs,
      verdict: policy.verdict,
      action: {
        kind: request.kind,
        name: request.name,
        ...(request.toolCallId === undefined ? {} : { toolCallId: request.toolCallId }),
      },
      agentId: request.agentId,
      sessionId: request.sessionId,
      ...(request.userId === undefined ? {} : { userId: request.userId }),
      ...(asked.trace === undefined ? {} : { trace: asked.trace }),
      contractions: policy.contractions,
      ...(policy.wouldBe === undefined ? {} : { wouldBe: policy.wouldBe }),
      playbooks: policy.playbooks,
      findings: [...findings],
      reason: policy.reason,
      ...(policy.refusal === undefined ? {} : { refusal: policy.refusal }),
      notChecked: [...(event.skipped ?? []), ...notChecked],
      ...(pending === undefined ? {} : { approval: { id: pending.id, retryAfterMs: POLL_MS } }),
      staleMs: this.staleMs(nowMs),
      point: this.#options.point,
    };
  }
}

/** @param fresh contractions that were not in force when it was decided */
export function summaryOf({ id, verdict, contractions }: Decision, fresh: readonly string[]): DecisionSummary {
  return { id, verdict, contractions, ...(fresh.length === 0 ? {} : { fresh: [...fresh] }) };
}

/**
 * What telemetry hears of a question. A tool call, whatever came of it; a message and a retrieval where they happen, since
 * what is asked for by the way of a blocked one reaches nobody. Model calls are told by the instrumentation, with what
 * they cost: a second telling would count twice.
 */
function toldOf(event: TelemetryEvent, decision: Decision, fresh: readonly string[]): TelemetryEvent | undefined {
  const { verdict } = decision;
  if (event.kind === 'tool.call') return { ...event, decision: summaryOf(decision, fresh) };
  return event.kind !== 'model.call' && verdict === 'allow' ? event : undefined;
}

const NOTHING: Judgement = { findings: [], contractions: [], notChecked: [] };

function inspectionOf(inspections: Inspection[] | undefined, at: string): Inspection | undefined {
  return inspections?.find((inspection) => inspection.at === at);
}
