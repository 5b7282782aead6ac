/**
 * Which input a step's failure belongs to. A step that throws is a bug, and one that makes what the stream can never take is
 * no better: to try it again would stop its partition for ever. It is noted here, and when its input comes again that goes to
 * the dead letters with the reason.
 */
import { deadLetterOf } from '../dead-letter.js';
import { RecordTooLarge } from '../stream/too-large.js';
import type { AnyOutgoing } from '../stream/types.js';
import { StepFault } from './step-fault.js';

export interface StepFaultsOptions {
  machine: string;
  /** Whether a dead letter carries the input itself. */
  keep: boolean;
}

/** Whose outputs begin where among those that are not durable yet. */
export type Origins = readonly { what: string; from: number }[];

export class StepFaults {
  readonly #options: StepFaultsOptions;
  readonly #noted = new Map<string, unknown>();
  #origins: { what: string; from: number }[] = [];

  constructor(options: StepFaultsOptions) {
    this.#options = options;
  }

  /** Whether its step failed before. */
  has(what: string): boolean {
    return this.#noted.has(what);
  }

  note({ what, cause }: StepFault): void {
    this.#noted.set(what, cause);
  }

  /** Whatever the machine throws names what it was working on. */
  ask<T>(what: string, question: () => T): T {
    try {
      return question();
    } catch (error) {
      throw new StepFault(what, error);
    }
  }

  /** What is made from now on is this one's. @param from how many outputs wait already */
  begins(what: string, from: number): void {
    this.#origins.push({ what, from });
  }

  /** Of what waits; nothing waits any more. */
  takeOrigins(): Origins {
    const origins = this.#origins;
    this.#origins = [];
    return origins;
  }

  /** The step whose output the stream can never take. */
  tooLarge(error: unknown, outputs: readonly AnyOutgoing[], origins: Origins): StepFault | undefined {
    if (!(error instanceof RecordTooLarge)) return undefined;
    const at = outputs.indexOf(error.record);
    const step = at < 0 ? undefined : [...origins].reverse().find(({ from }) => from <= at);
    return step === undefined ? undefined : new StepFault(step.what, error);
  }

  letterOf(what: string, value: unknown, atMs: number): AnyOutgoing {
    const { machine, keep } = this.#options;
    return deadLetterOf({ machine, what, value, cause: this.#noted.get(what), atMs, keep });
  }
}
