/** The controls as playbooks write them: one key, the control's name, and its parameters. */
import { Type } from '@sinclair/typebox';
import { EFFECT_CLASSES, EffectClass, OneOf, Strict } from './common.js';
import { DurationText, Words } from './playbook-words.js';

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
export const CONTROL_TEMPLATE_NAMES = Object.keys(CONTROL_TEMPLATES) as ControlTemplateName[];
