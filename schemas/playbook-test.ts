/** A playbook's own tests: what happens, step by step, and what must and must not come of it. */
import { type Static, Type } from '@sinclair/typebox';
import { EffectClass, OneOf, SEVERITIES, Strict, TRUSTS } from './common.js';
import { EntityRef } from './entity.js';
import { END_REASONS } from './contraction.js';
import { DurationText } from './playbook-words.js';

const Fact = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);
const Peer = Type.Omit(EntityRef, ['tenant'], { additionalProperties: false });

const FindingStep = Strict(
  {
    type: Type.String(),
    detector: Type.Optional(Type.String({ description: 'Default: the first part of the type.' })),
    confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Default: 0.95.' })),
    severity: Type.Optional(OneOf(SEVERITIES, 'Default: high.')),
    tool: Type.Optional(Type.String()),
    model: Type.Optional(Type.String({ description: 'Default: model-1.' })),
    origin: Type.Optional(Type.String()),
    trust: Type.Optional(OneOf(TRUSTS, 'Default: authenticated.')),
    session: Type.Optional(Type.String({ description: 'Default: session-1.' })),
    agent: Type.Optional(Type.String({ description: 'Default: agent-1.' })),
    user: Type.Optional(Type.String({ description: 'Default: user-1.' })),
    blueprint: Type.Optional(Type.String({ description: 'Default: blueprint-1.' })),
    learning: Type.Optional(Type.Boolean()),
    observed: Type.Optional(Type.Union([Type.String(), Type.Number()])),
    sampleSize: Type.Optional(Type.Number({ minimum: 0 })),
    predicted: Type.Optional(
      Type.Array(
        Strict({
          tool: Type.String(),
          destination: Type.Optional(Type.String()),
          probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
        }),
      ),
    ),
    peers: Type.Optional(Type.Array(Peer, { description: 'Whom the same attack reached.' })),
    neighbours: Type.Optional(Type.Array(Type.String(), { description: 'Agents this one exchanges messages with.' })),
    facts: Type.Optional(Type.Record(Type.String(), Fact)),
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'So many of them. Default: 1.' })),
    every: Type.Optional(DurationText),
  },
  'A detector said something.',
);

const CallStep = Strict(
  {
    tool: Type.String(),
    effects: Type.Optional(Type.Array(EffectClass)),
    arguments: Type.Optional(Type.Unknown()),
    session: Type.Optional(Type.String()),
    agent: Type.Optional(Type.String()),
    user: Type.Optional(Type.String()),
    model: Type.Optional(Type.String()),
  },
  'An agent asks for a tool. One that is stopped counts as an attempt, as it does live.',
);

const Calls = (description: string) => Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description });
const count = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description }));

/** What must hold, and what must not happen, at the end of a step. */
export const Expectation = Strict({
  answer: Type.Optional(OneOf(['allow', 'needs_approval', 'block'], "Of this step's call.")),
  blocked: Type.Optional(Calls('Tools whose calls would be blocked now.')),
  held: Type.Optional(Calls('Tools whose calls would wait for a person now.')),
  allowed: Type.Optional(Calls('Tools whose calls would run now.')),
  active: count('Contractions active now.'),
  waiting: count('Contractions that wait for a person now.'),
  contractions: count('Contractions made so far.'),
  ended: count('Contractions over by now.'),
  endReason: Type.Optional(OneOf(END_REASONS, 'Why the last one ended.')),
  paged: count('Contractions a person was called for.'),
  controls: Type.Optional(
    Type.Array(Type.String(), { description: 'Names of the controls active now, in any order.' }),
  ),
  targets: Type.Optional(
    Type.Array(Type.String(), { description: 'What is contracted now, each `type:id`, in any order.' }),
  ),
  incidents: count('Incidents raised so far.'),
  severity: Type.Optional(OneOf(SEVERITIES, 'Of the newest incident.')),
  why: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Part of the reason why it did nothing, as the incident or `explain` says.',
    }),
  ),
});
export type Expectation = Static<typeof Expectation>;

const Step = Strict({
  at: Type.Optional(DurationText),
  finding: Type.Optional(FindingStep),
  call: Type.Optional(CallStep),
  session: Type.Optional(OneOf(['ended', 'resumed'], 'What became of the session (session-1).')),
  alert: Type.Optional(
    Strict({
      id: Type.String(),
      state: OneOf(['new', 'active', 'resolved'], ''),
      title: Type.Optional(Type.String({ description: 'Default: its id.' })),
      severity: Type.Optional(OneOf(SEVERITIES, 'Default: medium.')),
      trust: Type.Optional(OneOf(TRUSTS, 'Default: claimed.')),
      agent: Type.Optional(Type.String()),
      session: Type.Optional(Type.String()),
      user: Type.Optional(Type.String()),
    }),
  ),
  verdict: Type.Optional(OneOf(['true', 'false', 'benign'], 'A person closes the incident.')),
  person: Type.Optional(
    OneOf(
      ['approve', 'lift', 'lift-1h', 'pause', 'resume'],
      'A person approves what waits, lifts what is active (with an hour of rest), pauses or resumes the engine.',
    ),
  ),
  expect: Type.Optional(Expectation),
});
export type TestStep = Static<typeof Step>;

export const PlaybookTest = Strict({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  begins: Type.Optional(
    Type.String({
      format: 'stepdown-time',
      description: 'When the timeline begins, for what depends on hours. Default: 2030-01-01T00:00:00Z.',
    }),
  ),
  timeline: Type.Optional(
    Type.Array(Step, {
      minItems: 1,
      maxItems: 200,
      description: 'What happens, in order; each at or after the step before.',
    }),
  ),
  events: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'A file of recorded telemetry (.jsonl, .jsonl.gz), relative to this one: read by the real detectors instead of a timeline.',
    }),
  ),
  advance: Type.Optional(DurationText),
  expect: Type.Optional(Expectation),
});
export type PlaybookTest = Static<typeof PlaybookTest>;
