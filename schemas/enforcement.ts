/** What an enforcement point can carry out, declared before it is asked to: per control, what holds and what comes back. */
import { type Static, Type } from '@sinclair/typebox';
import { DurationMs, Id, OneOf, Strict } from './common.js';
import { CONTROLS, type ControlName } from './control.js';
import { ENTITY_TYPES } from './entity.js';

const CONTROL_NAMES = Object.keys(CONTROLS) as ControlName[];

export const PointControl = Strict({
  control: OneOf(CONTROL_NAMES, 'The control it carries out.'),
  targets: Type.Array(OneOf(ENTITY_TYPES, 'On what it can carry it out.')),
  selfExpiring: Type.Boolean({ description: 'It drops the control by itself at its expiry; else a live engine must.' }),
  reversible: Type.Boolean({ description: 'Afterwards it is exactly as it was.' }),
  irreversible: Type.Optional(Type.String({ description: 'What does not come back, in words for a person.' })),
  engineGone: OneOf(
    ['lapse', 'hold'],
    'With the engine gone: `lapse` drops it at its expiry, `hold` keeps it until an engine takes it back.',
  ),
  propagationMs: DurationMs,
});
export type PointControl = Static<typeof PointControl>;

export const PointDeclaration = Strict(
  {
    point: Id,
    kind: Type.String({ description: 'What it is, e.g. `webhook`.' }),
    controls: Type.Array(PointControl),
  },
  'What one enforcement point can carry out.',
);
export type PointDeclaration = Static<typeof PointDeclaration>;
