/** Which enforcement points carry a control out, and what is true of it there. Pure; asked when a contraction is made. */
import type { Contraction } from '../../schemas/contraction.js';
import type { ControlName } from '../../schemas/control.js';
import type { PointControl, PointDeclaration } from '../../schemas/enforcement.js';
import type { EntityType } from '../../schemas/entity.js';

export interface Carrier extends PointControl {
  point: string;
}

/** The points, in their order, that carry this control out on such a target. */
export function carriersOf(
  points: readonly PointDeclaration[],
  control: ControlName,
  target: EntityType,
): readonly Carrier[] {
  return points.flatMap(({ point, controls }) => {
    const declared = controls.find((each) => each.control === control && each.targets.includes(target));
    return declared === undefined ? [] : [{ ...declared, point }];
  });
}

/** What of these controls would not come back on such a target: a line per control and point. */
export function irreversiblesOf(
  points: readonly PointDeclaration[],
  controls: readonly ControlName[],
  target: EntityType,
): readonly { control: ControlName; point: string; what: string }[] {
  return [...new Set(controls)].flatMap((control) =>
    carriersOf(points, control, target)
      .filter(({ reversible }) => !reversible)
      .map(({ point, irreversible }) => ({ control, point, what: irreversible ?? 'what was before' })),
  );
}

/** The state of a contraction's effect, by its id. */
export function effectOf(contraction: Contraction, effectId: string): Contraction['effects'][number] | undefined {
  return contraction.effects.find(({ id }) => id === effectId);
}
