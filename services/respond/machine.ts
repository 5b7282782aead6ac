/**
 * Response: signals and timers in; contractions, incidents and audit out. Pure (runtime/machine.ts): the same signals at
 * the same times give the same records under the same ids, however often it is stopped in between.
 */
import type { Contraction } from '../../schemas/contraction.js';
import type { EntityRef } from '../../schemas/entity.js';
import type { Finding } from '../../schemas/finding.js';
import type { Incident } from '../../schemas/incident.js';
import type { Risk } from '../../schemas/risk.js';
import type { Signal, SignalOf } from '../../schemas/signal.js';
import { shortHash } from '../runtime/hash.js';
import type { Machine, States, StepContext } from '../runtime/machine.js';
import { keysOfCommand, runCommand } from './command.js';
import { type Cause, contain, exceptedBy, keysOfOutcome, tellContraction } from './containment.js';
import { keysOfContraction, leave } from './contraction-book.js';
import { withAgent } from './fleet.js';
import { close, subjectOf, told } from './incident.js';
import {
  CLOSE_AFTER_MS,
  joinIncident,
  keysOfDigest,
  keysOfIncidents,
  keysOfJoins,
  raiseDigest,
  raiseIncident,
  REOPEN_MS,
  touchIncident,
} from './incident-book.js';
import {
  agentKey,
  alertKey,
  fleetKey,
  incidentKey,
  liveKey,
  playbookKey,
  riskKey,
  sessionKey,
  targetKey,
  tenantKey,
  traceKey,
} from './keys.js';
import { dueAct } from './lease.js';
import { attempted, ENGINE, page, renew } from './ledger.js';
import { entityOf, type Match, matchAlert, matchFinding, PlaybookSet, type Scores } from './match.js';
import type { CompiledPlaybook, Mode } from './playbook/types.js';
import { corroborationAt, NEGLIGIBLE, negligibleFromMs, scoreOf, withFinding } from './risk.js';
import { keysOfSession, stepSession } from './session.js';
import {
  type AgentState,
  type AlertState,
  type FleetState,
  NO_SESSION,
  type SessionState,
  type TargetState,
  type TenantState,
} from './states.js';
import { incidentTimer, type TimerPayload, Workspace } from './workspace.js';

export interface RespondOptions {
  playbooks: readonly CompiledPlaybook[];
  /** How long until a risk has halved. */
  riskHalfLifeMs: number;
  /** How long an enforcement point keeps a contraction without hearing from the engine. */
  leaseMs: number;
  incidentsPerPlaybookPerHour: number;
}

export interface RespondMachine extends Machine<Signal> {
  /** New playbooks from the next signal on; active contractions stay with the version that made them. */
  reload(playbooks: readonly CompiledPlaybook[]): void;
  readonly playbooks: readonly CompiledPlaybook[];
  /**
   * What would be contracted now because of these findings, in enforce mode; the ids are those it will have. Of a
   * conversation that comes back with this very call, what its end ended counts too. Changes nothing.
   */
  preview(
    findings: readonly Finding[],
    states: Pick<States, 'get'>,
    nowMs: number,
    subject?: Pick<PreviewSubject, 'tenant' | 'agentId' | 'sessionId'>,
  ): Contraction[];
  /** The states a preview for this agent and session may look at; ask again until it names no new one. */
  previewKeys(subject: PreviewSubject, states: Pick<States, 'get'>): string[];
}

export interface PreviewSubject {
  tenant: string;
  agentId: string;
  sessionId: string;
  blueprint?: string;
  userId?: string;
  tool?: string;
  model?: string;
  traceId?: string;
}

type Get = <T>(key: string) => T | undefined;
const getter =
  (states: Pick<States, 'get'>): Get =>
  <T>(key: string) =>
    states.get(key) as T | undefined;

const TARGET_TYPES = ['session', 'agent', 'blueprint', 'user', 'tool', 'model'] as const;
const SEEN = 256;

/** The entities of a finding that may be contracted. */
function targetsOf(finding: Finding): EntityRef[] {
  return TARGET_TYPES.map((type) => entityOf(finding, type)).filter((entity) => entity !== undefined);
}

