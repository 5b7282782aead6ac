/**
 * What to do when: the document that people write. Read strictly (services/respond/playbook): what is not named here is
 * an error with its place. Durations are written `15m`.
 */
import { type Static, Type } from '@sinclair/typebox';
import { OneOf, SEVERITIES, Strict } from './common.js';
import { ENTITY_TYPES } from './entity.js';
import { CONTROL_TEMPLATE_NAMES, ControlTemplate } from './playbook-contract.js';
import { PlaybookTest } from './playbook-test.js';
import { DurationText, Hours, Params, Score, Slug, Words } from './playbook-words.js';

/** What a repeat may be counted by: the entities a finding names. */
export const TARGET_ENTITIES = ['session', 'agent', 'blueprint', 'user', 'tool', 'model'] as const;
/** `predicted`: the very calls that the finding says come next, in its session. `neighbours`: agents this one exchanges messages with. */
export const TARGETS = [...TARGET_ENTITIES, 'predicted', 'neighbours'] as const;
export const Target = OneOf(
  TARGETS,
  'What the contraction is on. `predicted`: only the calls that the finding says come next, in its session. `neighbours`: the agents this one exchanges messages with.',
);
export type Target = Static<typeof Target>;

const FindingTrigger = Strict(
  {
    finding: Type.Union([Type.String({ minLength: 1 }), Words('Finding types')], {
      description: 'A finding type, a pattern such as `injection.*`, or a list of them.',
    }),
    by: Type.Optional(OneOf(TARGET_ENTITIES, 'What a repeat is counted by. Default: the target.')),
  },
  'A detector said something.',
);
const RiskTrigger = Strict(
  {
    risk: Strict({
      entity: OneOf(ENTITY_TYPES, 'Whose risk.'),
      above: Score,
      on: Type.Optional(OneOf(['edge', 'level'], '`edge`: only when it rises above. `level`: at every finding above.')),
    }),
  },
  'A risk is high. A restart changes nothing: the score before is kept.',
);
const AlertTrigger = Strict(
  { alert: Strict({ title: Type.Optional(Type.String({ description: 'A pattern for its title; `*` is any.' })) }) },
  "Another product's alert is active.",
);

export const QuietUntil = Strict(
  {
    quiet: Strict({
      below: Type.Optional(Type.Number({ minimum: 1, maximum: 100, description: "The target's risk. Default: 30." })),
      for: DurationText,
    }),
  },
  'The risk stayed below, and nothing that is blocked was tried, for so long.',
);
const Revert = Strict({
  until: Type.Union([OneOf(['sessionEnd', 'alertResolved', 'verdict'], 'What ends it.'), QuietUntil]),
  stages: Type.Optional(
    Type.Array(
      Strict(
        {
          release: Type.Array(OneOf(CONTROL_TEMPLATE_NAMES, 'A control of `contract`.'), { minItems: 1 }),
          after: QuietUntil,
        },
        'These controls end earlier than the rest.',
      ),
      {
        minItems: 1,
        maxItems: 8,
        description:
          'Steps back before `until`: which controls end first, and after how much quiet. Each step is a contraction of its own.',
      },
    ),
  ),
  max: DurationText,
  atMax: Type.Optional(
    Strict({
      quiet: Type.Optional(OneOf(['revert'], 'Nothing happened lately.')),
      active: Type.Optional(OneOf(['revert', 'page'], 'The attack goes on: revert, or stay and call a person.')),
    }),
  ),
  engineGone: Type.Optional(
    OneOf(['lapse', 'hold'], 'With the engine gone: drop it at its lease end, or keep it for a while.'),
  ),
});

const Escalate = Strict(
  {
    multiplier: Type.Number({
      exclusiveMinimum: 1,
      maximum: 100,
      description: 'Each time it comes back, quiet time and `max` are so many times as long.',
    }),
    maximum: DurationText,
    jitter: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 50,
        description: 'Percent by which a length may differ, so that an end cannot be timed.',
      }),
    ),
    decay: DurationText,
  },
  'Who comes back is held longer; one step comes down for every `decay` without a new contraction.',
);

export const Playbook = Type.Object(
  {
    apiVersion: Type.Literal('stepdown/v1'),
    kind: Type.Literal('Playbook'),
    id: Slug,
    name: Type.Optional(
      Type.String({
        pattern: Slug.pattern ?? '',
        description:
          'What lists and incidents call it. Default: its id, or where that is a UUID its file without the ending.',
      }),
    ),
    title: Type.String({ minLength: 1, maxLength: 200 }),
    description: Type.Optional(Type.String({ maxLength: 4000 })),
    version: Type.Integer({ minimum: 1 }),
    owner: Type.Optional(Type.String({ maxLength: 200 })),
    tags: Type.Optional(Words('`atlas.…`, `owasp.…`, `pillar.…` and your own.')),
    falsePositives: Type.Optional(Words('What looks like it and is not.')),
    mode: Type.Optional(OneOf(['observe', 'enforce'], 'Default: observe. An operator sets it in overrides.yaml.')),
    params: Type.Optional(Params('Values that `when` uses and operators tune.')),
    trigger: Type.Union([FindingTrigger, RiskTrigger, AlertTrigger]),
    when: Type.Optional(
      Type.String({ minLength: 1, maxLength: 4000, description: 'A CEL condition; see docs/playbooks.md.' }),
    ),
    target: Target,
    contract: Type.Optional(
      Type.Array(ControlTemplate, { maxItems: 20, description: 'The controls. None: only an incident.' }),
    ),
    onRepeat: Type.Optional(
      OneOf(['extend', 'ignore'], 'What another trigger does while it is active. Default: extend.'),
    ),
    revert: Type.Optional(Revert),
    limits: Type.Optional(
      Strict({
        targets: Type.Optional(
          Type.Integer({ minimum: 1, description: 'At most so many active contractions of this playbook.' }),
        ),
        fleetPercent: Type.Optional(
          Type.Number({
            exclusiveMinimum: 0,
            maximum: 100,
            description: 'At most this share of the known agents (one is always allowed).',
          }),
        ),
        contractions: Type.Optional(
          Strict(
            { most: Type.Integer({ minimum: 1 }), per: DurationText },
            'At most so many new contractions in any stretch of time.',
          ),
        ),
        over: Type.Optional(
          OneOf(
            ['requireApproval', 'observe'],
            'Beyond the limit: a person must agree, or only record it. Default: requireApproval.',
          ),
        ),
        approveWithin: Type.Optional(DurationText),
      }),
    ),
    cooldown: Type.Optional(DurationText),
    hours: Type.Optional(
      Type.Array(Hours, { minItems: 1, maxItems: 20, description: 'It acts only in one of these. Default: always.' }),
    ),
    escalate: Type.Optional(Escalate),
    notify: Type.Optional(
      Words(
        'Who hears of it: `owner` (of the playbook), or a name such as `soc-oncall`. Incidents carry the names to every sink.',
      ),
    ),
    incident: Type.Optional(
      Strict({
        severity: Type.Optional(OneOf(SEVERITIES, "Default: the finding's.")),
        group: Type.Optional(
          OneOf(['attack', 'none'], '`attack`: findings that belong together become one incident. Default.'),
        ),
        title: Type.Optional(Type.String({ maxLength: 200 })),
      }),
    ),
    tests: Type.Optional(Type.Array(PlaybookTest, { maxItems: 100 })),
  },
  {
    $id: 'Playbook',
    title: 'Playbook',
    additionalProperties: false,
    description: 'When this happens, contract that, until then.',
  },
);
export type Playbook = Static<typeof Playbook>;
