/** A replay and what it counts: decision lines out, and sums for a summary. */
import type { TelemetryEvent } from '../../../schemas/event.js';
import type { Verdict } from '../../../schemas/decision.js';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import { isoTime } from '../time.js';
import { type DecisionLine, DecisionLines } from './decision-line.js';
import { type Decided, Replay, type ReplayOptions } from './replay.js';

export interface Counts {
  events: number;
  firstEventMs: number | undefined;
  lastEventMs: number | undefined;
  calls: number;
  decisions: Record<Verdict, number>;
  findings: Record<string, number>;
  contractions: Record<string, number>;
  incidents: number;
  agents: number;
  sessions: number;
}

export interface TallyOptions extends Omit<ReplayOptions, 'on'> {
  onLine: (line: DecisionLine) => void;
  onFinding?: (finding: Finding) => void;
  /** Every record of a contraction, as it is made, renewed and ended. */
  onContraction?: (contraction: Contraction) => void;
  onIncident?: (incident: Incident) => void;
  /** After the last event time passes by this much, so that what ends by itself ends. Default a day. */
  quietMs?: number;
}

const DAY_MS = 86_400_000;

export class Tally {
  readonly #replay: Replay;
  readonly #lines: DecisionLines;
  readonly #quietMs: number;
  readonly #agents = new Set<string>();
  readonly #sessions = new Set<string>();
  readonly #incidents = new Set<string>();
  readonly #contractions = new Set<string>();
  readonly #counts: Counts = {
    events: 0,
    firstEventMs: undefined,
    lastEventMs: undefined,
    calls: 0,
    decisions: { allow: 0, needs_approval: 0, block: 0 },
    findings: {},
    contractions: {},
    incidents: 0,
    agents: 0,
    sessions: 0,
  };

  constructor({ onLine, onFinding, onContraction, onIncident, quietMs = DAY_MS, ...options }: TallyOptions) {
    this.#quietMs = quietMs;
    const lines = new DecisionLines(onLine);
    const counts = this.#counts;
    this.#lines = lines;
    this.#replay = new Replay({
      ...options,
      on: {
        decision: (decided) => {
          counts.calls += 1;
          counts.decisions[decided.decision.verdict] += 1;
          lines.add(decided.session, decided.call.id, lineOf(decided), decided.ownSpan);
        },
        merged: (session, eventId, known) => lines.merged(session, eventId, known),
        result: (session, result) =>
          lines.beforeResult(session, {
            tool: result.tool,
            toolCallId: result.toolCallId,
            spanId: result.source.dialect === 'derived' ? undefined : result.trace?.spanId,
          }),
        sessionEnd: (session) => lines.flush(session),
        finding: (finding) => {
          counts.findings[finding.type] = (counts.findings[finding.type] ?? 0) + 1;
          onFinding?.(finding);
        },
        contraction: (contraction) => {
          onContraction?.(contraction);
          if (this.#contractions.has(contraction.id)) return;
          this.#contractions.add(contraction.id);
          const from = contraction.playbook?.name ?? 'by hand';
          counts.contractions[from] = (counts.contractions[from] ?? 0) + 1;
        },
        incident: (incident) => {
          onIncident?.(incident);
          this.#incidents.add(incident.id);
        },
      },
    });
  }

  /** The next event in time order. */
  take(event: TelemetryEvent): void {
    const counts = this.#counts;
    counts.firstEventMs ??= event.timeMs;
    counts.lastEventMs = Math.max(counts.lastEventMs ?? event.timeMs, event.timeMs);
    counts.events += 1;
    this.#agents.add(`${event.tenant}\u0000${event.agent.id}`);
    this.#sessions.add(`${event.tenant}\u0000${event.session.id}`);
    this.#replay.take(event);
  }

  finish(): Counts {
    this.#lines.flush();
    this.#replay.finish(this.#quietMs);
    return {
      ...this.#counts,
      incidents: this.#incidents.size,
      agents: this.#agents.size,
      sessions: this.#sessions.size,
    };
  }
}

function lineOf({ call, decision, evidenceSpanId }: Decided): DecisionLine {
  return {
    time: isoTime(call.timeMs),
    traceId: call.trace?.traceId ?? null,
    spanId: call.trace?.spanId ?? evidenceSpanId ?? null,
    conversationId: call.session.id,
    agentId: call.agent.id,
    tool: call.tool,
    toolCallId: call.toolCallId ?? null,
    decision: decision.verdict,
    contractions: decision.contractions,
    playbooks: decision.playbooks,
    findings: decision.findings,
    reason: decision.reason.text,
  };
}
