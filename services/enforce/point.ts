/**
 * The enforcement point port: whatever outside this product can carry a control out. The own decision point is none of
 * these; it follows the ledger by itself and holds every control from the first moment.
 *
 * What a point guarantees, and the conformance suite (tests/conformance/enforcement-point.ts) checks:
 * - An order is named by its effect id, which is also its idempotency key: applied twice it is there once; the second time
 *   only moves its expiry. An order with a lower `sequence` than one already seen for the effect changes nothing.
 * - `apply` and `revert` resolve with what is true, never guess: `done` only where the point has confirmed it, `unknown`
 *   where it may or may not have happened. They may be asked again after any outcome, also by another process.
 * - `revert` takes back what this effect changed, applied to what is there now; what others did since stays. Nothing there
 *   is `done`. One effect's revert never takes away what another effect still wants.
 * - `observe` reads, and changes nothing. `absent`: the point does not have it (never had, forgot, let it expire).
 *   `changed`: a person changed what we had put there. `drifted` as an outcome: a person did, and nothing was written.
 * - A point honours the signal; who does not is not waited for. It throws only on a bug.
 * - `selfExpiring` controls are dropped by the point itself at `expiresAtMs`, counted as elapsed time (`expiresInMs`).
 */
import type { Control } from '../../schemas/control.js';
import type { EntityRef } from '../../schemas/entity.js';
import type { PointDeclaration } from '../../schemas/enforcement.js';

export interface Order {
  effectId: string;
  contractionId: string;
  /** Rises with every request about the effect. */
  sequence: number;
  target: EntityRef;
  control: Control;
  /** For people at the other side: what it is for. */
  reason: string;
  /** The point may keep it until then, by this engine's clock; and so many milliseconds from now. */
  expiresAtMs: number;
  expiresInMs: number;
  /** What `apply` answered with when it was done last. */
  hash?: string;
}

export type Outcome =
  | {
      kind: 'done';
      /** Of what is in place now; `observe` compares with it. */
      hash?: string;
      /** It is in force everywhere after so long, at the latest. */
      effectiveInMs?: number;
      /** For a person: what was done, or could not be. */
      note?: string;
    }
  /** Certainly not done; may work later. */
  | { kind: 'retry'; reason: string; afterMs?: number }
  /** May or may not be done: no answer, or a broken one. */
  | { kind: 'unknown'; reason: string }
  /** Will not work until a person mends something. */
  | { kind: 'refused'; reason: string }
  | { kind: 'drifted'; reason: string };

export type Observation =
  | { kind: 'in-place' }
  | { kind: 'absent' }
  | { kind: 'changed'; reason: string }
  | { kind: 'unknown'; reason: string; afterMs?: number };

export interface EnforcementPoint {
  readonly declaration: PointDeclaration;
  apply(order: Order, signal: AbortSignal): Promise<Outcome>;
  revert(order: Order, signal: AbortSignal): Promise<Outcome>;
  /** One observation per order, in their order. */
  observe(orders: readonly Order[], signal: AbortSignal): Promise<readonly Observation[]>;
  close(): Promise<void>;
}
