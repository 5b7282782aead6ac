/** An entity's score, 0 to 100, with the findings that make it up. */
import { type Static, Type } from '@sinclair/typebox';
import { Id, Probability, SchemaVersion, Severity, Strict, TimeMs } from './common.js';
import { EntityRef } from './entity.js';

export const Contribution = Strict({
  findingId: Id,
  detector: Id,
  type: Type.String(),
  severity: Severity,
  confidence: Probability,
  timeMs: TimeMs,
});
export type Contribution = Static<typeof Contribution>;

export const Risk = Strict(
  {
    schemaVersion: SchemaVersion,
    entity: EntityRef,
    /** The score at `timeMs`; it decays from there with the configured half-life. */
    score: Type.Number({ minimum: 0, maximum: 100 }),
    timeMs: TimeMs,
    contributions: Type.Array(Contribution),
  },
  'The risk of one entity.',
);
export type Risk = Static<typeof Risk>;
