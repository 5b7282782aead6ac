/**
 * A playbook's own tests: its timeline is played to the real machine in event time, its calls are decided by the real
 * policy, and calls that are stopped count as attempts, as they do live. Nothing outside is touched.
 *
 * The playbook is rehearsed in `enforce` mode, alone, with a risk half-life of 10 minutes.
 */
import type { Contraction } from '../../../schemas/contraction.js';
import type { Verdict } from '../../../schemas/decision.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import type { PlaybookTest, TestStep } from '../../../schemas/playbook.js';
import type { Signal } from '../../../schemas/signal.js';
import { ContractionIndex } from '../../policy/contraction-index.js';
import { decide } from '../../policy/decide.js';
import { Baseline } from '../../policy/effective.js';
import { parseDuration } from '../../runtime/config/duration.js';
import { shortHash } from '../../runtime/hash.js';
import { Stepper } from '../../runtime/stepper.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';
import { createRespondMachine } from '../machine.js';
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
}

/** Any moment will do; a round one reads well in messages. */
const START_MS = Date.UTC(2030, 0, 1);
const LEASE_MS = 300_000;

class Rehearsal {
  readonly #stepper: Stepper<Signal>;
  readonly #index = new ContractionIndex({ sharedClock: true });
  readonly #contractions = new Map<string, Contraction>();
  readonly #incidents = new Map<string, Incident>();
  readonly #playbook: CompiledPlaybook;
  #nowMs = START_MS;
  #signals = 0;

