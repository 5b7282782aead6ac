/** One backtest: file in, decision lines and a summary out. */
import type { Contraction } from '../../../schemas/contraction.js';
import type { TelemetryEvent } from '../../../schemas/event.js';
import type { Verdict } from '../../../schemas/decision.js';
import { Intake } from '../../ingest/intake.js';
import { type FileProgress, readFileSource } from '../../ingest/sources/files.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';
import type { Inspector } from '../../inspect/inspect-text.js';
import { isoTime } from '../time.js';
import { type DecisionLine, DecisionLines } from './decision-line.js';
import type { Readable } from 'node:stream';
import { Reorder } from './reorder.js';
import { REORDER_BYTES, REORDER_EVENTS, weight } from './reorder-limits.js';
import { type Decided, Replay, type ReplayOptions } from './replay.js';

export interface Summary {
  lines: number;
  events: number;
  /** OTLP spans and records in no dialect that is read. */
  ignored: number;
  /** What could not be read, and the first reasons with their places. */
  refused: { count: number; first: string[] };
  /** Events further out of order than the buffer reaches; read at the time that was already reached. */
  late: { count: number; byMs: number };
  firstEventMs: number | undefined;
  lastEventMs: number | undefined;
  calls: number;
  decisions: Record<Verdict, number>;
  findings: Record<string, number>;
  contractions: Record<string, number>;
  incidents: number;
  agents: number;
  sessions: number;
  seconds: number;
  eventsPerSecond: number;
}

export interface BacktestOptions extends Omit<ReplayOptions, 'on'> {
  /** `.jsonl` or `.jsonl.gz`; `-`: standard input. */
  file: string;
  stdin?: Readable;
  inspector: Inspector;
  onLine: (line: DecisionLine) => void;
  onProgress?: (progress: FileProgress) => void;
  /** Out-of-order events this far apart, in number of events, are put in order. */
  reorderEvents?: number;
  /** After the last event time passes by this much, so that what ends by itself ends. */
  quietMs?: number;
}

const FIRST_REASONS = 5;
const DAY_MS = 86_400_000;

export async function backtest(options: BacktestOptions): Promise<Summary> {
  const {
    file,
    stdin,
    inspector,
    onLine,
    onProgress,
    reorderEvents = REORDER_EVENTS,
    quietMs = DAY_MS,
    ...replayOptions
  } = options;
  const summary = emptySummary();
  const contractions = new Map<string, Contraction['state']>();
  const incidents = new Set<string>();
  const agents = new Set<string>();
  const sessions = new Set<string>();
  const lines = new DecisionLines(onLine);
  const replay = new Replay({
    ...replayOptions,
    on: {
      decision: (decided) => {
        summary.calls += 1;
        summary.decisions[decided.decision.verdict] += 1;
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
        summary.findings[finding.type] = (summary.findings[finding.type] ?? 0) + 1;
      },
      contraction: (contraction) => {
        if (contractions.has(contraction.id)) return;
        contractions.set(contraction.id, contraction.state);
        const from = contraction.playbook?.name ?? 'by hand';
        summary.contractions[from] = (summary.contractions[from] ?? 0) + 1;
      },
      incident: (incident) => incidents.add(incident.id),
    },
  });
  const reorder = new Reorder<TelemetryEvent>({ items: reorderEvents, bytes: REORDER_BYTES });
  const intake = new Intake({
    inspector,
    tenant: replayOptions.tenant,
    latenessMs: Number.MAX_SAFE_INTEGER,
    skewMs: Number.MAX_SAFE_INTEGER,
    keepContent: true,
    keepLetters: false,
  });
  const begunAt = performance.now();

  const take = (event: TelemetryEvent): void => {
    summary.firstEventMs ??= event.timeMs;
    summary.lastEventMs = Math.max(summary.lastEventMs ?? event.timeMs, event.timeMs);
    summary.events += 1;
    agents.add(`${event.tenant}\u0000${event.agent.id}`);
    sessions.add(`${event.tenant}\u0000${event.session.id}`);
    replay.take(event);
  };
  const append = async (records: readonly AnyOutgoing[]): Promise<void> => {
    for (const { topic, value } of records) {
      if (topic === 'telemetry') for (const event of reorder.push(value, value.timeMs, weight(value))) take(event);
      else if (topic === 'deadletter') {
        summary.refused.count += 1;
        const { text, pointer } = value.reason;
        if (summary.refused.first.length < FIRST_REASONS)
          summary.refused.first.push(`${value.source}${pointer === undefined ? '' : ` ${pointer}`}: ${text}`);
      }
    }
    // Lets signals and the terminal in.
    await new Promise((resolve) => setImmediate(resolve));
  };
  const read = await readFileSource({
    path: file,
    intake,
    append,
    now: () => 0,
    arrival: 'event',
    ...(stdin === undefined ? {} : { stdin }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  summary.lines = read.lines;
  summary.ignored = read.ignored;
  for (const event of reorder.drain()) take(event);
  lines.flush();
  replay.finish(quietMs);

  summary.late = reorder.late;
  summary.incidents = incidents.size;
  summary.agents = agents.size;
  summary.sessions = sessions.size;
  summary.seconds = (performance.now() - begunAt) / 1000;
  summary.eventsPerSecond = summary.seconds > 0 ? summary.events / summary.seconds : 0;
  return summary;
}

function emptySummary(): Summary {
  return {
    lines: 0,
    events: 0,
    ignored: 0,
    refused: { count: 0, first: [] },
    late: { count: 0, byMs: 0 },
    firstEventMs: undefined,
    lastEventMs: undefined,
    calls: 0,
    decisions: { allow: 0, needs_approval: 0, block: 0 },
    findings: {},
    contractions: {},
    incidents: 0,
    agents: 0,
    sessions: 0,
    seconds: 0,
    eventsPerSecond: 0,
  };
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
