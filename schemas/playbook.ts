/**
 * What to do when: the document that people write. Read strictly (services/respond/playbook): what is not named here is
 * an error with its place. Durations are written `15m`; nothing here is a moment in time but `expires`.
 */
import { type Static, Type } from '@sinclair/typebox';
import { EFFECT_CLASSES, EffectClass, OneOf, SEVERITIES, Strict, TRUSTS } from './common.js';
import { ENTITY_TYPES } from './entity.js';

/** `90s`, `15m`, `1h30m`, `7d`. */
export const DurationText = Type.String({
  format: 'stepdown-duration',
  description: 'A length of time: `90s`, `15m`, `1h30m`, `7d`.',
});
const Slug = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
  description: 'Letters, digits, dot, dash, underscore.',
});
const Words = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 100, description });
const Score = Type.Number({ minimum: 0, maximum: 100 });

export const TARGETS = ['session', 'agent', 'blueprint', 'user', 'tool', 'model'] as const;
export const Target = OneOf(TARGETS, 'What the contraction is on.');
export type Target = Static<typeof Target>;

/** `predicted`: the calls that the finding says come next. `observed`: the very call the finding is about. */
export const RESOLVED = ['predicted', 'observed'] as const;
const Names = (what: string) =>
  Type.Union([OneOf(RESOLVED, 'Taken from the finding when the playbook fires.'), Words(what)], {
    description: `${what}; or \`predicted\`, \`observed\`: taken from the finding when the playbook fires.`,
  });

const selector = {
  tools: Type.Optional(Names('Tool names; `*` stands for any run of characters')),
  effects: Type.Optional(
    Type.Array(EffectClass, {
      minItems: 1,
      maxItems: EFFECT_CLASSES.length,
      description: 'Calls that do one of these. With `tools`: either is enough.',
    }),
  ),
  destinations: Type.Optional(Names('Only calls to one of these hosts, addresses or accounts')),
};
/** What stands in where `predicted` or `observed` gives nothing. */
const OrElse = Strict(
  {
    tools: Type.Optional(Words('Tool names')),
    effects: Type.Optional(Type.Array(EffectClass, { maxItems: EFFECT_CLASSES.length })),
  },
  'Stands in where nothing was predicted or observed. Left out: the control is left out.',
);

/** Each control as it is written: one key, the control's name, and its parameters. */
export const CONTROL_TEMPLATES = {
  'tool.block': Strict({ ...selector, orElse: Type.Optional(OrElse) }, 'Refuse the selected calls.'),
  'tool.requireApproval': Strict(
    {
      ...selector,
      orElse: Type.Optional(OrElse),
      by: Type.Optional(OneOf(['owner', 'soc', 'any'], 'Who may approve. Default: any.')),
      timeout: Type.Optional(DurationText),
      otherwise: Type.Optional(OneOf(['block'], 'What an unanswered request becomes.')),
    },
    'Hold the selected calls until a person agrees. Default timeout: 5m.',
  ),
  'scope.narrow': Strict({ scopes: Words('The only scopes that remain.') }, 'Withdraw permission scopes.'),
  'auth.strength': Strict(
    { level: OneOf(['mfa', 'passwordless', 'phishing-resistant'], 'Weakest first.') },
    'Ask for a stronger sign-in.',
  ),
  'auth.reauthenticate': Strict({ within: DurationText }, 'Ask for a recent sign-in.'),
  'egress.allow': Strict(
    { domains: Words('The only destinations that remain; `*.contoso.example` covers its sub-domains.') },
    'Leave only these destinations.',
  ),
  'model.deny': Strict({ models: Words('Model names; `*` stands for any run of characters.') }, 'Refuse models.'),
  'sandbox.require': Strict(
    { level: OneOf(['process', 'container', 'vm'], 'Weakest first.') },
    'Run tools only in a sandbox.',
  ),
  'data.mask': Strict(
    { what: Type.Array(OneOf(['suspicious-spans', 'secrets', 'pii', 'all'], 'What to hide.'), { minItems: 1 }) },
    'Hide parts of what the model is shown.',
  ),
  'generation.guard': Strict(
    {
      maxOutputTokens: Type.Optional(Type.Integer({ minimum: 1 })),
      denyToolUse: Type.Optional(Type.Boolean()),
    },
    'Limit what a model may generate.',
  ),
  'rate.limit': Strict(
    { calls: Type.Integer({ minimum: 0 }), per: DurationText, ...selector },
    'At most so many calls in any stretch of time.',
  ),
  'session.suspend': Strict({}, 'Stop everything in the session.'),
  'agent.disable': Strict({}, 'Stop everything the agent does.'),
} as const;
export type ControlTemplateName = keyof typeof CONTROL_TEMPLATES;

const single = <K extends ControlTemplateName>(name: K) => Strict({ [name]: CONTROL_TEMPLATES[name] });
export const ControlTemplate = Type.Union((Object.keys(CONTROL_TEMPLATES) as ControlTemplateName[]).map(single), {
  description: 'One control: a single key, its name.',
});

