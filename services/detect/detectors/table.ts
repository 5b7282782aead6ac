/** The detectors, in the order in which they judge. There is no other registration. */
import type { EventKind } from '../../../schemas/event.js';
import type { Detector } from '../types.js';
import { cost } from './cost.js';
import { covert } from './covert.js';
import { denials } from './denials.js';
import { destruction } from './destruction.js';
import { dormancy } from './dormancy.js';
import { drift } from './drift.js';
import { enumeration } from './enumeration.js';
import { extraction } from './extraction.js';
import { fanOut } from './fan-out.js';
import { hours } from './hours.js';
import { identity } from './identity.js';
import { injection } from './injection.js';
import { level } from './level.js';
import { load } from './load.js';
import { memory } from './memory.js';
import { novelty } from './novelty.js';
import { rate } from './rate.js';
import { sequence } from './sequence.js';
import { shadow } from './shadow.js';
import { steered } from './steered.js';
import { taintSink } from './taint-sink.js';
import { toolChange } from './tool-change.js';
import { toolSet } from './tool-set.js';
import { trifecta } from './trifecta.js';
import { volume } from './volume.js';

export const DETECTORS: readonly Detector[] = [
  injection,
  memory,
  taintSink,
  steered,
  covert,
  trifecta,
  toolChange,
  toolSet,
  novelty,
  sequence,
  enumeration,
  extraction,
  destruction,
  denials,
  rate,
  load,
  level,
  volume,
  cost,
  fanOut,
  hours,
  dormancy,
  drift,
  identity,
  shadow,
];

/** Every type of finding there is. */
export const FINDING_TYPES: readonly string[] = [...new Set(DETECTORS.flatMap(({ finds }) => finds))];

/** Which detectors look at a kind of event. */
export function detectorsByKind(detectors: readonly Detector[]): ReadonlyMap<EventKind, readonly Detector[]> {
  const table = new Map<EventKind, Detector[]>();
  for (const detector of detectors) {
    for (const kind of detector.kinds) table.set(kind, [...(table.get(kind) ?? []), detector]);
  }
  return table;
}
