/** The line `backtest --decisions` writes for each tool call. An interface: keys are only ever added. */
import type { Verdict } from '../../../schemas/decision.js';

export interface DecisionLine {
  /** When the call was first seen, ISO 8601, UTC. */
  time: string;
  traceId: string | null;
  /** The tool's own span; where there is none, the span of the model's output that asked for the call. */
  spanId: string | null;
  conversationId: string;
  agentId: string;
  tool: string;
  toolCallId: string | null;
  decision: Verdict;
  contractions: string[];
  playbooks: string[];
  findings: string[];
  reason: string;
}

/**
 * Lines that are decided but wait for the tool's own span. A line leaves when its span is seen, at the latest just
 * before its result, or at the end; in the order of leaving.
 */
export class DecisionLines {
  readonly #write: (line: DecisionLine) => void;
  readonly #open = new Map<string, Map<string, DecisionLine>>();
  readonly #limit: number;
  #count = 0;

  constructor(write: (line: DecisionLine) => void, limit = 100_000) {
    this.#write = write;
    this.#limit = limit;
  }

  /** `complete`: the line already names the tool's own span. */
  add(session: string, eventId: string, line: DecisionLine, complete: boolean): void {
    if (complete) {
      this.#write(line);
      return;
    }
    let lines = this.#open.get(session);
    if (lines === undefined) this.#open.set(session, (lines = new Map<string, DecisionLine>()));
    lines.set(eventId, line);
    this.#count += 1;
    // Calls without spans and results, for ever: the oldest conversation's lines go out as they are.
    while (this.#count > this.#limit) {
      const oldest = this.#open.keys().next();
      if (oldest.done) break;
      this.flush(oldest.value);
    }
  }

  merged(session: string, eventId: string, known: { spanId?: string; toolCallId?: string }): void {
    const line = this.#open.get(session)?.get(eventId);
    if (line === undefined) return;
    if (known.toolCallId !== undefined) line.toolCallId = known.toolCallId;
    if (known.spanId === undefined) return;
    line.spanId = known.spanId;
    this.#release(session, eventId);
  }

  /** A result is about to be read: its call's line must stand before it. */
  beforeResult(
    session: string,
    result: { tool: string; toolCallId?: string | undefined; spanId?: string | undefined },
  ): void {
    const lines = this.#open.get(session);
    if (lines === undefined) return;
    const entries = [...lines];
    const found =
      entries.find(([, line]) => result.toolCallId !== undefined && line.toolCallId === result.toolCallId) ??
      entries.find(([, line]) => line.tool === result.tool);
    if (found === undefined) return;
    const [eventId, line] = found;
    if (result.spanId !== undefined) line.spanId = result.spanId;
    this.#release(session, eventId);
  }

  /** Everything of one conversation, or of all. */
  flush(session?: string): void {
    for (const key of session === undefined ? [...this.#open.keys()] : [session]) {
      for (const eventId of [...(this.#open.get(key)?.keys() ?? [])]) this.#release(key, eventId);
    }
  }

  #release(session: string, eventId: string): void {
    const lines = this.#open.get(session);
    const line = lines?.get(eventId);
    if (lines === undefined || line === undefined) return;
    lines.delete(eventId);
    if (lines.size === 0) this.#open.delete(session);
    this.#count -= 1;
    this.#write(line);
  }
}
