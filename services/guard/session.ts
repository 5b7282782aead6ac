/**
 * One conversation under guard. For every call: ask → wait for leave where it is needed → run → report → give the model
 * what it may see. An engine that does not answer is met as `whenUnreachable` says; the agent's process never fails
 * because of its guard.
 */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EffectClass } from '../../schemas/common.js';
import type { Sent } from './client.js';
import type { Line } from './line.js';
import type { Caller, CallOptions, Outcome } from './guarded-call.js';
import { GuardRefusal, type Refusal } from './refusal.js';
import { guardTools, type GuardableTools } from './tools.js';
import { traceContext } from './trace-context.js';

export interface Question {
  kind: 'tool' | 'model' | 'dataset' | 'agent';
  name: string;
  toolCallId?: string;
  arguments?: unknown;
  description?: string;
  effects?: readonly EffectClass[];
  signal?: AbortSignal | undefined;
}

export type Answer =
  | { allowed: true; decisionId?: string; /** The engine gave no answer; it is told afterwards. */ unasked?: true }
  | { allowed: false; refusal: Refusal };

/** Longer results are sent in part; what is left out is said. UTF-16 units. */
const MAX_RESULT_CHARS = 1_000_000;
const MIN_POLL_MS = 100;
const PROMPTS_REMEMBERED = 1_000;

interface EvaluationAnswer {
  decision?: unknown;
  context?: {
    id?: string;
    verdict?: string;
    refusal?: string;
    reason?: { text?: string };
    approval?: { id: string; retryAfterMs: number };
    effects?: EffectClass[];
  };
}
interface EventsAnswer {
  events?: {
    status: string;
    message?: string;
    result?: { visible: boolean | 'masked'; text?: string; reason: string; decisionId: string };
  }[];
}

export class Session implements Caller {
  readonly id: string | undefined;
  readonly user: string | undefined;
  readonly #line: Line;
  readonly #prompted = new Set<string>();

  constructor(line: Line, id: string | undefined, user: string | undefined) {
    this.#line = line;
    this.id = id;
    this.user = user;
  }

