/** Words that playbooks, correlations and overrides share. Durations are written `15m`; moments in ISO 8601 with zone. */
import { type Static, Type } from '@sinclair/typebox';
import { OneOf, Strict } from './common.js';

/** `90s`, `15m`, `1h30m`, `7d`. */
export const DurationText = Type.String({
  format: 'stepdown-duration',
  description: 'A length of time: `90s`, `15m`, `1h30m`, `7d`.',
});
export const MomentText = Type.String({
  format: 'stepdown-time',
  description: 'A moment in ISO 8601 with its zone: `2035-12-31T00:00:00Z`.',
});
export const Slug = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
  description: 'Letters, digits, dot, dash, underscore.',
});
export const Words = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 100, description });
export const Score = Type.Number({ minimum: 0, maximum: 100 });
/** One of the names an operator may tune a condition by. */
export const ParamName = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]*$' });
export const ParamValue = Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Array(Type.String())]);
export const Params = (description: string) => Type.Record(ParamName, ParamValue, { description });

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const ClockText = Type.String({
  title: 'time of day',
  pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
  description: 'A time of day on that zone’s clocks, `08:30`.',
});
/** Hours of days as clocks in a zone show them, summer time and all. */
export const Hours = Strict(
  {
    zone: Type.String({ format: 'stepdown-zone', description: 'An IANA zone, e.g. `Europe/Berlin` or `UTC`.' }),
    days: Type.Optional(
      Type.Array(OneOf(DAYS, 'A day of the week.'), {
        minItems: 1,
        maxItems: 7,
        description: 'On which days it begins. Default: every day.',
      }),
    ),
    from: ClockText,
    to: ClockText,
  },
  'From one time of day to another, as clocks in the zone show them; `to` before `from` ends on the next day.',
);
export type Hours = Static<typeof Hours>;

/** Why something was set, by whom, until when: nothing an operator tunes stands without these. */
export const answerable = {
  reason: Type.String({ minLength: 1, maxLength: 1000, description: 'Why.' }),
  owner: Type.String({ minLength: 1, maxLength: 200, description: 'Who answers for it.' }),
};
