/** Several findings that mean more together: so many in a time, one after another, or one that stays away. */
import { type Static, Type } from '@sinclair/typebox';
import { OneOf, Pillar, Severity, Strict } from './common.js';
import { DurationText, Params, Slug, Words } from './playbook-words.js';

/** By what findings are held together. Each names an entity of the finding; `tenant` is the whole fleet. */
export const CORRELATION_KEYS = ['session', 'agent', 'blueprint', 'user', 'tool', 'model', 'tenant'] as const;

const Selected = {
  finding: Type.Union([Type.String({ minLength: 1 }), Words('Finding types')], {
    description: 'A finding type, a pattern such as `injection.*`, or a list of them.',
  }),
  when: Type.Optional(Type.String({ minLength: 1, maxLength: 4000, description: 'A CEL condition on the finding.' })),
};
const Part = Strict(Selected, 'Findings that count.');

const Threshold = Strict(
  {
    ...Selected,
    n: Type.Integer({ minimum: 2, maximum: 1000, description: 'How many.' }),
    distinct: Type.Optional(
      OneOf(['session', 'agent', 'user', 'tool', 'model', 'type', 'origin'], 'Counted once per value of this.'),
    ),
  },
  '`n` of them within the time.',
);

export const Correlation = Type.Object(
  {
    apiVersion: Type.Literal('stepdown/v1'),
    kind: Type.Literal('Correlation'),
    id: Slug,
    title: Type.String({ minLength: 1, maxLength: 200 }),
    description: Type.Optional(Type.String({ maxLength: 4000 })),
    version: Type.Integer({ minimum: 1 }),
    emits: Type.String({
      pattern: '^correlation\\.[a-z0-9][a-z0-9-]{0,80}$',
      description: 'The type of the finding it makes, `correlation.NAME`; playbooks trigger on it.',
    }),
    params: Type.Optional(Params('Values that `when` uses.')),
    by: Type.Array(OneOf(CORRELATION_KEYS, 'What the findings have in common.'), {
      minItems: 1,
      maxItems: 3,
      description: 'What the findings have in common. The finding it makes is about the first.',
    }),
    within: DurationText,
    count: Type.Optional(Threshold),
    sequence: Type.Optional(
      Type.Array(Part, { minItems: 2, maxItems: 8, description: 'One after another, whatever lies between.' }),
    ),
    absence: Type.Optional(
      Strict({ after: Part, of: Part }, 'The first came and the second did not follow within the time.'),
    ),
    severity: Type.Optional(Severity),
    confidence: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'Default: that of its surest part.' }),
    ),
    atlas: Type.Optional(Words('MITRE ATLAS techniques. Default: those of its parts.')),
    owasp: Type.Optional(Words('OWASP ASI risks. Default: those of its parts.')),
    pillar: Type.Optional(Pillar),
  },
  {
    $id: 'Correlation',
    title: 'Correlation',
    additionalProperties: false,
    description: 'Several findings that mean more together make a finding of their own.',
  },
);
export type Correlation = Static<typeof Correlation>;
