/**
 * Response: signals and timers in; contractions, incidents and audit out. Pure (runtime/machine.ts): the same signals at
 * the same times give the same records under the same ids, however often it is stopped in between.
 */
import type { Contraction } from '../../schemas/contraction.js';
import type { Finding } from '../../schemas/finding.js';
import type { Signal } from '../../schemas/signal.js';
import { shortHash } from '../runtime/hash.js';
import type { Ledger, Machine, States, StepContext } from '../runtime/machine.js';
import { runCommand } from './command.js';
import { onDue } from './due.js';
import { stepEffect } from './effects.js';
import { liveKeys, sessionKey } from './keys.js';
import { latestLookMs } from './lease.js';
import { PlaybookSet } from './match.js';
import type { CompiledCorrelation } from './playbook/correlation.js';
import type { CompiledPlaybook } from './playbook/types.js';
import { countAgent, onAlert, onAttempt, onFinding } from './reaction.js';
import { getter, keysOfPreview, keysOfSignal, keysOfTimer, type PreviewSubject } from './reach.js';
import { stepSession } from './session.js';
import type { RespondOptions, Situation } from './situation.js';
import type { SessionState } from './states.js';
import { contractionTimer, type TimerPayload, Workspace } from './workspace.js';

export type { PreviewSubject } from './reach.js';
export type { RespondOptions } from './situation.js';

export interface RespondMachine extends Machine<Signal> {
  /** New playbooks from the next signal on; active contractions stay with the version that made them. */
  reload(playbooks: readonly CompiledPlaybook[], correlations?: readonly CompiledCorrelation[]): void;
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

/** Every contraction that is not over has a timer: without one its lease would never be carried on, nor ended. */
const LEDGER: Ledger = {
  prefix: liveKeys,
  partitionKeyOf: (value) => (value as Contraction).tenant,
  timerOf(value) {
    const contraction = value as Contraction;
    const { tenant, id } = contraction;
    const dueMs = latestLookMs(contraction);
    if (dueMs === undefined) return undefined;
    return {
      id: contractionTimer(tenant, id),
      dueMs,
      payload: { about: 'contraction', tenant, id } satisfies TimerPayload,
    };
  },
};

class Response implements RespondMachine {
  readonly name = 'respond';
  readonly ledger = LEDGER;
  #situation: Situation;

  constructor(options: RespondOptions) {
    this.#situation = { options, set: new PlaybookSet(options.playbooks, options.correlations) };
  }

  get playbooks(): readonly CompiledPlaybook[] {
    return this.#situation.set.all;
  }

  reload(playbooks: readonly CompiledPlaybook[], correlations: readonly CompiledCorrelation[] = []): void {
    const options = { ...this.#situation.options, playbooks, correlations };
    this.#situation = { options, set: new PlaybookSet(playbooks, correlations) };
  }

  timeOf(signal: Signal): number {
    return signal.timeMs;
  }

  keys(signal: Signal, states: Pick<States, 'get'>): string[] {
    return keysOfSignal(this.#situation.set, signal, getter(states));
  }

  previewKeys(subject: PreviewSubject, states: Pick<States, 'get'>): string[] {
    return keysOfPreview(this.#situation.set, subject, getter(states));
  }

  timerKeys(timer: { id: string; payload?: unknown }, states: Pick<States, 'get'>): string[] {
    return keysOfTimer(this.#situation.set, timer.payload as TimerPayload, getter(states));
  }

  step(signal: Signal, context: StepContext): void {
    const work = this.#workspace(context.states, context.nowMs, true);
    this.#handle(signal, work);
    work.commit(context);
  }

  onTimer(timer: { id: string; dueMs: number; payload?: unknown }, context: StepContext): void {
    const work = this.#workspace(context.states, context.nowMs, true);
    onDue(this.#situation, timer, work);
    work.commit(context);
  }

  #workspace(states: Pick<States, 'get'>, nowMs: number, explains = false): Workspace {
    const { riskHalfLifeMs, points } = this.#situation.options;
    return new Workspace(states, nowMs, riskHalfLifeMs, points, explains);
  }

  #handle(signal: Signal, work: Workspace): void {
    const { leaseMs } = this.#situation.options;
    switch (signal.kind) {
      case 'finding':
        onFinding(this.#situation, signal.finding, work);
        return;
      case 'attempt':
        onAttempt(this.#situation, signal, work);
        return;
      case 'session':
        countAgent(signal.tenant, signal.agentId, work);
        stepSession(signal, work, leaseMs);
        return;
      case 'alert':
        onAlert(this.#situation, signal, work);
        return;
      case 'command':
        runCommand(work, signal, leaseMs);
        return;
      case 'effect':
        stepEffect(signal, work);
        return;
      case 'barrier':
        work.emitLast({
          topic: 'contractions',
          key: shortHash(signal.tenant, signal.replyTo),
          value: { kind: 'barrier', tenant: signal.tenant, eventId: signal.eventId, replyTo: signal.replyTo },
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
    const sleeps = (session?.ended === true || session?.idle === true) && session.slept.length > 0;
    if (findings.length === 0 && !sleeps) return [];
    const work = this.#workspace(states, nowMs);
    if (subject && sleeps)
      stepSession(
        { kind: 'session', ...subject, timeMs: nowMs, state: 'resumed' },
        work,
        this.#situation.options.leaseMs,
      );
    for (const finding of findings) onFinding(this.#situation, finding, work);
    return work.changedContractions().filter(({ mode, state }) => mode === 'enforce' && state === 'active');
  }
}

export function createRespondMachine(options: RespondOptions): RespondMachine {
  return new Response(options);
}
