/** What reading one text gave. Done once, before detection, and stored with the event. */
import { type Static, Type } from '@sinclair/typebox';
import { EFFECT_CLASSES, Id, OneOf, Probability, Strict } from './common.js';

/** Ways in which a text can be hidden; a layer that had to be peeled off is evidence. */
export const LAYERS = [
  'unicode-confusables',
  'zero-width',
  'unicode-tags',
  'bidi',
  'base64',
  'hex',
  'percent',
  'rot13',
  'html',
  'markdown',
  'json-escape',
  'yaml-escape',
] as const;
export const Layer = OneOf(LAYERS, 'A layer that normalisation removed to read the text.');
export type Layer = (typeof LAYERS)[number];

export const SUSPICIONS = ['injection', 'jailbreak', 'credential', 'exfiltration'] as const;
export type Suspicion = (typeof SUSPICIONS)[number];

/** One suspicious stretch of a text. Offsets count UTF-16 code units of the text as it was received. */
export const Span = Strict({
  start: Type.Integer({ minimum: 0 }),
  end: Type.Integer({ minimum: 0 }),
  probability: Probability,
  fastProbability: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'What was said of it without the deep model; only where that spoke.',
    }),
  ),
  suspicion: OneOf(SUSPICIONS, 'What the span looks like.'),
  also: Type.Optional(
    Type.Array(OneOf(SUSPICIONS, ''), {
      description: 'What else it looks like: a frame that is surer than what is asked for hides it no more.',
    }),
  ),
  rule: Type.String({ description: 'The pattern or model head that found it.' }),
  /** The normalised text of the span, at most 2,000 characters; removed where content is not kept. */
  text: Type.Optional(Type.String({ maxLength: 2000 })),
  layers: Type.Optional(Type.Array(Layer)),
  asksFor: Type.Optional(
    Strict({
      tools: Type.Array(Type.String(), { description: 'Tool-like words the span tells its reader to use.' }),
      effects: Type.Array(OneOf(EFFECT_CLASSES, 'What it asks to be done.')),
      destinations: Type.Array(Type.String(), {
        description: 'E-mail addresses, URLs, accounts and other targets named in the span.',
      }),
    }),
  ),
});
export type Span = Static<typeof Span>;

export const ROLES = ['system', 'user', 'assistant', 'tool', 'document', 'agent', 'memory', 'description'] as const;
export const TextRole = OneOf(ROLES, 'Who speaks in the text.');
export type TextRole = (typeof ROLES)[number];

/** The verdict on one text of an event: read, or skipped with the reason. */
export const Inspection = Strict({
  hash: Id,
  at: Type.String({ description: 'JSON pointer of the text inside the event.' }),
  role: TextRole,
  chars: Type.Integer({ minimum: 0 }),
  verdict: Type.Union([
    Strict({
      kind: Type.Literal('read'),
      model: Type.String({ description: 'Name and version of what read it.' }),
      probability: Probability,
      spans: Type.Array(Span),
    }),
    Strict({ kind: Type.Literal('skipped'), reason: Type.String() }),
  ]),
});
export type Inspection = Static<typeof Inspection>;
