/** What operators tune, apart from the content, so that an upgrade of the content never erases it. */
import { type Static, Type } from '@sinclair/typebox';
import { OneOf, Strict } from './common.js';
import { answerable, DurationText, Hours, MomentText, ParamName, Params, Score, Words } from './playbook-words.js';

const Exception = Strict(
  { when: Type.String({ minLength: 1, maxLength: 4000 }), ...answerable, expires: MomentText },
  'Where the condition holds, the playbook does nothing.',
);
const Allowed = Strict(
  {
    entity: Type.String({
      pattern: '^(session|agent|blueprint|user|tool|model):.+$',
      description: '`agent:billing`, `user:*@contoso.example`: TYPE:ID; `*` stands for any run of characters.',
    }),
    ...answerable,
    expires: MomentText,
  },
  'The playbook leaves this entity alone.',
);
const Suppression = Strict(
  {
    from: Type.Optional(MomentText),
    to: Type.Optional(MomentText),
    hours: Type.Optional(Hours),
    ...answerable,
    expires: Type.Optional(MomentText),
  },
  'In this time the playbook does nothing: from one moment to another, or in these hours.',
);
const Limits = Strict(
  {
    targets: Type.Optional(Type.Integer({ minimum: 1 })),
    fleetPercent: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100 })),
    contractions: Type.Optional(Strict({ most: Type.Integer({ minimum: 1 }), per: DurationText })),
    over: Type.Optional(OneOf(['requireApproval', 'observe'], 'Beyond the limit.')),
    approveWithin: Type.Optional(DurationText),
  },
  'Instead of what the playbook says, each by itself.',
);
const Thresholds = Strict(
  {
    risk: Type.Optional(Score),
    quietBelow: Type.Optional(Type.Number({ minimum: 1, maximum: 100 })),
    quietFor: Type.Optional(DurationText),
    max: Type.Optional(DurationText),
    cooldown: Type.Optional(DurationText),
    limits: Type.Optional(Limits),
  },
  'Numbers of the playbook, each by itself.',
);

export const Override = Strict({
  mode: Type.Optional(OneOf(['observe', 'enforce', 'off'], 'Instead of what the playbook says.')),
  agents: Type.Optional(
    Words(
      'Enforced only for these agents (`*` is any run of characters), observed for all others. Needs mode: enforce.',
    ),
  ),
  params: Type.Optional(Params('Parameters of the playbook with other values.')),
  thresholds: Type.Optional(Thresholds),
  allow: Type.Optional(Type.Array(Allowed, { maxItems: 500, description: 'Entities it leaves alone.' })),
  suppress: Type.Optional(Type.Array(Suppression, { maxItems: 100, description: 'Times in which it does nothing.' })),
  except: Type.Optional(
    Type.Array(Exception, { maxItems: 200, description: 'Where the condition holds, the playbook does nothing.' }),
  ),
  ...answerable,
  expires: Type.Optional(MomentText),
});
export type Override = Static<typeof Override>;

export const Overrides = Type.Object(
  {
    apiVersion: Type.Literal('stepdown/v1'),
    kind: Type.Literal('Overrides'),
    lists: Type.Optional(
      Type.Record(ParamName, Words('Names or domains.'), {
        description: 'Reference lists that `when` uses as `lists.NAME`.',
      }),
    ),
    playbooks: Type.Optional(Type.Record(Type.String(), Override, { description: 'By playbook id.' })),
  },
  {
    $id: 'Overrides',
    title: 'Overrides',
    additionalProperties: false,
    description: 'What operators tune, by playbook id.',
  },
);
export type Overrides = Static<typeof Overrides>;
