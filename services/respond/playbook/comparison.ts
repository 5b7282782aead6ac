/**
 * Two versions of a playbook given the same findings: what each would have contracted, and which findings they answer
 * otherwise. Each acts alone, with the correlations, in event time. Pure.
 *
 * Findings are what is kept of a history: calls, attempts and ends of conversations are not among them, so what ends with
 * its session lasts here until `max`, and risk counts primary findings only.
 */
import type { Contraction } from '../../../schemas/contraction.js';
import type { Explanation, PlaybookExplanation } from '../../../schemas/explanation.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import type { Signal } from '../../../schemas/signal.js';
import { Stepper } from '../../runtime/stepper.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';
import { explanationKey } from '../keys.js';
import { createRespondMachine, type RespondOptions } from '../machine.js';
import type { CompiledCorrelation } from './correlation.js';
import { inMode } from './mode.js';
import { objectionsTo, recordOf } from './record.js';
import { type CompiledPlaybook, settingAt } from './types.js';

export type Outcome = PlaybookExplanation['outcome'];

/** One version at its history. */
export class PlayedPlaybook {
  readonly #playbook: CompiledPlaybook;
  readonly #stepper: Stepper<Signal>;
  readonly #contractions = new Map<string, Contraction>();
  readonly #incidents = new Map<string, Incident>();

  constructor(
    playbook: CompiledPlaybook,
    correlations: readonly CompiledCorrelation[],
    options: Omit<RespondOptions, 'playbooks' | 'correlations'>,
  ) {
    this.#playbook = inMode(playbook, 'enforce');
    const machine = createRespondMachine({ ...options, playbooks: [this.#playbook], correlations });
    this.#stepper = new Stepper({ machine, strict: false });
  }

  /** What it made of a finding; findings come in the order of their time. */
  take(finding: Finding): Outcome {
    const { tenant, timeMs, id } = finding;
    this.#keep(this.#stepper.feed({ kind: 'finding', tenant, timeMs, finding }));
    const explanation = this.#stepper.states.get(explanationKey(tenant, id)) as Explanation | undefined;
    return explanation?.playbooks.find((each) => each.id === this.#playbook.id)?.outcome ?? 'nothing';
  }

  /** What it did until a time; `fleet`: how many agents there are. */
  until(nowMs: number, fleet: number) {
    this.#keep(this.#stepper.advance(nowMs));
    const { limits } = settingAt(this.#playbook, nowMs);
    const { verdicts: _, ...record } = recordOf(
      [...this.#contractions.values()],
      [...this.#incidents.values()],
      limits,
      nowMs,
    );
    const objections =
      record.contractions === 0 ? [] : objectionsTo({ ...record, verdicts: NO_VERDICTS }, limits, fleet);
    return { version: this.#playbook.version, ...record, objections };
  }

  #keep(outputs: readonly AnyOutgoing[]): void {
    for (const { topic, value } of outputs) {
      if (topic === 'incidents') this.#incidents.set(value.id, value);
      if (topic === 'contractions' && value.kind === 'contraction')
        this.#contractions.set(value.contraction.id, value.contraction);
    }
  }
}

const NO_VERDICTS = { true: 0, false: 0, benign: 0 };
