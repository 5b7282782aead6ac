/** What an agent may do when nothing is wrong. None given: everything. */
import { type Static, Type } from '@sinclair/typebox';
import { EffectClass, Strict } from './common.js';

const Globs = Type.Array(Type.String({ minLength: 1 }));

/** What it may do at all. A list left out restricts nothing. */
export const Agency = Strict({
  tools: Type.Optional(Strict({ allow: Type.Optional(Globs), deny: Type.Optional(Globs) })),
  models: Type.Optional(Strict({ allow: Type.Optional(Globs), deny: Type.Optional(Globs) })),
  datasets: Type.Optional(Strict({ allow: Type.Optional(Globs), deny: Type.Optional(Globs) })),
  peers: Type.Optional(Strict({ allow: Type.Optional(Globs), deny: Type.Optional(Globs) })),
  egress: Type.Optional(Strict({ allow: Type.Optional(Globs) })),
});
export type Agency = Static<typeof Agency>;

/** What it may do unasked. */
export const Autonomy = Strict({
  approve: Type.Optional(Strict({ tools: Type.Optional(Globs), effects: Type.Optional(Type.Array(EffectClass)) })),
});
export type Autonomy = Static<typeof Autonomy>;

export const BaselinePolicy = Type.Object(
  {
    apiVersion: Type.Literal('stepdown/v1'),
    kind: Type.Literal('BaselinePolicy'),
    /** Every rule whose `match` fits applies; several combine to the narrowest. */
    rules: Type.Optional(
      Type.Array(
        Strict({
          match: Type.Optional(
            Strict({
              tenant: Type.Optional(Type.String()),
              agent: Type.Optional(Type.String()),
              blueprint: Type.Optional(Type.String()),
            }),
          ),
          agency: Type.Optional(Agency),
          autonomy: Type.Optional(Autonomy),
        }),
      ),
    ),
    /** What there should be. A kind left out is not judged; what is not listed of another is a finding (`shadow.…`). */
    inventory: Type.Optional(
      Strict({
        agents: Type.Optional(Globs),
        models: Type.Optional(Globs),
        servers: Type.Optional(Globs),
        endpoints: Type.Optional(Globs),
        /** Users who ask in series by order (evaluations, load tests): theirs are no `extraction.series`. */
        evaluators: Type.Optional(Globs),
      }),
    ),
    /** Facts about tools that names and descriptions do not tell. */
    tools: Type.Optional(
      Type.Record(
        Type.String(),
        Strict({
          effects: Type.Optional(Type.Array(EffectClass)),
          trusted: Type.Optional(
            Type.Boolean({ description: 'Its results come from people who may instruct the agent.' }),
          ),
        }),
      ),
    ),
  },
  {
    $id: 'BaselinePolicy',
    title: 'BaselinePolicy',
    additionalProperties: false,
    description: 'What agents may do when nothing is wrong.',
  },
);
export type BaselinePolicy = Static<typeof BaselinePolicy>;
