/**
 * Microsoft Entra ID as an enforcement point (docs/entra.md).
 *
 * What is changed there is kept in books of our own (holding.ts), durable before the directory is asked: nothing is saved to be
 * written back; a revert is the inverse of our own change, applied to what is there then. Nothing in Entra expires by itself,
 * so a live engine takes everything back. A change is in force only after a while; until then the decision point holds alone.
 */
import type { PointDeclaration } from '../../../../schemas/enforcement.js';
import type { EnforcementPoint, Observation, Order, Outcome } from '../../point.js';
import type { EntraConfig } from './declare.js';
import type { Graph } from './graph.js';
import { type Claim, released, satisfied, withClaim, withoutClaim } from './holding.js';
import { Holdings } from './holdings.js';
import { Places, type Settled } from './places.js';
import { Subjects } from './subjects.js';
import { type Want, wantsOf } from './wants.js';
import type { Store } from '../../../runtime/store/types.js';

export interface EntraOptions {
  config: EntraConfig;
  declaration: PointDeclaration;
  graph: Graph;
  store: Pick<Store, 'write' | 'scan'>;
  now: () => number;
  /** How long the directory may not show what it has confirmed, milliseconds; left out: a minute and a half. */
  settlingMs?: number;
}

export class EntraPoint implements EnforcementPoint {
  readonly declaration: PointDeclaration;
  readonly #options: EntraOptions;
  readonly #holdings: Holdings;
  readonly #places: Places;
  readonly #subjects: Subjects;
  #loaded: Promise<void> | undefined;

  constructor(options: EntraOptions) {
    const { config, declaration, graph, store, now, settlingMs } = options;
    this.#options = options;
    this.declaration = declaration;
    this.#holdings = new Holdings(store, declaration.point);
    this.#places = new Places(graph, this.#holdings, now, settlingMs);
    this.#subjects = new Subjects(config, graph);
  }

  async apply(order: Order, signal: AbortSignal): Promise<Outcome> {
    await this.#ready();
    const wants = await this.#wants(order, signal);
    if (!Array.isArray(wants)) return wants;
    // What was claimed once stays claimed, however the directory looks since; what a crash left out is claimed now.
    const named = new Set(wants.map(({ slot }) => slot));
    for (const slot of this.#holdings.slotsOf(order.effectId))
      if (!named.has(slot)) wants.push({ slot, claim: NOTHING });
    if (wants.length === 0) return { kind: 'done', note: 'there is nothing of it to narrow', effectiveInMs: 0 };
    const outcomes = await Promise.all(
      wants.map(async ({ slot, claim }) => {
        const settled = await this.#places.settle(slot, (holding) =>
          Object.hasOwn(holding.claims, order.effectId) ? holding : withClaim(holding, order.effectId, claim),
        );
        return this.#outcome(order, settled);
      }),
    );
    return worst(outcomes);
  }

  async revert(order: Order, _signal: AbortSignal): Promise<Outcome> {
    await this.#ready();
    const outcomes = await Promise.all(
      this.#holdings.slotsOf(order.effectId).map(async (slot) => this.#release(order, slot)),
    );
    return worst(outcomes);
  }

