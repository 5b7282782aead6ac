/** A respond machine in event time with its decision point, for tests. */
import type { Contraction } from '../../schemas/contraction.js';
import type { EntityRef } from '../../schemas/entity.js';
import type { Finding } from '../../schemas/finding.js';
import type { Incident } from '../../schemas/incident.js';
import type { Command, Signal } from '../../schemas/signal.js';
import type { AuditEntry } from '../../schemas/audit.js';
import { ContractionIndex } from '../../services/policy/contraction-index.js';
import { createRespondMachine, type RespondMachine, type RespondOptions } from '../../services/respond/machine.js';
import { describeDiagnostic } from '../../services/respond/playbook/diagnostic.js';
import { compilePlaybooks } from '../../services/respond/playbook/load.js';
import type { CompiledPlaybook } from '../../services/respond/playbook/types.js';
import { Stepper } from '../../services/runtime/stepper.js';
import type { AnyOutgoing } from '../../services/runtime/stream/types.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const START = Date.UTC(2030, 0, 1);

/** Compiles what is written, in enforce mode; a fault fails the test. */
export function playbooksOf(...texts: string[]): CompiledPlaybook[] {
  const sources = texts.map((text, index) => ({
    file: `p${index}.yaml`,
    text: `apiVersion: stepdown/v1\nkind: Playbook\n${text}`,
  }));
  const { playbooks, diagnostics } = compilePlaybooks(sources, undefined);
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map(describeDiagnostic);
  if (errors.length > 0) throw new Error(errors.join('\n'));
  return playbooks;
}

export const QUIET = `
id: quiet
title: Quiet playbook
version: 1
mode: enforce
trigger: {finding: injection.indirect}
target: session
contract: [{tool.block: {tools: [send_*]}}]
revert: {until: {quiet: {below: 30, for: 10m}}, max: 4h}
incident: {severity: high}
`;
export const SESSION = `
id: session
title: Session playbook
version: 1
mode: enforce
trigger: {finding: taint.sink}
target: session
contract: [{tool.block: {tools: predicted, orElse: {effects: [send]}}}]
revert: {until: sessionEnd, max: 24h, atMax: {active: page}}
incident: {severity: high}
`;

let counter = 0;
export function finding(more: Partial<Finding> & { session?: string; agent?: string } = {}): Finding {
  const { session = 's1', agent = 'a1', ...rest } = more;
  counter += 1;
  return {
    schemaVersion: 1,
    id: `f${counter}`,
    tenant: 'default',
    detector: 'injection',
    codeVersion: '1',
    type: 'injection.indirect',
    title: 'Something is wrong',
    entity: { tenant: 'default', type: 'session', id: session },
    primary: true,
    eventId: `e${counter}`,
    agentId: agent,
    sessionId: session,
    userId: 'u1',
    trust: 'authenticated',
    timeMs: START,
    confidence: 0.9,
    severity: 'high',
    evidence: { observed: 'x', eventIds: [`e${counter}`] },
    atlas: ['AML.T0051.001'],
    owasp: ['ASI01'],
    pillar: 'applications',
    ...rest,
  };
}

export class Rig {
  machine: RespondMachine;
  stepper: Stepper<Signal>;
  readonly options: Omit<RespondOptions, 'playbooks'>;
  readonly index = new ContractionIndex();
  readonly contractions = new Map<string, Contraction>();
  readonly incidents = new Map<string, Incident>();
  readonly audit: AuditEntry[] = [];
  outputs: AnyOutgoing[] = [];
  nowMs = START;
  #commands = 0;

  constructor(playbooks: readonly CompiledPlaybook[], options: Partial<Omit<RespondOptions, 'playbooks'>> = {}) {
    this.options = { riskHalfLifeMs: 10 * MINUTE, leaseMs: 5 * MINUTE, incidentsPerPlaybookPerHour: 20, ...options };
    this.machine = createRespondMachine({ playbooks, ...this.options });
    this.stepper = new Stepper({ machine: this.machine });
    this.stepper.advance(START);
  }

  #take(outputs: AnyOutgoing[]): AnyOutgoing[] {
    this.outputs.push(...outputs);
    for (const output of outputs) {
      if (output.topic === 'incidents') this.incidents.set(output.value.id, output.value);
      if (output.topic === 'audit') this.audit.push(output.value);
      if (output.topic === 'contractions' && output.value.kind === 'contraction') {
        this.contractions.set(output.value.contraction.id, output.value.contraction);
        this.index.apply(output.value.contraction, this.nowMs);
      }
    }
    return outputs;
  }

  feed(signal: Signal): AnyOutgoing[] {
    this.nowMs = Math.max(this.nowMs, signal.timeMs);
    return this.#take(this.stepper.feed(signal));
  }

  /** Time passes, timer by timer, as it would live. */
  pass(ms: number): void {
    const until = this.nowMs + ms;
    for (let due = this.stepper.nextDueMs(); due !== undefined && due <= until; due = this.stepper.nextDueMs()) {
      this.nowMs = Math.max(this.nowMs, due);
      this.#take(this.stepper.advance(this.nowMs));
    }
    this.nowMs = until;
    this.#take(this.stepper.advance(until));
  }

  find(more: Parameters<typeof finding>[0] = {}): Finding {
    const made = finding({ timeMs: this.nowMs, ...more });
    this.feed({ kind: 'finding', tenant: made.tenant, timeMs: this.nowMs, finding: made });
    return made;
  }

  session(state: 'ended' | 'resumed', sessionId = 's1', idle = false): void {
    const more = idle ? { idle } : {};
    this.feed({ kind: 'session', tenant: 'default', timeMs: this.nowMs, state, sessionId, agentId: 'a1', ...more });
  }

  attempt(...contractionIds: string[]): void {
    this.feed({
      kind: 'attempt',
      tenant: 'default',
      timeMs: this.nowMs,
      contractionIds,
      agentId: 'a1',
      sessionId: 's1',
      action: 'send_mail',
      eventId: 'call',
      decisionId: 'd',
    });
  }

  command(command: Command, by = 'ann'): { ok: boolean; message: string } | undefined {
    this.#commands += 1;
    const id = `command-${this.#commands}`;
    const outputs = this.feed({
      kind: 'command',
      tenant: 'default',
      timeMs: this.nowMs,
      id,
      by,
      reason: 'because',
      command,
      replyTo: 'cli',
    });
    for (const output of outputs)
      if (output.topic === 'contractions' && output.value.kind === 'barrier' && output.value.eventId === id)
        return output.value.outcome;
    return undefined;
  }

  /** The process ends and another begins with what was stored. */
  restart(playbooks: readonly CompiledPlaybook[] = this.machine.playbooks): void {
    const { states, timers } = JSON.parse(JSON.stringify(this.stepper.snapshot())) as ReturnType<
      Stepper<Signal>['snapshot']
    >;
    this.machine = createRespondMachine({ playbooks, ...this.options });
    this.stepper = new Stepper({ machine: this.machine, initial: { states, timers } });
    this.stepper.clock.advance(this.nowMs);
  }

  live(): Contraction[] {
    return [...this.contractions.values()].filter(({ state }) => state !== 'ended');
  }

  active(target?: EntityRef): Contraction[] {
    return this.live().filter(
      (contraction) => contraction.state === 'active' && (target === undefined || contraction.target.id === target.id),
    );
  }

  state(key: string): unknown {
    return this.stepper.states.get(key);
  }
}
