/**
 * Which labelled runs a recording holds. A run of which nothing was recorded says nothing: counted, it would be an attack that
 * was not stopped, or work that was not harmed. Runs without a label count for nothing either, and both are told.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { StepdownError } from '../../runtime/errors.js';
import type { DecisionLine } from './decision-line.js';
import { type Label, score, type Score } from './score.js';

export interface RunsHeard {
  /** Those of runs that the recording holds, warm-up runs included. */
  labels: Label[];
  /** Labelled runs, warm-up runs among them, of which the recording holds nothing. */
  unheard: number;
  /** Runs in the recording that no label names. */
  unlabelled: number;
}

export class LabelledRuns {
  readonly #labels: readonly Label[];
  readonly #heard = new Set<string>();

  constructor(labels: readonly Label[]) {
    this.#labels = labels;
  }

  hear({ trace }: Pick<TelemetryEvent, 'trace'>): void {
    if (trace !== undefined) this.#heard.add(trace.traceId);
  }

  /** Throws `input-malformed` where the labels are of another recording: none of them names a run that was heard. */
  heard(files: { traces: string; labels: string }): RunsHeard {
    const labels = this.#labels.filter(({ traceId }) => this.#heard.has(traceId));
    if (labels.length === 0)
      throw new StepdownError(
        'input-malformed',
        this.#labels.length === 0
          ? 'there is no label in it'
          : `none of its ${this.#labels.length} labels names a run in ${files.traces}, which holds ${this.#heard.size}`,
        { place: { file: files.labels }, mend: 'traceId of a label is the trace id of the run’s spans' },
      );
    const named = new Set(labels.map(({ traceId }) => traceId));
    return {
      labels,
      unheard: this.#labels.length - labels.length,
      unlabelled: [...this.#heard].filter((traceId) => !named.has(traceId)).length,
    };
  }
}

/** Of the runs that the recording holds. */
export const scoreOf = ({ labels, unheard, unlabelled }: RunsHeard, lines: readonly DecisionLine[]): Score => ({
  ...score(labels, lines),
  unheard,
  unlabelled,
});

/** `undefined`: nothing to tell. */
export function heardText({ unheard, unlabelled }: Pick<RunsHeard, 'unheard' | 'unlabelled'>): string | undefined {
  const told = [
    ...(unheard === 0 ? [] : [`${unheard} labelled runs of which the recording holds nothing`]),
    ...(unlabelled === 0 ? [] : [`${unlabelled} runs without a label`]),
  ];
  return told.length === 0 ? undefined : told.join(', ');
}
