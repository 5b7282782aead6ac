/**
 * `stepdown/guard`: puts an agent's tools under the protection of a Stepdown engine.
 *
 * ```ts
 * import { guard } from 'stepdown/guard';
 * const protect = guard({ agent: 'mail-assistant' });
 * const session = protect.session(conversationId, { user: userId });
 * await generateText({ model, prompt, tools: session.tools(tools) });
 * ```
 * Each call is asked for before it runs, and its result is reported before the model sees it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Line } from './line.js';
import { type GuardOptions, settingsOf } from './options.js';
import { Session } from './session.js';
import { guardTools, type GuardableTools } from './tools.js';

export type { EffectClass } from '../../schemas/common.js';
export type { AgentName, GuardOptions, Notice, WhenUnreachable } from './options.js';
export { GuardRefusal, isRefusal, type Refusal, type RefusalKind } from './refusal.js';
export type { CallOptions, Outcome } from './guarded-call.js';
export type { Answer, Question, Session } from './session.js';
export type { GuardableTools } from './tools.js';

export interface Guard {
  /** One conversation. Give it an id that stays the same for as long as the conversation lasts. */
  session(id: string, options?: { user?: string }): Session;
  /** Runs `fn` with this conversation as the one that `tools`, `wrap`, `prompt` and `result` of the guard belong to. */
  run<R>(id: string, fn: () => R, options?: { user?: string }): R;
  /** As on a session; the conversation is the one of the surrounding {@link Guard.run}, else the trace's, else none. */
  tools<T extends GuardableTools>(tools: T): T;
  wrap: Session['wrap'];
  prompt: Session['prompt'];
  result: Session['result'];
  ask: Session['ask'];
  /** Reports lost because the engine could not be reached for too long, and those that still wait. */
  reports(): { dropped: number; waiting: number };
  /** Tries to deliver what waits. Default: within two seconds. */
  close(withinMs?: number): Promise<void>;
}

export function guard(options: GuardOptions): Guard {
  const line = new Line(settingsOf(options));
  const current = new AsyncLocalStorage<Session>();
  const none = new Session(line, undefined, undefined);
  const session = (id: string, of: { user?: string } = {}) => new Session(line, id, of.user);
  const now = () => current.getStore() ?? none;
  return {
    session,
    run: (id, fn, of) => current.run(session(id, of), fn),
    tools: (tools) => guardTools(tools, now, line.settings.onNotice),
    wrap:
      (name, run, of) =>
      (...args) =>
        now().wrap(name, run, of)(...args),
    prompt: (text) => now().prompt(text),
    result: (tool, value, of) => now().result(tool, value, of),
    ask: (question) => now().ask(question),
    reports: () => ({ dropped: line.dropped, waiting: line.waiting }),
    close: (withinMs = 2_000) => line.close(withinMs),
  };
}