function keysOnTargets(get: Get, targets: readonly EntityRef[]): string[] {
  return targets.flatMap((target) => {
    const live = get<TargetState>(targetKey(target))?.live ?? [];
    return [targetKey(target), riskKey(target), ...live.flatMap((id) => keysOfLive(get, target.tenant, id))];
  });
}

export function keysOfLive(get: Get, tenant: string, id: string): string[] {
  const contraction = get<Contraction>(liveKey(tenant, id));
  return contraction ? keysOfContraction(get, contraction) : [liveKey(tenant, id)];
}

class Response implements RespondMachine {
  readonly name = 'respond';
  #options: RespondOptions;
  #set: PlaybookSet;

  constructor(options: RespondOptions) {
    this.#options = options;
    this.#set = new PlaybookSet(options.playbooks);
  }

  get playbooks(): readonly CompiledPlaybook[] {
    return this.#set.all;
  }

  reload(playbooks: readonly CompiledPlaybook[]): void {
    this.#options = { ...this.#options, playbooks };
    this.#set = new PlaybookSet(playbooks);
  }

  timeOf(signal: Signal): number {
    return signal.timeMs;
  }

  keys(signal: Signal, states: Pick<States, 'get'>): string[] {
    const get = getter(states);
    const { tenant } = signal;
    switch (signal.kind) {
      case 'finding':
        return [tenantKey(tenant), ...this.#keysOfFinding(signal.finding, get)];
      case 'attempt':
        return [tenantKey(tenant), ...signal.contractionIds.flatMap((id) => keysOfLive(get, tenant, id))];
      case 'session':
        return [tenantKey(tenant), fleetKey(tenant), ...keysOfSession(signal, get)];
      case 'alert':
        return [
          tenantKey(tenant),
          fleetKey(tenant),
          alertKey(tenant, signal.alertId),
          ...this.#keysOfAlert(signal, get),
        ];
      case 'command':
        return [tenantKey(tenant), ...keysOfCommand(signal, get)];
      case 'tick':
      case 'barrier':
        return [];
    }
  }

  #keysOfFinding(finding: Finding, get: Get): string[] {
    const { tenant } = finding;
    const own = [riskKey(finding.entity)];
    const candidates = this.#set.candidates(finding);
    if (!finding.primary && candidates.length === 0) return own;
    return [
      ...own,
      fleetKey(tenant),
      ...keysOnTargets(get, targetsOf(finding)),
      ...candidates.flatMap((playbook) => keysOfOutcome(playbook, causeOf(finding))),
      ...keysOfJoins(subjectOf(finding)),
      ...keysOfIncidents(get, finding),
    ];
  }

