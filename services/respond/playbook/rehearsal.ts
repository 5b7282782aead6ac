/**
 * A playbook's own tests: its timeline is played to the real machine in event time, its calls are decided by the real
 * policy, and calls that are stopped count as attempts, as they do live. Nothing outside is touched.
 *
 * The playbook is rehearsed in `enforce` mode, alone with the correlations, with a risk half-life of 10 minutes.
 */
import type { Contraction } from '../../../schemas/contraction.js';
import type { Verdict } from '../../../schemas/decision.js';
import type { Check, Explanation } from '../../../schemas/explanation.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import type { Expectation, PlaybookTest, TestStep } from '../../../schemas/playbook-test.js';
import type { Command, Signal } from '../../../schemas/signal.js';
import { callEffects } from '../../inspect/tool-effects.js';
import { ContractionIndex } from '../../policy/contraction-index.js';
import { decide } from '../../policy/decide.js';
import { Baseline } from '../../policy/effective.js';
import { parseDuration } from '../../runtime/config/duration.js';
import { shortHash } from '../../runtime/hash.js';
import { Stepper } from '../../runtime/stepper.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';
import { EXPLANATIONS } from '../keys.js';
import { createRespondMachine } from '../machine.js';
import type { CompiledCorrelation } from './correlation.js';
import { expectationFaults, type Outcome } from './expectation.js';
import { idleReason } from './idle-reason.js';
import { inMode } from './mode.js';
import type { CompiledPlaybook } from './types.js';

export interface RehearsalFault {
  /** Place in the timeline, from 0. */
  step: number;
  expected: string;
  got: string;
}
export interface RehearsalResult {
  test: string;
  passed: boolean;
  faults: RehearsalFault[];
  /** Why it was not run; it has then not passed. */
  skipped?: string;
}

/** Any moment will do; a round one reads well in messages. */
const START_MS = Date.UTC(2030, 0, 1);
const LEASE_MS = 300_000;
const TENANT = 'default';

type FindingStep = NonNullable<TestStep['finding']>;

interface Cast {
  playbooks: readonly CompiledPlaybook[];
  correlations: readonly CompiledCorrelation[];
  /** Whose contractions expectations count; left out: all. */
  own?: CompiledPlaybook;
  startMs: number;
}

type Answer = Pick<ReturnType<typeof decide>, 'verdict' | 'contractions' | 'reason'>;

class Rehearsal {
  readonly #stepper: Stepper<Signal>;
  readonly #index = new ContractionIndex({ sharedClock: true });
  readonly #contractions = new Map<string, Contraction>();
  readonly #incidents = new Map<string, Incident>();
  /** Keys of explanations that were given. */
  readonly #told = new Set<string>();
  readonly #cast: Cast;
  readonly #startMs: number;
  #nowMs: number;
  #signals = 0;

  constructor(cast: Cast) {
    const { playbooks, correlations, startMs } = cast;
    this.#cast = cast;
    this.#startMs = startMs;
    this.#nowMs = startMs;
    const machine = createRespondMachine({
      playbooks,
      correlations,
      riskHalfLifeMs: 600_000,
      leaseMs: LEASE_MS,
      incidentsPerPlaybookPerHour: 20,
    });
    this.#stepper = new Stepper({ machine });
    this.#stepper.advance(startMs);
  }