  constructor(playbook: CompiledPlaybook) {
    this.#playbook = playbook;
    const machine = createRespondMachine({
      playbooks: [inMode(playbook, 'enforce')],
      riskHalfLifeMs: 600_000,
      leaseMs: LEASE_MS,
      incidentsPerPlaybookPerHour: 20,
    });
    this.#stepper = new Stepper({ machine });
    this.#stepper.advance(START_MS);
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

  #finding(given: NonNullable<TestStep['finding']>): Finding {
    const sessionId = given.session ?? 'session-1';
    const agentId = given.agent ?? 'agent-1';
    const predicted = given.predicted?.map(({ tool, destination, probability }) => ({
      tool,
      ...(destination === undefined ? {} : { destination }),
      probability: probability ?? 0.9,
    }));
    return {
      schemaVersion: 1,
      id: shortHash('rehearsal', String(this.#signals)),
      tenant: 'default',
      detector: given.type.split('.')[0] ?? 'test',
      codeVersion: '1',
      type: given.type,
      title: given.type,
      entity: { tenant: 'default', type: 'session', id: sessionId },
      primary: true,
      eventId: `event-${this.#signals}`,
      agentId,
      sessionId,
      userId: 'user-1',
      blueprint: 'blueprint-1',
      ...(given.tool === undefined ? {} : { tool: given.tool }),
      model: 'model-1',
      trust: given.trust ?? 'authenticated',
      timeMs: this.#nowMs,
      confidence: given.confidence ?? 0.95,
      severity: given.severity ?? 'high',
      evidence: {
        observed: given.type,
        eventIds: [`event-${this.#signals}`],
        ...(given.facts ? { facts: given.facts } : {}),
      },
      ...(given.origin === undefined ? {} : { origin: given.origin }),
      ...(predicted ? { predicted } : {}),
      atlas: [],
      owasp: [],
      pillar: 'applications',
      ...(given.learning === undefined ? {} : { learning: given.learning }),
    };
  }

  #onFinding(given: NonNullable<TestStep['finding']>): void {
    const finding = this.#finding(given);
    const { tenant, agentId } = finding;
    const others = [
      { tenant, type: 'agent' as const, id: agentId },
      ...(finding.tool === undefined ? [] : [{ tenant, type: 'tool' as const, id: finding.tool }]),
      { tenant, type: 'user' as const, id: 'user-1' },
    ];
    // One copy per entity, as detection sends them; the primary one last, so that every score is there when it fires.
    for (const entity of others)
      this.#feed({
        kind: 'finding',
        tenant,
        timeMs: this.#nowMs,
        finding: { ...finding, id: `${finding.id}/${entity.type}`, entity, primary: false },
      });
    this.#feed({ kind: 'finding', tenant, timeMs: this.#nowMs, finding });
  }

  #onCall(given: NonNullable<TestStep['call']>): Verdict {
    const agentId = given.agent ?? 'agent-1';
    const sessionId = given.session ?? 'session-1';
    const decision = decide(
      {
        tenant: 'default',
        kind: 'tool',
        name: given.tool,
        arguments: given.arguments,
        effects: given.effects ?? [],
        agentId,
        sessionId,
        userId: 'user-1',
        blueprint: 'blueprint-1',
        model: 'model-1',
      },
      { baseline: new Baseline(), contractions: this.#index, rate: () => 0 },
      this.#nowMs,
    );
    if (decision.contractions.length > 0) {
      const eventId = `event-${this.#signals}`;
      this.#feed({
        kind: 'attempt',
        tenant: 'default',
        timeMs: this.#nowMs,
        contractionIds: decision.contractions,
        agentId,
        sessionId,
        action: given.tool,
        eventId,
        decisionId: eventId,
      });
    }
    return decision.verdict;
  }

  #onVerdict(verdict: 'true' | 'false' | 'benign'): void {
    for (const { id, status } of this.#incidents.values()) {
      if (status !== 'closed')
        this.#feed({
          kind: 'command',
          tenant: 'default',
          timeMs: this.#nowMs,
          id: `command-${this.#signals}`,
          by: 'tester',
          reason: 'test',
          command: { do: 'close-incident', incidentId: id, verdict },
        });
    }
  }

  play(step: TestStep, index: number): RehearsalFault[] {
    const atMs = step.at === undefined ? this.#nowMs : START_MS + (parseDuration(step.at) ?? 0);
    if (atMs < this.#nowMs)
      return [{ step: index, expected: 'a time at or after the step before', got: step.at ?? '' }];
    this.#passUntil(atMs);
    const base = { tenant: 'default', timeMs: this.#nowMs };
    if (step.finding) this.#onFinding(step.finding);
    if (step.session)
      this.#feed({ ...base, kind: 'session', state: step.session, sessionId: 'session-1', agentId: 'agent-1' });
    if (step.alert)
      this.#feed({
        ...base,
        kind: 'alert',
        alertId: step.alert.id,
        state: step.alert.state,
        agentId: 'agent-1',
        sessionId: 'session-1',
        title: step.alert.title ?? step.alert.id,
      });
    if (step.verdict) this.#onVerdict(step.verdict);
    const answer = step.call ? this.#onCall(step.call) : undefined;
    return this.#check(step, index, answer);
  }

  #check({ expect }: TestStep, step: number, answer: Verdict | undefined): RehearsalFault[] {
    if (!expect) return [];
    const own = [...this.#contractions.values()].filter(({ playbook }) => playbook?.id === this.#playbook.id);
    const got: Record<keyof typeof expect, string | number | undefined> = {
      answer,
      active: own.filter(({ state }) => state === 'active').length,
      contractions: own.length,
      incidents: this.#incidents.size,
    };
    return Object.entries(expect).flatMap(([name, wanted]) => {
      const actual = got[name as keyof typeof expect];
      return actual === wanted
        ? []
        : [{ step, expected: `${name}: ${String(wanted)}`, got: `${name}: ${String(actual)}` }];
    });
  }
}

/** Plays one test. Deterministic; takes some milliseconds. */
export function testPlaybook(playbook: CompiledPlaybook, test: PlaybookTest): RehearsalResult {
  const rehearsal = new Rehearsal(playbook);
  const faults = test.timeline.flatMap((step, index) => rehearsal.play(step, index));
  return { test: test.name, passed: faults.length === 0, faults };
}

/** All tests of a playbook, in order. */
export function testPlaybooks(
  playbooks: readonly CompiledPlaybook[],
): { playbook: CompiledPlaybook; results: RehearsalResult[] }[] {
  return playbooks.map((playbook) => ({
    playbook,
    results: playbook.tests.map((test) => testPlaybook(playbook, test)),
  }));
}