  /** Wraps tools of the Vercel AI SDK; names, types and everything but `execute` stay. */
  tools<T extends GuardableTools>(tools: T): T {
    return guardTools(tools, () => this, this.#line.settings.onNotice);
  }

  /** Wraps a function: it throws {@link GuardRefusal} where the call may not run or its result may not be seen. */
  wrap<A extends unknown[], R>(
    name: string,
    run: (...args: A) => R | PromiseLike<R>,
    options: CallOptions = {},
  ): (...args: A) => Promise<R> {
    return async (...args) => {
      const outcome = await this.call(name, args.length === 1 ? args[0] : args, () => run(...args), options);
      if (outcome.kind === 'refused') throw new GuardRefusal(outcome.refusal);
      return outcome.value as R;
    };
  }

  /** Tells what the user said. */
  async prompt(text: string): Promise<void> {
    await this.#tell([{ kind: 'prompt', text }]);
  }

  /**
   * Tells the user's words of a conversation, each once; who gives the whole history each time may do so. The same words
   * in the same conversation have the same id, so that a process that makes a session a request repeats nothing either.
   */
  async prompts(texts: readonly string[]): Promise<void> {
    const seen = new Map<string, number>();
    const fresh: Record<string, unknown>[] = [];
    for (const text of texts) {
      const ordinal = (seen.get(text) ?? 0) + 1;
      seen.set(text, ordinal);
      const key = createHash('sha256')
        .update(JSON.stringify([this.#line.settings.agent.id, this.id ?? null, ordinal, text]))
        .digest('hex');
      if (this.#prompted.has(key)) continue;
      if (this.#prompted.size >= PROMPTS_REMEMBERED) this.#prompted.clear();
      this.#prompted.add(key);
      fresh.push({ kind: 'prompt', text, ...(this.id === undefined ? {} : { id: `guard:${key.slice(0, 32)}` }) });
    }
    if (fresh.length > 0) await this.#tell(fresh);
  }

  /** Tells a result of a tool that something else ran, and says what of it may be shown. */
  async result(tool: string, value: unknown, options: { toolCallId?: string } = {}): Promise<Outcome<unknown>> {
    return this.#see(tool, value, { toolCallId: options.toolCallId ?? randomUUID() }, 0);
  }

  /** May this run now? Waits for a person where leave is needed. */
  async ask(question: Question): Promise<Answer> {
    const { settings } = this.#line;
    const trace = await traceContext();
    const declared = question.effects ?? settings.effects[question.name];
    const { id, ...agentProperties } = settings.agent;
    const body = {
      subject: { type: 'agent', id, properties: agentProperties },
      action: { name: 'call' },
      resource: {
        type: question.kind,
        id: question.name,
        properties: {
          ...(question.description === undefined ? {} : { description: question.description.slice(0, 2000) }),
          ...(declared === undefined ? {} : { effects: declared }),
        },
      },
      context: {
        ...(this.id === undefined ? {} : { conversation: this.id }),
        ...(question.toolCallId === undefined ? {} : { toolCallId: question.toolCallId }),
        ...(question.arguments === undefined ? {} : { arguments: question.arguments }),
        ...(this.user === undefined ? {} : { user: this.user }),
        ...(trace === undefined ? {} : { trace }),
        ...(settings.service === undefined ? {} : { service: settings.service }),
      },
    };
    const giveUpAt = performance.now() + settings.approvalWaitMs;
    for (;;) {
      const sent = await this.#line.send('/access/v1/evaluation', body, settings.timeoutMs, question.signal);
      if (sent.kind !== 'answer' || typeof (sent.body as EvaluationAnswer | undefined)?.decision !== 'boolean')
        return this.#unanswered(
          question,
          declared,
          sent.kind === 'answer' ? 'the answer is none that the guard can read' : sent.message,
        );
      const answer = sent.body as EvaluationAnswer;
      const context = answer.context ?? {};
      if (context.effects !== undefined) this.#line.learn(question.name, context.effects);
      if (answer.decision === true)
        return { allowed: true, ...(context.id === undefined ? {} : { decisionId: context.id }) };
      const { approval } = context;
      const pause = Math.max(MIN_POLL_MS, approval?.retryAfterMs ?? MIN_POLL_MS);
      if (approval === undefined || performance.now() + pause >= giveUpAt || question.signal?.aborted === true)
        return { allowed: false, refusal: refusalOf(question, context) };
      try {
        await sleep(pause, undefined, question.signal === undefined ? {} : { signal: question.signal });
      } catch {
        return { allowed: false, refusal: refusalOf(question, context) };
      }
    }
  }

  /** Asks, runs, reports. The tool's own errors are the tool's: they pass through, and are reported. */
  async call<T>(
    tool: string,
    args: unknown,
    run: () => T | PromiseLike<T>,
    options: CallOptions = {},
  ): Promise<Outcome<T>> {
    const toolCallId = options.toolCallId ?? randomUUID();
    const answer = await this.ask({
      kind: 'tool',
      name: tool,
      toolCallId,
      arguments: args,
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.effects === undefined ? {} : { effects: options.effects }),
      signal: options.signal,
    });
    if (!answer.allowed) return { kind: 'refused', refusal: answer.refusal };
    if (answer.unasked === true)
      this.#line.keepForLater([await this.#event({ kind: 'tool.call', tool, toolCallId, arguments: plain(args) })]);
    const startedAt = performance.now();
    let value: T;
    try {
      value = await run();
    } catch (error) {
      await this.#tell([
        {
          kind: 'tool.result',
          tool,
          toolCallId,
          errorType: error instanceof Error ? error.name : 'Error',
          text: error instanceof Error ? error.message.slice(0, 10_000) : String(error),
          durationMs: performance.now() - startedAt,
        },
      ]);
      throw error;
    }
    return this.#see(tool, value, { toolCallId }, performance.now() - startedAt);
  }

  async #see<T>(tool: string, value: T, call: { toolCallId: string }, durationMs: number): Promise<Outcome<T>> {
    const { settings } = this.#line;
    const text = textOf(value);
    const event = await this.#event({
      kind: 'tool.result',
      tool,
      toolCallId: call.toolCallId,
      text: text.slice(0, MAX_RESULT_CHARS),
      chars: text.length,
      durationMs,
      ...(text.length > MAX_RESULT_CHARS
        ? {
            skipped: [
              {
                check: 'inspection:/text',
                reason: `${text.length - MAX_RESULT_CHARS} of ${text.length} characters were not sent`,
              },
            ],
          }
        : {}),
    });
    // The question before the call had no answer a moment ago: its report is not waited for a second time.
    const sent: Sent = this.#line.reachable
      ? await this.#line.send('/v1/events', event, settings.resultTimeoutMs)
      : { kind: 'none', message: 'the engine does not answer' };
    const verdict = sent.kind === 'answer' ? (sent.body as EventsAnswer | undefined)?.events?.[0] : undefined;
    if (verdict?.result === undefined) {
      const reason = sent.kind === 'answer' ? (verdict?.message ?? 'the result was not judged') : sent.message;
      if (sent.kind === 'none') this.#line.keepForLater([event]);
      if (settings.whenUnreachable.results === 'show') return { kind: 'done', value };
      return {
        kind: 'refused',
        refusal: {
          stepdown: 'unreachable',
          message: `The result of "${tool}" could not be checked and is withheld.`,
          reason,
        },
      };
    }
    const { visible, reason, decisionId } = verdict.result;
    if (visible === true) return { kind: 'done', value };
    if (visible === 'masked' && verdict.result.text !== undefined)
      return { kind: 'masked', value: typeof value === 'string' ? verdict.result.text : parsed(verdict.result.text) };
    return {
      kind: 'refused',
      refusal: {
        stepdown: 'withheld',
        message: `"${tool}" ran, but its result is withheld by a security policy. Go on without it.`,
        reason,
        decisionId,
      },
    };
  }

  #unanswered(question: Question, declared: readonly EffectClass[] | undefined, reason: string): Answer {
    const { whenUnreachable } = this.#line.settings;
    const effects = this.#line.known(question.name) ?? declared;
    const reads =
      question.kind !== 'agent' &&
      (question.kind !== 'tool' ||
        (effects !== undefined && effects.length > 0 && effects.every((effect) => effect === 'read')));
    if ((reads ? whenUnreachable.reads : whenUnreachable.sideEffects) === 'allow')
      return { allowed: true, unasked: true };
    return {
      allowed: false,
      refusal: {
        stepdown: 'unreachable',
        message: `Not done: "${question.name}" could not be checked against the security policy and may change something. Go on with other work, or try again later.`,
        reason,
      },
    };
  }

  async #tell(told: Record<string, unknown>[]): Promise<void> {
    const events = await Promise.all(told.map((event) => this.#event(event)));
    const { reachable, settings } = this.#line;
    const sent: Sent = reachable
      ? await this.#line.send('/v1/events', events, settings.resultTimeoutMs)
      : { kind: 'none', message: 'the engine does not answer' };
    if (sent.kind === 'none') this.#line.keepForLater(events);
  }

  async #event(told: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { settings } = this.#line;
    const trace = await traceContext();
    return {
      id: `guard:${randomUUID()}`,
      agent: settings.agent,
      ...(this.id === undefined ? {} : { session: { id: this.id } }),
      ...(this.user === undefined ? {} : { user: { id: this.user } }),
      ...(settings.service === undefined ? {} : { service: settings.service }),
      ...(trace === undefined ? {} : { trace }),
      timeMs: Date.now(),
      ...told,
    };
  }
}

function refusalOf(question: Question, context: NonNullable<EvaluationAnswer['context']>): Refusal {
  const reason = context.reason?.text ?? 'a security policy';
  const fallback = `Not done: ${question.kind} "${question.name}" was stopped by a security policy (${reason}).`;
  return {
    stepdown: context.approval === undefined ? 'blocked' : 'approval-pending',
    message: context.refusal ?? fallback,
    reason,
    ...(context.id === undefined ? {} : { decisionId: context.id }),
    ...(context.approval === undefined ? {} : { approvalId: context.approval.id }),
  };
}

/** What the model would be given of a value. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** A value that surely is JSON. */
function plain(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null') as unknown;
  } catch {
    return String(value);
  }
}

/** What was taken out of a JSON text usually leaves JSON; where it does not, the text itself is what may be shown. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
