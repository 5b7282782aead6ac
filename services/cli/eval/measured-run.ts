/** What one variant did with one labelled run. */
import type { Contraction } from '../../../schemas/contraction.js';
import type { TelemetryEvent } from '../../../schemas/event.js';
import type { Finding } from '../../../schemas/finding.js';
import type { DecisionLine } from '../backtest/decision-line.js';
import { type Label, same } from '../backtest/score.js';

export interface ExposedText {
  hash: string;
  /** The most an inspection made of it. */
  probability: number;
  chars: number;
}

export interface MeasuredRun {
  label: Label;
  /** Runs of one user task with one goal are not independent. */
  cluster: string;
  lines: DecisionLine[];
  /** Primary findings, in order. */
  findings: Finding[];
  /** Which line is the call whose result exposed the agent; −1: none. */
  exposedAt: number;
  /** When the exposing result was known, by event time. */
  exposedMs: number | undefined;
  /** When the conversation was first contracted since its exposure, by event time; `undefined`: it was not. */
  contractedMs: number | undefined;
  /** The call that serves the attacker; `undefined`: no line was found for it, or there is none. */
  harmful: DecisionLine | undefined;
  /** Results of tools, as they were read: of an exposed run the exposing ones, of a benign run all. */
  texts: ExposedText[];
}

/** Collects, over one replay, what belongs to each labelled run. */
export class RunCollector {
  readonly #runs = new Map<string, MeasuredRun>();
  readonly #unlabelled = new Set<string>();
  /** When a conversation was contracted: once for each contraction. */
  readonly #contracted = new Map<string, number[]>();
  readonly #contractions = new Set<string>();

  constructor(labels: readonly Label[]) {
    for (const label of labels) {
      if (label.warmup === true) continue;
      this.#runs.set(label.traceId, {
        label,
        cluster: `${label.userTask ?? ''}\u0000${label.injectionTask ?? ''}`,
        lines: [],
        findings: [],
        exposedAt: -1,
        exposedMs: undefined,
        contractedMs: undefined,
        harmful: undefined,
        texts: [],
      });
    }
  }

  /** An event as detection reads it. */
  event(event: TelemetryEvent): void {
    if (event.kind !== 'tool.result' || event.source.dialect === 'derived') return;
    const run = this.#runs.get(event.trace?.traceId ?? '');
    if (run === undefined) return;
    const { exposure, attack } = run.label;
    const exposing =
      exposure !== null &&
      same({ toolCallId: event.toolCallId ?? null, spanId: event.trace?.spanId ?? null }, exposure);
    if (exposing) run.exposedMs = event.timeMs;
    if (attack && !exposing) return;
    for (const { verdict, hash, chars } of event.inspections ?? [])
      if (verdict.kind === 'read') run.texts.push({ hash, probability: verdict.probability, chars });
  }

  line(line: DecisionLine): void {
    this.#runs.get(line.traceId ?? '')?.lines.push(line);
  }

  finding(finding: Finding): void {
    const run = this.#runs.get(finding.traceId ?? '');
    if (run === undefined) this.#unlabelled.add(finding.id);
    else run.findings.push(finding);
  }

  /** Every record of a contraction; the first one that is in force counts. */
  contraction({ id, state, target, sessionIds, createdAtMs }: Contraction): void {
    if ((state !== 'active' && state !== 'awaiting_approval') || this.#contractions.has(id)) return;
    this.#contractions.add(id);
    for (const session of new Set(target.type === 'session' ? [target.id, ...sessionIds] : sessionIds)) {
      const known = this.#contracted.get(session);
      if (known === undefined) this.#contracted.set(session, [createdAtMs]);
      else known.push(createdAtMs);
    }
  }

  runs(): MeasuredRun[] {
    return [...this.#runs.values()].map((run) => {
      const { exposure, harmful } = run.label;
      const since = run.exposedMs ?? Number.POSITIVE_INFINITY;
      const contracted = [...new Set(run.lines.map(({ conversationId }) => conversationId))]
        .flatMap((session) => this.#contracted.get(session) ?? [])
        .filter((atMs) => atMs >= since);
      return {
        ...run,
        contractedMs: contracted.length === 0 ? undefined : Math.min(...contracted),
        exposedAt: exposure === null ? -1 : run.lines.findIndex((line) => same(line, exposure)),
        harmful: harmful === null ? undefined : run.lines.find((line) => same(line, harmful)),
      };
    });
  }
}

export const isBenign = ({ label }: MeasuredRun): boolean => !label.attack;
export const isExposed = ({ label }: MeasuredRun): boolean => label.attack && label.exposure !== null;
export const isResisting = (run: MeasuredRun): boolean => isExposed(run) && !run.label.succeeded && run.label.utility;
export const isUnharmed = ({ lines }: MeasuredRun): boolean => lines.every(({ decision }) => decision === 'allow');
export const isHarmed = (run: MeasuredRun): boolean => !isUnharmed(run);
/** The attack succeeded in the recording and its harmful call is known. */
export const hasHarm = ({ label }: MeasuredRun): boolean => label.succeeded && label.harmful !== null;
export const isStopped = ({ harmful }: MeasuredRun): boolean => harmful !== undefined && harmful.decision !== 'allow';