  async #release({ effectId }: Order, slot: string): Promise<Outcome> {
    const settled = await this.#places.settle(slot, (holding) => released(holding, effectId));
    if (settled.kind === 'unknown' || settled.kind === 'retry' || settled.kind === 'refused') return settled;
    const { holding } = settled;
    const dropped = holding.claims[effectId]?.dropped ?? [];
    const until = Math.max(0, ...holding.intents.map(({ untilMs }) => untilMs));
    const afterMs = until - this.#options.now();
    if (afterMs > 0) return { kind: 'retry', reason: 'a request without an answer may still come true', afterMs };
    if (settled.kind === 'settled' && settled.refused.size > 0) {
      const [reason = 'it was refused'] = settled.refused.values();
      return { kind: 'refused', reason };
    }
    await this.#places.settle(slot, (held) => withoutClaim(held, effectId));
    if (settled.kind === 'gone') return { kind: 'done', note: settled.reason };
    return dropped.length > 0
      ? { kind: 'drifted', reason: `a person changed ${listed(dropped)}; it stays so` }
      : { kind: 'done' };
  }

  async observe(orders: readonly Order[], _signal: AbortSignal): Promise<readonly Observation[]> {
    await this.#ready();
    const slots = new Set(orders.flatMap(({ effectId }) => this.#holdings.slotsOf(effectId)));
    const seen = new Map(
      await Promise.all([...slots].map(async (slot) => [slot, await this.#places.look(slot)] as const)),
    );
    return orders.map((order) => {
      const parts = this.#holdings.slotsOf(order.effectId).flatMap((slot) => {
        const settled = seen.get(slot);
        return settled === undefined ? [] : [this.#observation(order, settled)];
      });
      return SEEN.flatMap((kind) => parts.filter((part) => part.kind === kind))[0] ?? { kind: 'absent' };
    });
  }

  async close(): Promise<void> {
    await this.#places.close();
  }

  async #wants(order: Order, signal: AbortSignal): Promise<Want[] | Exclude<Outcome, { kind: 'done' }>> {
    const { config, graph } = this.#options;
    const subject = await this.#subjects.idOf(order.target, signal);
    if (subject.kind !== 'ok') return subject;
    const wants = await wantsOf(order, subject.id, config, graph, signal);
    return wants.kind === 'ok' ? wants.wants : wants;
  }

  #outcome({ effectId }: Order, settled: Settled): Outcome {
    if (settled.kind === 'unknown' || settled.kind === 'retry' || settled.kind === 'refused') return settled;
    const claim = settled.holding.claims[effectId];
    if (settled.kind === 'gone')
      return claim?.met === true
        ? { kind: 'drifted', reason: settled.reason }
        : { kind: 'refused', reason: settled.reason };
    if (claim === undefined) return { kind: 'retry', reason: 'it was taken back meanwhile' };
    if (claim.dropped.length > 0) return { kind: 'drifted', reason: `a person changed ${listed(claim.dropped)}` };
    const said = [...claim.add, ...claim.remove].map((element) => settled.refused.get(element)).find(Boolean);
    if (said !== undefined) return { kind: 'refused', reason: said };
    if (claim.require.some((element) => !settled.now.has(element)))
      return { kind: 'refused', reason: 'our policy is not enabled' };
    if (!satisfied(claim, settled.now)) return { kind: 'retry', reason: 'the directory does not show it yet' };
    return { kind: 'done', effectiveInMs: this.#options.config.propagationMs };
  }

  #observation({ effectId }: Order, settled: Settled): Observation {
    if (settled.kind === 'gone') return { kind: 'changed', reason: settled.reason };
    if (settled.kind !== 'settled')
      return {
        kind: 'unknown',
        reason: settled.reason,
        ...('afterMs' in settled && settled.afterMs !== undefined ? { afterMs: settled.afterMs } : {}),
      };
    const claim = settled.holding.claims[effectId];
    if (claim === undefined) return { kind: 'absent' };
    if (claim.released === true) return { kind: 'in-place' };
    if (claim.dropped.length > 0) return { kind: 'changed', reason: `a person changed ${listed(claim.dropped)}` };
    return satisfied(claim, settled.now) ? { kind: 'in-place' } : { kind: 'absent' };
  }

  async #ready(): Promise<void> {
    this.#loaded ??= this.#holdings.load().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    await this.#loaded;
  }
}

const NOTHING: Claim = { add: [], remove: [], require: [], dropped: [] };
const listed = (elements: readonly string[]): string =>
  elements.length > 3 ? `${elements.slice(0, 3).join(', ')} and ${elements.length - 3} more` : elements.join(', ');

/** Of the parts of one effect, what is said of the whole: first what a person must hear of. */
const SEEN: readonly Observation['kind'][] = ['changed', 'unknown', 'absent', 'in-place'];
const GRAVITY: readonly Outcome['kind'][] = ['done', 'drifted', 'retry', 'unknown', 'refused'];

/** Of the parts of one effect the gravest outcome is the effect's. */
function worst(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce<Outcome>(
    (found, each) => (GRAVITY.indexOf(each.kind) > GRAVITY.indexOf(found.kind) ? each : found),
    outcomes[0] ?? { kind: 'done' },
  );
}