const FindingTrigger = Strict(
  {
    finding: Type.Union([Type.String({ minLength: 1 }), Words('Finding types')], {
      description: 'A finding type, a pattern such as `injection.*`, or a list of them.',
    }),
    by: Type.Optional(OneOf(TARGETS, 'What a repeat is counted by. Default: the target.')),
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

const Step = Strict({
  at: Type.Optional(DurationText),
  finding: Type.Optional(
    Strict({
      type: Type.String(),
      confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
      severity: Type.Optional(OneOf(SEVERITIES, 'Default: high.')),
      tool: Type.Optional(Type.String()),
      origin: Type.Optional(Type.String()),
      trust: Type.Optional(OneOf(TRUSTS, 'Default: authenticated.')),
      session: Type.Optional(Type.String()),
      agent: Type.Optional(Type.String()),
      learning: Type.Optional(Type.Boolean()),
      predicted: Type.Optional(
        Type.Array(
          Strict({
            tool: Type.String(),
            destination: Type.Optional(Type.String()),
            probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
          }),
        ),
      ),
      facts: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]))),
    }),
  ),
  call: Type.Optional(
    Strict({
      tool: Type.String(),
      effects: Type.Optional(Type.Array(EffectClass)),
      arguments: Type.Optional(Type.Unknown()),
      session: Type.Optional(Type.String()),
      agent: Type.Optional(Type.String()),
    }),
  ),
  session: Type.Optional(OneOf(['ended', 'resumed'], 'What became of the session.')),
  alert: Type.Optional(
    Strict({ id: Type.String(), state: OneOf(['new', 'active', 'resolved'], ''), title: Type.Optional(Type.String()) }),
  ),
  verdict: Type.Optional(OneOf(['true', 'false', 'benign'], 'A person closes the incident.')),
  expect: Type.Optional(
    Strict({
      answer: Type.Optional(OneOf(['allow', 'needs_approval', 'block'], "Of this step's call.")),
      active: Type.Optional(Type.Integer({ minimum: 0, description: 'Contractions active now.' })),
      contractions: Type.Optional(Type.Integer({ minimum: 0, description: 'Contractions made so far.' })),
      incidents: Type.Optional(Type.Integer({ minimum: 0, description: 'Incidents raised so far.' })),
    }),
  ),
});
export type TestStep = Static<typeof Step>;

export const PlaybookTest = Strict({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  timeline: Type.Array(Step, {
    minItems: 1,
    maxItems: 200,
    description: 'What happens, in order; each at or after the step before.',
  }),
});
export type PlaybookTest = Static<typeof PlaybookTest>;

export const Playbook = Type.Object(
  {
    apiVersion: Type.Literal('stepdown/v1'),
    kind: Type.Literal('Playbook'),
    id: Slug,
    name: Type.Optional(Slug),
    title: Type.String({ minLength: 1, maxLength: 200 }),
    description: Type.Optional(Type.String({ maxLength: 4000 })),
    version: Type.Integer({ minimum: 1 }),
    owner: Type.Optional(Type.String({ maxLength: 200 })),
    tags: Type.Optional(Words('`atlas.…`, `owasp.…`, `pillar.…` and your own.')),
    falsePositives: Type.Optional(Words('What looks like it and is not.')),
    mode: Type.Optional(OneOf(['observe', 'enforce'], 'Default: observe. An operator sets it in overrides.yaml.')),
    params: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]*$' }),
        Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Array(Type.String())]),
        {
          description: 'Values that `when` uses and operators tune.',
        },
      ),
    ),
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
        over: Type.Optional(
          OneOf(
            ['requireApproval', 'observe'],
            'Beyond the limit: a person must agree, or only record it. Default: requireApproval.',
          ),
        ),
      }),
    ),
    cooldown: Type.Optional(DurationText),
    notify: Type.Optional(Words('Who hears of it.')),
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

/** What operators tune, apart from the content, so that an upgrade of the content never erases it. */
export const Overrides = Type.Object(
  {
    apiVersion: Type.Literal('stepdown/v1'),
    kind: Type.Literal('Overrides'),
    lists: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]*$' }), Words('Names or domains.'), {
        description: 'Reference lists that `when` uses as `lists.NAME`.',
      }),
    ),
    playbooks: Type.Optional(
      Type.Record(
        Type.String(),
        Strict({
          mode: Type.Optional(OneOf(['observe', 'enforce', 'off'], 'Instead of what the playbook says.')),
          params: Type.Optional(
            Type.Record(
              Type.String(),
              Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Array(Type.String())]),
            ),
          ),
          except: Type.Optional(
            Type.Array(
              Strict({
                when: Type.String(),
                reason: Type.String(),
                owner: Type.String(),
                expires: Type.String({ format: 'stepdown-time', description: 'ISO 8601 with zone.' }),
              }),
              { description: 'Where the condition holds, the playbook does nothing.' },
            ),
          ),
          reason: Type.String({ minLength: 1, description: 'Why.' }),
          owner: Type.String({ minLength: 1, description: 'Who answers for it.' }),
          expires: Type.Optional(
            Type.String({
              format: 'stepdown-time',
              description: 'ISO 8601 with zone; afterwards the playbook says again.',
            }),
          ),
        }),
        { description: 'By playbook id.' },
      ),
    ),
  },
  {
    $id: 'Overrides',
    title: 'Overrides',
    additionalProperties: false,
    description: 'What operators tune, by playbook id.',
  },
);
export type Overrides = Static<typeof Overrides>;
