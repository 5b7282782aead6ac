/** What the configured enforcement points carry out: known without opening one, for response and for playbook checks. */
import type { ControlName } from '../../../schemas/control.js';
import type { PointControl, PointDeclaration } from '../../../schemas/enforcement.js';
import type { EntityType } from '../../../schemas/entity.js';
import type { Config } from '../../runtime/config.js';
import { declareEntra } from './entra/declare.js';

export type PointConfig = Config['enforce']['points'][number];
export type PointConfigOf<T extends PointConfig['type']> = Extract<PointConfig, { type: T }>;

/** A replay of events acts nowhere outside: there are no points in event time. */
export function declaredPoints(config: Pick<Config, 'enforce' | 'clock'>): readonly PointDeclaration[] {
  return config.clock === 'event' ? [] : config.enforce.points.map(declarationOf);
}

export function declarationOf(config: PointConfig): PointDeclaration {
  switch (config.type) {
    case 'webhook':
      return { point: config.name, kind: config.type, controls: config.controls.map(webhookControl) };
    case 'entra':
      return declareEntra(config);
  }
}

function webhookControl(declared: PointConfigOf<'webhook'>['controls'][number]): PointControl {
  const { control, targets, selfExpiring, irreversible, propagationMs } = declared;
  return {
    // Names were checked when the configuration was read.
    control: control as ControlName,
    targets: targets as EntityType[],
    selfExpiring,
    reversible: irreversible === undefined,
    ...(irreversible === undefined ? {} : { irreversible }),
    engineGone: selfExpiring ? 'lapse' : 'hold',
    propagationMs,
  };
}
