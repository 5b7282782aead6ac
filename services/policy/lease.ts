/**
 * A lease in force, as an enforcement point keeps it. What it restricts is held as the text it was stored in until
 * somebody first asks about its target: after a start with a million leases most are never asked about before they are
 * renewed, and what a text says is forty objects.
 */
import type { Contraction } from '../../schemas/contraction.js';
import { type Policy, policyOf } from './effective.js';
import type { LeaseHead } from './lease-text.js';
import { type SlabText, textIn } from './text-slab.js';

export class Lease {
  readonly id: string;
  readonly version: number;
  /** The key of its target. */
  readonly targetKey: string;
  /** Kept for a bounded grace with the engine gone. */
  readonly holds: boolean;
  /** On this point's clock. */
  readonly expiresAtMs: number;
  #body: Contraction | SlabText;
  #policy: Policy | undefined;

  /** @param body the contraction, or the text it is stored in */
  constructor({ id, version, targetKey, engineGone }: LeaseHead, expiresAtMs: number, body: Contraction | SlabText) {
    this.id = id;
    this.version = version;
    this.targetKey = targetKey;
    this.holds = engineGone === 'hold';
    this.expiresAtMs = expiresAtMs;
    this.#body = body;
  }

  get contraction(): Contraction {
    if ('piece' in this.#body) this.#body = JSON.parse(textIn(this.#body)) as Contraction;
    return this.#body;
  }

  /** What its controls come to. */
  get policy(): Policy {
    return (this.#policy ??= policyOf(this.contraction.controls));
  }
}
