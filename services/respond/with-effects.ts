/** What a contraction wants of enforcement points outside: an effect per control that one of them carries out. */
import type { Contraction, Effect } from '../../schemas/contraction.js';
import type { PointDeclaration } from '../../schemas/enforcement.js';
import { carriersOf } from '../policy/capabilities.js';

/** The contraction with an effect for each control that a point carries out; the same object where none is missing. */
export function withEffects(contraction: Contraction, points: readonly PointDeclaration[], nowMs: number): Contraction {
  if (points.length === 0 || contraction.mode !== 'enforce' || contraction.state !== 'active') return contraction;
  const known = new Set(contraction.effects.map(({ id }) => id));
  const added = contraction.controls.flatMap(({ control }, index) =>
    carriersOf(points, control, contraction.target.type)
      .map(({ point, selfExpiring, reversible, irreversible }): Effect => ({
        id: `${contraction.id}/${index}/${point}`,
        control: index,
        point,
        state: 'pending',
        selfExpiring,
        reversible,
        updatedAtMs: nowMs,
        ...(irreversible === undefined ? {} : { irreversible }),
      }))
      .filter(({ id }) => !known.has(id)),
  );
  return added.length === 0 ? contraction : { ...contraction, effects: [...contraction.effects, ...added] };
}