  #take(outputs: readonly AnyOutgoing[]): void {
    for (const output of outputs) {
      if (output.topic === 'incidents') this.#incidents.set(output.value.id, output.value);
      if (output.topic !== 'contractions' || output.value.kind !== 'contraction') continue;
      const { contraction } = output.value;
      this.#contractions.set(contraction.id, contraction);
      this.#index.apply(contraction, this.#nowMs);
    }
  }

  #feed(signal: Signal): void {
    this.#signals += 1;
    this.#take(this.#stepper.feed(signal));
  }

  /** Time passes in steps no longer than half a lease, so that renewals reach the decision point as they would live. */
  #passUntil(atMs: number): void {
    while (this.#nowMs < atMs) {
      this.#nowMs = Math.min(atMs, Math.max(this.#nowMs + 1, this.#stepper.nextDueMs() ?? atMs));
      this.#take(this.#stepper.advance(this.#nowMs));
    }
  }

  #finding(given: FindingStep): Finding {
    const sessionId = given.session ?? 'session-1';
    const agentId = given.agent ?? 'agent-1';
    const predicted = given.predicted?.map(({ tool, destination, probability }) => ({
      tool,
      ...(destination === undefined ? {} : { destination }),
      probability: probability ?? 0.9,
    }));
    const tags = this.#cast.own?.tags ?? [];
    return {
      schemaVersion: 1,
      id: shortHash('rehearsal', String(this.#signals)),
      tenant: TENANT,
      detector: given.detector ?? given.type.split('.')[0] ?? 'test',
      codeVersion: '1',
      type: given.type,
      title: given.type,
      entity: { tenant: TENANT, type: 'session', id: sessionId },
      primary: true,
      eventId: `event-${this.#signals}`,
      agentId,
      sessionId,
      userId: given.user ?? 'user-1',
      blueprint: given.blueprint ?? 'blueprint-1',
      ...(given.tool === undefined ? {} : { tool: given.tool }),
      model: given.model ?? 'model-1',
      ...(given.peers ? { peers: given.peers.map((peer) => ({ tenant: TENANT, ...peer })) } : {}),
      ...(given.neighbours ? { neighbours: given.neighbours } : {}),
      trust: given.trust ?? 'authenticated',
      timeMs: this.#nowMs,
      confidence: given.confidence ?? 0.95,
      severity: given.severity ?? 'high',
      evidence: {
        observed: given.observed ?? given.type,
        eventIds: [`event-${this.#signals}`],
        ...(given.sampleSize === undefined ? {} : { sampleSize: given.sampleSize }),
        ...(given.facts ? { facts: given.facts } : {}),
      },
      ...(given.origin === undefined ? {} : { origin: given.origin }),
      ...(predicted ? { predicted } : {}),
      atlas: tags.filter((tag) => tag.startsWith('atlas.')).map((tag) => tag.slice('atlas.'.length)),
      owasp: tags.filter((tag) => tag.startsWith('owasp.')).map((tag) => tag.slice('owasp.'.length)),
      pillar: 'applications',
      ...(given.learning === undefined ? {} : { learning: given.learning }),
    };
  }

  #onFinding(given: FindingStep): void {
    for (let time = 0; time < (given.times ?? 1); time += 1) {
      if (time > 0 && given.every !== undefined) this.#passUntil(this.#nowMs + (parseDuration(given.every) ?? 0));
      this.#feedFinding(this.#finding(given));
    }
  }

  #feedFinding(finding: Finding): void {
    const { tenant, agentId, userId, tool } = finding;
    const others = [
      { tenant, type: 'agent' as const, id: agentId },
      ...(tool === undefined ? [] : [{ tenant, type: 'tool' as const, id: tool }]),
      ...(userId === undefined ? [] : [{ tenant, type: 'user' as const, id: userId }]),
    ];
    const base = { kind: 'finding' as const, tenant, timeMs: this.#nowMs };
    // One copy per entity, as detection sends them; the primary one last, so that every score is there when it fires.
    for (const entity of others)
      this.#feed({ ...base, finding: { ...finding, id: `${finding.id}/${entity.type}`, entity, primary: false } });
    this.#feed({ ...base, finding });
  }

  #decide(given: NonNullable<TestStep['call']>): Answer {
    return decide(
      {
        tenant: TENANT,
        kind: 'tool',
        name: given.tool,
        arguments: given.arguments,
        // As live: told from its name and arguments where nobody says what it does.
        effects: given.effects ?? callEffects({ name: given.tool, arguments: given.arguments }),
        agentId: given.agent ?? 'agent-1',
        sessionId: given.session ?? 'session-1',
        userId: given.user ?? 'user-1',
        blueprint: 'blueprint-1',
        model: given.model ?? 'model-1',
      },
      { baseline: new Baseline(), contractions: this.#index, rate: () => 0 },
      this.#nowMs,
    );
  }

  #onCall(given: NonNullable<TestStep['call']>): Answer {
    const decision = this.#decide(given);
    if (decision.contractions.length > 0) {
      const eventId = `event-${this.#signals}`;
      this.#feed({
        kind: 'attempt',
        tenant: TENANT,
        timeMs: this.#nowMs,
        contractionIds: [...decision.contractions],
        agentId: given.agent ?? 'agent-1',
        sessionId: given.session ?? 'session-1',
        action: given.tool,
        eventId,
        decisionId: eventId,
      });
    }
    return decision;
  }

  #command(command: Command): void {
    this.#feed({
      kind: 'command',
      tenant: TENANT,
      timeMs: this.#nowMs,
      id: `command-${this.#signals}`,
      by: 'tester',
      reason: 'test',
      command,
    });
  }

  #onPerson(act: NonNullable<TestStep['person']>): void {
    if (act === 'pause' || act === 'resume') {
      this.#command({ do: act });
      return;
    }
    for (const { id, state } of this.#own()) {
      if (act === 'approve' && state === 'awaiting_approval') this.#command({ do: 'approve', contractionId: id });
      if (act !== 'approve' && state === 'active')
        this.#command({ do: 'lift', contractionId: id, ...(act === 'lift-1h' ? { suppressMs: 3_600_000 } : {}) });
    }
  }

  #onAlert({ id, state, title, severity, trust, agent, session, user }: NonNullable<TestStep['alert']>): void {
    this.#feed({
      kind: 'alert',
      tenant: TENANT,
      timeMs: this.#nowMs,
      agentId: agent ?? 'agent-1',
      sessionId: session ?? 'session-1',
      userId: user ?? 'user-1',
      alertId: id,
      state,
      title: title ?? id,
      ...(severity === undefined ? {} : { severity }),
      ...(trust === undefined ? {} : { trust }),
    });
  }

  #onVerdict(verdict: 'true' | 'false' | 'benign'): void {
    for (const { id, status } of this.#incidents.values())
      if (status !== 'closed') this.#command({ do: 'close-incident', incidentId: id, verdict });
  }

  #own(): Contraction[] {
    const { own } = this.#cast;
    return [...this.#contractions.values()].filter(({ playbook }) => own === undefined || playbook?.id === own.id);
  }

  play(step: TestStep, index: number): RehearsalFault[] {
    const atMs = step.at === undefined ? this.#nowMs : this.#startMs + (parseDuration(step.at) ?? 0);
    if (atMs < this.#nowMs)
      return [{ step: index, expected: 'a time at or after the step before', got: step.at ?? '' }];
    this.#passUntil(atMs);
    const base = { tenant: TENANT, timeMs: this.#nowMs, sessionId: 'session-1', agentId: 'agent-1' };
    if (step.finding) this.#onFinding(step.finding);
    if (step.session) this.#feed({ ...base, kind: 'session', state: step.session });
    if (step.alert) this.#onAlert(step.alert);
    if (step.verdict) this.#onVerdict(step.verdict);
    if (step.person) this.#onPerson(step.person);
    const answer = step.call ? this.#onCall(step.call) : undefined;
    return this.check(step.expect, index, answer);
  }

  check(expect: Expectation | undefined, step: number, answer?: Answer): RehearsalFault[] {
    if (!expect) return [];
    const { own } = this.#cast;
    const outcome: Outcome = {
      ...(answer === undefined ? {} : { answer: answer.verdict, because: answer.reason.text }),
      contractions: this.#own(),
      incidents: [...this.#incidents.values()],
      reasons: () => this.#reasons(),
      whyIdle: () => own && idleReason(own, this.#explanations().values()),
      verdictOf: (tool) => this.#decide({ tool, ...this.#lastCall(tool) }).verdict,
    };
    return expectationFaults(expect, outcome).map((fault) => ({ step, ...fault }));
  }

  /** A tool named in an expectation is asked for as the timeline asked for it, if it did. */
  readonly #calls = new Map<string, Omit<NonNullable<TestStep['call']>, 'tool'>>();
  #lastCall(tool: string): Omit<NonNullable<TestStep['call']>, 'tool'> {
    return this.#calls.get(tool) ?? {};
  }
  know(steps: readonly TestStep[]): void {
    for (const { call } of steps) if (call && !this.#calls.has(call.tool)) this.#calls.set(call.tool, call);
  }

  /** What is so now, and what every playbook made of the findings since it was asked last. */
  moment(): Omit<SimulatedMoment, 'step' | 'answer'> {
    const explanations = [...this.#explanations()].filter(([key]) => !this.#told.has(key));
    for (const [key] of explanations) this.#told.add(key);
    return {
      nowMs: this.#nowMs,
      contractions: [...this.#contractions.values()],
      explanations: explanations.map(([, each]) => each),
    };
  }

  call(given: NonNullable<TestStep['call']>): Verdict {
    return this.#decide(given).verdict;
  }

  /** Of every finding so far, also of those that correlations made; the oldest first. */
  #explanations(): Map<string, Explanation> {
    const { states } = this.#stepper.snapshot();
    return new Map(
      states.flatMap(([key, value]): [string, Explanation][] =>
        key.startsWith(EXPLANATIONS) ? [[key, value as Explanation]] : [],
      ),
    );
  }

  #reasons(): string[] {
    const failed = (checks: readonly Check[]): string[] =>
      checks.flatMap((check) => [...(check.pass ? [] : [check.text]), ...failed(check.parts ?? [])]);
    const explained = [...this.#explanations().values()].flatMap(({ playbooks }) =>
      playbooks.flatMap(({ checks }) => failed(checks)),
    );
    return [...explained, ...[...this.#incidents.values()].flatMap(({ timeline }) => timeline.map(({ text }) => text))];
  }
}

/** Plays one test. Deterministic; takes some milliseconds. One that reads recorded events is not for this function. */
export function testPlaybook(
  playbook: CompiledPlaybook,
  test: PlaybookTest,
  correlations: readonly CompiledCorrelation[] = [],
): RehearsalResult {
  if (test.events !== undefined)
    return {
      test: test.name,
      passed: false,
      faults: [],
      skipped: 'it reads recorded events: run `stepdown playbook test`',
    };
  const startMs = test.begins === undefined ? START_MS : Date.parse(test.begins);
  const rehearsal = new Rehearsal({ playbooks: [inMode(playbook, 'enforce')], correlations, own: playbook, startMs });
  const timeline = test.timeline ?? [];
  rehearsal.know(timeline);
  const faults = timeline.flatMap((step, index) => rehearsal.play(step, index));
  const end = test.advance === undefined ? [] : rehearsal.play({ at: test.advance }, timeline.length);
  return finished(test, [...faults, ...end, ...rehearsal.check(test.expect, timeline.length)]);
}

function finished(test: PlaybookTest, faults: RehearsalFault[]): RehearsalResult {
  return { test: test.name, passed: faults.length === 0, faults };
}

/** What a set of playbooks made of one step of a scenario. */
export interface SimulatedMoment {
  step: TestStep;
  nowMs: number;
  /** Of the step's call. */
  answer: Verdict | undefined;
  /** All that were made so far, as they are now. */
  contractions: readonly Contraction[];
  explanations: readonly Explanation[];
}

/**
 * Plays an attack, written as the timeline of a test, to a whole set of playbooks in the modes they have. Whose test it
 * is lends the findings their ATLAS and OWASP tags.
 */
export function simulate(
  playbooks: readonly CompiledPlaybook[],
  correlations: readonly CompiledCorrelation[],
  scenario: { test: PlaybookTest; of: CompiledPlaybook },
): SimulatedMoment[] {
  const { test, of } = scenario;
  const startMs = test.begins === undefined ? START_MS : Date.parse(test.begins);
  const rehearsal = new Rehearsal({ playbooks, correlations, own: of, startMs });
  return (test.timeline ?? []).map((step) => {
    const { expect: _, ...plain } = step;
    // Asked before it is played: an attempt may change what comes after it, not its own answer.
    rehearsal.play({ ...(plain.at === undefined ? {} : { at: plain.at }) }, 0);
    const answer = plain.call === undefined ? undefined : rehearsal.call(plain.call);
    rehearsal.play(plain, 0);
    return { step, answer, ...rehearsal.moment() };
  });
}
