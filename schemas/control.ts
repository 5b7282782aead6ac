/** The smallest restrictions. A control only ever takes away; see services/policy for how they combine. */
import { type Static, Type } from '@sinclair/typebox';
import { EffectClass, OneOf, Strict } from './common.js';

const Globs = Type.Array(Type.String({ minLength: 1 }), {
  description: 'Names; `*` stands for any run of characters.',
});
const type = <K extends string>(k: K) => Type.Literal(k);

/** Which calls a tool control is about. A call matches where any of the given selectors matches; none given: every call. */
const toolSelector = {
  tools: Type.Optional(Globs),
  effects: Type.Optional(Type.Array(EffectClass)),
  /** Narrows the above to calls whose arguments name one of these destinations. */
  destinations: Type.Optional(Type.Array(Type.String())),
};

export const ToolBlock = Strict({ control: type('tool.block'), ...toolSelector });
export const ToolRequireApproval = Strict({
  control: type('tool.requireApproval'),
  ...toolSelector,
  by: Type.Optional(OneOf(['owner', 'soc', 'any'], 'Who may approve.')),
  timeoutMs: Type.Number({ minimum: 1000, description: 'How long a call may wait for a person.' }),
  otherwise: OneOf(['block'], 'What an unanswered request becomes.'),
});
export const ScopeNarrow = Strict({
  control: type('scope.narrow'),
  scopes: Type.Array(Type.String(), { description: 'The only scopes that remain.' }),
});
export const AuthStrength = Strict({
  control: type('auth.strength'),
  level: OneOf(['mfa', 'passwordless', 'phishing-resistant'], 'Weakest first.'),
});
export const AuthReauthenticate = Strict({
  control: type('auth.reauthenticate'),
  withinMs: Type.Number({ minimum: 0 }),
});
export const EgressAllow = Strict({
  control: type('egress.allow'),
  domains: Type.Array(Type.String(), {
    description: 'The only destinations that remain; `*.contoso.example` covers its sub-domains.',
  }),
});
export const ModelDeny = Strict({ control: type('model.deny'), models: Globs });
export const SandboxRequire = Strict({
  control: type('sandbox.require'),
  level: OneOf(['process', 'container', 'vm'], 'Weakest first.'),
});
export const DataMask = Strict({
  control: type('data.mask'),
  what: Type.Array(OneOf(['suspicious-spans', 'secrets', 'pii', 'all'], 'What the model is not shown.')),
});
export const GenerationGuard = Strict({
  control: type('generation.guard'),
  maxOutputTokens: Type.Optional(Type.Integer({ minimum: 1 })),
  denyToolUse: Type.Optional(Type.Boolean()),
});
export const RateLimit = Strict({
  control: type('rate.limit'),
  calls: Type.Integer({ minimum: 0 }),
  perMs: Type.Number({ minimum: 1000 }),
  ...toolSelector,
});
export const SessionSuspend = Strict({ control: type('session.suspend') });
export const AgentDisable = Strict({ control: type('agent.disable') });

export const Control = Type.Union(
  [
    ToolBlock,
    ToolRequireApproval,
    ScopeNarrow,
    AuthStrength,
    AuthReauthenticate,
    EgressAllow,
    ModelDeny,
    SandboxRequire,
    DataMask,
    GenerationGuard,
    RateLimit,
    SessionSuspend,
    AgentDisable,
  ],
  { $id: 'Control', title: 'Control' },
);
export type Control = Static<typeof Control>;
export type ControlName = Control['control'];
export type ControlOf<K extends ControlName> = Extract<Control, { control: K }>;

export const CONTROLS = {
  'tool.block': ToolBlock,
  'tool.requireApproval': ToolRequireApproval,
  'scope.narrow': ScopeNarrow,
  'auth.strength': AuthStrength,
  'auth.reauthenticate': AuthReauthenticate,
  'egress.allow': EgressAllow,
  'model.deny': ModelDeny,
  'sandbox.require': SandboxRequire,
  'data.mask': DataMask,
  'generation.guard': GenerationGuard,
  'rate.limit': RateLimit,
  'session.suspend': SessionSuspend,
  'agent.disable': AgentDisable,
} as const satisfies Record<ControlName, unknown>;
