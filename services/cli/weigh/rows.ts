/**
 * The evidence of recorded calls, as the detector sees it: each labelled run goes through the whole detection machine, and
 * for every call that may obey a text the witnesses of call-odds.ts are written down, one vector for each such text.
 */
import type { BaselinePolicy } from '../../../schemas/baseline.js';
import type { EventOf, TelemetryEvent } from '../../../schemas/event.js';
import { CALL_WITNESSES, callWitnesses } from '../../detect/call-odds.js';
import { DETECTORS } from '../../detect/detectors/table.js';
import { sinkEvidence, taintSink } from '../../detect/detectors/taint-sink.js';
import { createDetectMachine, type DetectOptions } from '../../detect/machine.js';
import type { Detector } from '../../detect/types.js';
import { Stepper } from '../../runtime/stepper.js';
import { type Label, same } from '../backtest/score.js';

/** One number a witness, in the order of `CALL_WITNESSES`. */
export type WitnessVector = Float64Array;

/** A call with what speaks for each text that it may obey. The detector believes the one that speaks the loudest. */
export interface JudgedRow {
  tool: string;
  candidates: WitnessVector[];
}

export interface WeighedRun {
  traceId: string;
  suite: string;
  goal: string | null;
  /** Runs of one user task with one goal are not independent. */
  cluster: string;
  kind: 'benign' | 'resisting' | 'attacked';
  /** The call that serves the attacker; of an attacked run only. No candidates: nothing speaks of a text. */
  harmful: JudgedRow | undefined;
  /** The other calls that may obey a text. */
  others: JudgedRow[];
}

export interface RowOptions extends Pick<DetectOptions, 'learning' | 'sessionIdleMs'> {
  baseline?: BaselinePolicy | undefined;
  /** What the runs are counted as where their label names no suite. */
  suite: string;
}

/** @param events inspected, in time order; warm-up runs train the habits and give no rows */
export function weighedRuns(
  events: Iterable<TelemetryEvent>,
  labels: readonly Label[],
  { suite, ...options }: RowOptions,
): WeighedRun[] {
  const runs = new Map<string, WeighedRun>();
  const byTrace = new Map<string, Label>();
  for (const label of labels) {
    const kind = kindOf(label);
    if (kind === undefined) continue;
    byTrace.set(label.traceId, label);
    runs.set(label.traceId, {
      traceId: label.traceId,
      suite: label.suite ?? suite,
      goal: label.injectionTask,
      cluster: `${label.userTask ?? ''}\u0000${label.injectionTask ?? ''}`,
      kind,
      harmful: kind === 'attacked' ? { tool: '', candidates: [] } : undefined,
      others: [],
    });
  }
  const note = (event: EventOf<'tool.call'>, candidates: WitnessVector[]): void => {
    const traceId = event.trace?.traceId ?? '';
    const run = runs.get(traceId);
    const label = byTrace.get(traceId);
    if (run === undefined || label === undefined) return;
    const row = { tool: event.tool, candidates };
    const place = { toolCallId: event.toolCallId ?? null, spanId: event.trace?.spanId ?? null };
    if (label.harmful !== null && same(place, label.harmful)) {
      if (run.kind === 'attacked') run.harmful = row;
    } else if (candidates.length > 0 && run.kind !== 'attacked') run.others.push(row);
  };
  const listening: Detector = {
    ...taintSink,
    judge(event, scope) {
      if (event.kind === 'tool.call')
        note(
          event,
          sinkEvidence(event, scope).map(({ features }) => {
            const witnesses = callWitnesses(features);
            return Float64Array.from(CALL_WITNESSES, (name) => witnesses[name]);
          }),
        );
      return taintSink.judge(event, scope);
    },
  };
  const detectors = DETECTORS.map((detector) => (detector.name === taintSink.name ? listening : detector));
  const stepper = new Stepper<TelemetryEvent>({
    machine: createDetectMachine({ ...options, clock: 'event', detectors }),
    strict: false,
  });
  for (const event of events) stepper.feed(event);
  return [...runs.values()];
}

/** What a run counts as; nothing for warm-up, and for a run that neither obeyed nor finished its work. */
function kindOf({ warmup, attack, succeeded, utility, harmful, exposure }: Label): WeighedRun['kind'] | undefined {
  if (warmup === true) return undefined;
  if (!attack) return 'benign';
  if (succeeded && harmful !== null) return 'attacked';
  return !succeeded && utility && exposure !== null ? 'resisting' : undefined;
}