  #keysOfAlert(signal: SignalOf<'alert'>, get: Get): string[] {
    const { tenant } = signal;
    const live = get<AlertState>(alertKey(tenant, signal.alertId))?.live ?? [];
    const targets: EntityRef[] = [
      { tenant, type: 'session', id: signal.sessionId },
      { tenant, type: 'agent', id: signal.agentId },
    ];
    const finding = findingOfAlert(signal);
    return [
      ...live.flatMap((id) => keysOfLive(get, tenant, id)),
      ...keysOnTargets(get, targets),
      ...this.#set.onAlert(signal.title).flatMap((playbook) => keysOfOutcome(playbook, causeOfAlert(signal))),
      ...keysOfJoins(subjectOf(finding)),
      ...keysOfIncidents(get, finding),
    ];
  }

  previewKeys(subject: PreviewSubject, states: Pick<States, 'get'>): string[] {
    const get = getter(states);
    const { tenant, agentId, sessionId, blueprint, userId, tool, model, traceId } = subject;
    const entity = (type: EntityRef['type'], id: string | undefined): EntityRef[] =>
      id === undefined ? [] : [{ tenant, type, id }];
    const targets = [
      ...entity('session', sessionId),
      ...entity('agent', agentId),
      ...entity('blueprint', blueprint),
      ...entity('user', userId),
      ...entity('tool', tool),
      ...entity('model', model),
    ];
    return [
      tenantKey(tenant),
      fleetKey(tenant),
      ...keysOnTargets(get, targets),
      ...keysOfJoins({ tenant, entities: targets, traceIds: traceId === undefined ? [] : [traceId] }),
      ...keysOfSession({ kind: 'session', tenant, timeMs: 0, state: 'resumed', sessionId, agentId }, get),
      ...this.#set.all.map(({ id }) => playbookKey(tenant, id)),
    ];
  }

  step(signal: Signal, context: StepContext): void {
    const work = new Workspace(context.states, context.nowMs, this.#options.riskHalfLifeMs);
    this.#handle(signal, work);
    work.commit(context);
  }

  #handle(signal: Signal, work: Workspace): void {
    switch (signal.kind) {
      case 'finding':
        this.#onFinding(signal.finding, work);
        return;
      case 'attempt':
        this.#onAttempt(signal, work);
        return;
      case 'session':
        this.#countAgent(signal.tenant, signal.agentId, work);
        stepSession(signal, work, this.#options.leaseMs);
        return;
      case 'alert':
        this.#onAlert(signal, work);
        return;
      case 'command':
        runCommand(work, signal, this.#options.leaseMs);
        return;
      case 'barrier':
        work.emitLast({
          topic: 'contractions',
          key: shortHash(signal.tenant, signal.replyTo),
          value: { kind: 'barrier', eventId: signal.eventId, replyTo: signal.replyTo },
        });
        return;
      case 'tick':
        return;
    }
  }

  preview(
    findings: readonly Finding[],
    states: Pick<States, 'get'>,
    nowMs: number,
    subject?: Pick<PreviewSubject, 'tenant' | 'agentId' | 'sessionId'>,
  ): Contraction[] {
    const session = subject && (states.get(sessionKey(subject.tenant, subject.sessionId)) as SessionState | undefined);
    const sleeps = session?.ended === true && session.slept.length > 0;
    if (findings.length === 0 && !sleeps) return [];
    const work = new Workspace(states, nowMs, this.#options.riskHalfLifeMs);
    if (subject && sleeps)
      stepSession({ kind: 'session', ...subject, timeMs: nowMs, state: 'resumed' }, work, this.#options.leaseMs);
    for (const finding of findings) this.#onFinding(finding, work);
    return work.changedContractions().filter(({ mode, state }) => mode === 'enforce' && state === 'active');
  }

  #countAgent(tenant: string, agentId: string, work: Workspace): void {
    const before = work.get<FleetState>(fleetKey(tenant));
    const after = withAgent(before, agentId);
    if (after !== before) work.put(fleetKey(tenant), after);
  }

  /** The risk with the finding in it; `undefined`: it was counted before. */
  #score(finding: Finding, work: Workspace): Scores | undefined {
    const { riskHalfLifeMs } = this.#options;
    const before = work.risk(finding.entity);
    if (before?.contributions.some(({ findingId }) => findingId === finding.id)) return undefined;
    const after = withFinding(before, finding, work.nowMs, riskHalfLifeMs);
    const key = riskKey(finding.entity);
    work.put(key, after);
    const gone = negligibleFromMs(after.contributions, work.nowMs, riskHalfLifeMs);
    work.timer(`risk:${key}`, gone, { about: 'risk', entity: finding.entity });
    const scoreBy = (type: EntityRef['type']) => {
      const entity = entityOf(finding, type);
      return entity ? scoreOf(work.risk(entity), work.nowMs, riskHalfLifeMs) : 0;
    };
    const relevant = finding.primary || this.#set.candidates(finding).length > 0;
    return {
      entityBefore: relevant ? scoreOf(before, work.nowMs, riskHalfLifeMs) : 0,
      entity: after.score,
      session: relevant ? scoreBy('session') : 0,
      agent: relevant ? scoreBy('agent') : 0,
      user: relevant ? scoreBy('user') : 0,
      corroboration: relevant ? corroborationAt(after.contributions, work.nowMs, riskHalfLifeMs) : 0,
    };
  }

  #onFinding(finding: Finding, work: Workspace): void {
    const { tenant } = finding;
    if (finding.primary) {
      const key = sessionKey(tenant, finding.sessionId);
      const session = work.get<SessionState>(key) ?? NO_SESSION;
      if (session.seen.includes(finding.id)) return;
      work.put(key, { ...session, seen: [...session.seen, finding.id].slice(-SEEN) });
      this.#countAgent(tenant, finding.agentId, work);
    }
    const scores = this.#score(finding, work);
    if (!scores) return;
    const matches = matchFinding(this.#set, finding, scores, work.nowMs);
    if (!finding.primary && matches.length === 0) return;
    this.#respond(matches, causeOf(finding), finding, work);
  }

  #respond(matches: readonly Match[], cause: Cause, finding: Finding, work: Workspace): void {
    const paused = work.get<TenantState>(tenantKey(cause.tenant))?.paused !== undefined;
    let incident = joinIncident(work, finding);
    for (const match of matches) {
      if (!match.fired) {
        this.#tellWhyNot(match.playbook, match.why, incident?.id, cause.tenant, work);
        continue;
      }
      const { playbook } = match;
      const mode: Mode = paused ? 'observe' : match.mode;
      const own =
        playbook.incident?.group === 'none'
          ? raiseIncident(work, finding, playbook, mode, this.#options.incidentsPerPlaybookPerHour)
          : undefined;
      if (!own) incident ??= raiseIncident(work, finding, playbook, mode, this.#options.incidentsPerPlaybookPerHour);
      const story = own ?? incident;
      const outcome = contain(work, playbook, mode, cause, story?.id, {
        leaseMs: this.#options.leaseMs,
        paused,
        ground: match.context,
      });
      if (outcome.did === 'opened')
        tellContraction(work, outcome.contraction, playbook.incident?.severity ?? cause.severity);
      else if (outcome.did === 'nothing' && playbook.templates.length > 0)
        this.#tellWhyNot(playbook, outcome.why, story?.id, cause.tenant, work);
    }
  }

  /** Why nothing happened stands where people look: in the incident, once per reason. */
  #tellWhyNot(
    playbook: CompiledPlaybook,
    why: string,
    incidentId: string | undefined,
    tenant: string,
    work: Workspace,
  ): void {
    const incident = incidentId === undefined ? undefined : work.incident(tenant, incidentId);
    if (!incident) return;
    const text = `${playbook.title}: did nothing, ${why}.`;
    if (!incident.timeline.some((entry) => entry.text === text))
      work.putIncident(told(incident, { atMs: work.nowMs, kind: 'note', text }));
  }

  #onAttempt(signal: SignalOf<'attempt'>, work: Workspace): void {
    for (const id of signal.contractionIds) {
      const contraction = work.contraction(signal.tenant, id);
      if (!contraction || contraction.state !== 'active') continue;
      work.putContraction(attempted(contraction, signal.action, work.nowMs, this.#options.leaseMs));
      touchIncident(work, contraction, {
        atMs: signal.timeMs,
        kind: 'attempt',
        text: `${signal.action} was tried and stopped.`,
        ref: signal.eventId,
      });
    }
  }

  #onAlert(signal: SignalOf<'alert'>, work: Workspace): void {
    const { tenant, alertId } = signal;
    this.#countAgent(tenant, signal.agentId, work);
    if (signal.state === 'resolved') {
      for (const id of work.get<AlertState>(alertKey(tenant, alertId))?.live ?? []) {
        const contraction = work.contraction(tenant, id);
        if (contraction)
          leave(work, contraction, {
            reason: 'alert-resolved',
            actor: { by: ENGINE, reason: signal.title },
            cause: `${alertId} ${signal.timeMs}`,
            cooldownMs: this.#cooldownOf(contraction),
          });
      }
      return;
    }
    const finding = findingOfAlert(signal);
    const { riskHalfLifeMs } = this.#options;
    const riskBy = (type: 'session' | 'agent') =>
      work.risk({ tenant, type, id: type === 'session' ? signal.sessionId : signal.agentId });
    const score = (type: 'session' | 'agent') => scoreOf(riskBy(type), work.nowMs, riskHalfLifeMs);
    const scores: Scores = {
      entityBefore: 0,
      entity: score('agent'),
      session: score('session'),
      agent: score('agent'),
      user: 0,
      corroboration: corroborationAt(riskBy('agent')?.contributions ?? [], work.nowMs, riskHalfLifeMs),
    };
    const matches = matchAlert(this.#set, signal, scores, work.nowMs);
    this.#respond(matches, causeOfAlert(signal), finding, work);
  }

  #cooldownOf(contraction: Contraction): number {
    return this.#set.all.find(({ id }) => id === contraction.playbook?.id)?.cooldownMs ?? 0;
  }

  timerKeys(timer: { id: string; payload?: unknown }, states: Pick<States, 'get'>): string[] {
    const get = getter(states);
    const payload = timer.payload as TimerPayload;
    switch (payload.about) {
      case 'contraction':
        return keysOfLive(get, payload.tenant, payload.id);
      case 'incident': {
        const incident = get<Incident>(incidentKey(payload.tenant, payload.id));
        return [
          incidentKey(payload.tenant, payload.id),
          ...(incident
            ? [...keysOfJoins(incident), ...incident.contractionIds.map((id) => liveKey(payload.tenant, id))]
            : []),
        ];
      }
      case 'digest':
        return keysOfDigest(get, payload.tenant, payload.playbookId);
      case 'risk':
        return [riskKey(payload.entity)];
    }
  }

  onTimer(timer: { id: string; dueMs: number; payload?: unknown }, context: StepContext): void {
    const work = new Workspace(context.states, context.nowMs, this.#options.riskHalfLifeMs);
    const payload = timer.payload as TimerPayload;
    switch (payload.about) {
      case 'contraction':
        this.#look(payload.tenant, payload.id, timer, work);
        break;
      case 'incident':
        this.#lookAtIncident(payload.tenant, payload.id, work);
        break;
      case 'digest':
        raiseDigest(
          work,
          payload.tenant,
          payload.playbookId,
          this.#set.all.find(({ id }) => id === payload.playbookId)?.title ?? payload.playbookId,
        );
        break;
      case 'risk':
        this.#forgetRisk(payload.entity, timer.id, work);
        break;
    }
    work.commit(context);
  }

  #look(tenant: string, id: string, timer: { id: string; dueMs: number }, work: Workspace): void {
    const contraction = work.contraction(tenant, id);
    if (!contraction) return;
    const playbook = this.#set.all.find((each) => each.id === contraction.playbook?.id);
    const excepted = playbook && exceptedBy(work, contraction, playbook);
    if (excepted !== undefined) {
      leave(work, contraction, {
        reason: 'excepted',
        actor: { by: ENGINE, reason: `excepted: ${excepted}` },
        cause: `${id} ${timer.dueMs}`,
      });
      return;
    }
    const risk = work.risk(contraction.target);
    const act = dueAct(contraction, risk, work.nowMs, this.#options.riskHalfLifeMs);
    const ending = {
      actor: { by: ENGINE, reason: 'its time came' },
      cause: `${id} ${timer.dueMs}`,
      cooldownMs: this.#cooldownOf(contraction),
    };
    switch (act) {
      case 'quiet':
      case 'max':
      case 'not-approved':
        leave(work, contraction, { ...ending, reason: act });
        return;
      case 'page':
        work.putContraction(page(contraction, work.nowMs, this.#options.leaseMs));
        work.audit(
          tenant,
          {
            by: ENGINE,
            act: 'contraction.page',
            subject: id,
            reason: 'max is reached and the attack goes on',
            outcome: 'it stays; a person is called',
          },
          `${id} ${timer.dueMs}`,
        );
        touchIncident(work, contraction, {
          atMs: work.nowMs,
          kind: 'page',
          text: `${contraction.playbook?.title ?? 'Contraction'}: its longest time is over and the attack goes on. It stays; please look.`,
          ref: id,
        });
        return;
      case 'renew':
        work.putContraction(renew(contraction, work.nowMs, this.#options.leaseMs));
        return;
      case 'wait':
        work.relook(contraction);
    }
  }

  #lookAtIncident(tenant: string, id: string, work: Workspace): void {
    const incident = work.incident(tenant, id);
    if (!incident) return;
    if (incident.status === 'closed') {
      if (work.nowMs - (incident.closedAtMs ?? 0) >= REOPEN_MS) forgetJoins(incident, work);
      return;
    }
    const live = incident.contractionIds.some((each) => work.contraction(tenant, each) !== undefined);
    // The end of the last contraction sets the timer again.
    if (live) return;
    if (work.nowMs - incident.updatedAtMs < CLOSE_AFTER_MS) {
      work.timer(incidentTimer(tenant, id), incident.updatedAtMs + CLOSE_AFTER_MS, { about: 'incident', tenant, id });
      return;
    }
    work.putIncident(close(incident, work.nowMs, 'Everything has ended and it is quiet: closed.'));
    work.timer(incidentTimer(tenant, id), work.nowMs + REOPEN_MS, { about: 'incident', tenant, id });
  }

  #forgetRisk(entity: EntityRef, timerId: string, work: Workspace): void {
    const risk: Risk | undefined = work.risk(entity);
    if (!risk) return;
    if (scoreOf(risk, work.nowMs, this.#options.riskHalfLifeMs) < NEGLIGIBLE) work.put(riskKey(entity), undefined);
    else work.timer(timerId, work.nowMs + this.#options.riskHalfLifeMs, { about: 'risk', entity });
  }
}

function causeOf(finding: Finding): Cause {
  const { tenant, id, title, agentId, sessionId, trust, severity } = finding;
  return { tenant, id, title, finding, agentId, sessionId, trust, severity };
}

function causeOfAlert(signal: SignalOf<'alert'>): Cause {
  const { id, trust, severity } = findingOfAlert(signal);
  const { tenant, title, alertId, agentId, sessionId } = signal;
  return { tenant, id, title, alertId, agentId, sessionId, trust, severity };
}

/** An alert as response treats what it fires on; it is no finding of ours and changes no risk. */
function findingOfAlert(signal: SignalOf<'alert'>): Finding {
  const { tenant, alertId, agentId, sessionId, title, timeMs } = signal;
  return {
    schemaVersion: 1,
    id: shortHash(tenant, 'alert', alertId),
    tenant,
    detector: 'alert',
    codeVersion: '1',
    type: 'alert.external',
    title,
    entity: { tenant, type: 'agent', id: agentId },
    primary: true,
    eventId: alertId,
    agentId,
    sessionId,
    trust: 'claimed',
    timeMs,
    confidence: 1,
    severity: 'medium',
    evidence: { observed: title, eventIds: [] },
    atlas: [],
    owasp: [],
    pillar: 'governance',
  };
}

/** Session, trace and agents no longer lead to an incident that nothing can join. */
function forgetJoins(incident: Incident, work: Workspace): void {
  const { tenant, id } = incident;
  for (const entity of incident.entities) {
    if (entity.type === 'session') {
      const key = sessionKey(tenant, entity.id);
      const state = work.get<SessionState>(key);
      if (state?.incidentId !== id) continue;
      const { incidentId: _, ...rest } = state;
      // A conversation that is over and has nothing asleep needs no memory here; detection keeps its taint.
      work.put(key, rest.ended === true && rest.live.length === 0 && rest.slept.length === 0 ? undefined : rest);
    } else if (entity.type === 'agent') {
      const key = agentKey(tenant, entity.id);
      const incidents = (work.get<AgentState>(key)?.incidents ?? []).filter((each) => each.id !== id);
      work.put(key, incidents.length === 0 ? undefined : { incidents });
    }
  }
  for (const trace of incident.traceIds) {
    const key = traceKey(tenant, trace);
    if (work.get<{ incidentId: string }>(key)?.incidentId === id) work.put(key, undefined);
  }
}

export function createRespondMachine(options: RespondOptions): RespondMachine {
  return new Response(options);
}
