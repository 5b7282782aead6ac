/** `POST /access/v1/evaluation(s)` and the metadata: AuthZEN 1.0. The words are mapped in ../authzen.ts. */
import { Type } from '@sinclair/typebox';
import type { Principal } from '../../../schemas/principal.js';
import { StepdownError } from '../../runtime/errors.js';
import { type Asked } from '../asked.js';
import { answerOf, askedOf, ends, Evaluations, membersOf, metadata, semanticOf } from '../authzen.js';
import type { Engine } from '../engine.js';
import { type Call, type Route, shaped } from '../http/router.js';
import { ok } from '../http/message.js';
import { problemOf } from '../problem.js';
import { speaksFor } from '../principals.js';

export function authzenRoutes(engine: Engine): Route[] {
  const one = async (input: unknown, principal: Principal, base = ''): Promise<ReturnType<typeof answerOf>> => {
    const asked = askedOf(input, shaped, base);
    mustSpeakFor(principal, asked, base);
    const { decision, policy, effects } = await engine.answer(asked, principal);
    return answerOf(decision, { effects, obligations: policy.obligations });
  };

  const evaluations = async (call: Call) => {
    const body = call.json(Evaluations);
    const members = membersOf(body);
    // "If the evaluations array is absent or empty, it behaves like the evaluation API" (section 7.1).
    if (members === undefined) return ok(await one(body, call.principal));
    const semantic = semanticOf(body);
    const answers: unknown[] = [];
    for (const { member, base } of members) {
      let answer: { decision: boolean; context?: Record<string, unknown> };
      try {
        answer = await one(member, call.principal, base);
      } catch (error) {
        // A member that cannot be evaluated is a denial with its error; the others are answered all the same.
        const problem = problemOf(error);
        if (problem.status >= 500) throw error;
        answer = {
          decision: false,
          context: {
            error: {
              status: problem.status,
              message: problem.detail,
              ...(problem.pointer === undefined ? {} : { pointer: problem.pointer }),
            },
          },
        };
      }
      answers.push(answer);
      if (ends(semantic, answer.decision)) break;
    }
    return ok({ evaluations: answers });
  };

  return [
    {
      method: 'POST',
      path: '/access/v1/evaluation',
      right: 'decide',
      run: async (call) => ok(await one(call.json(Type.Unknown()), call.principal)),
    },
    { method: 'POST', path: '/access/v1/evaluations', right: 'decide', run: evaluations },
    {
      method: 'GET',
      path: '/.well-known/authzen-configuration',
      right: 'public',
      run: () => {
        const { publicUrl } = engine.config.gateway;
        if (publicUrl === undefined)
          throw new StepdownError('not-found', 'Metadata is published where `gateway.publicUrl` is set');
        return { status: 200, headers: { 'cache-control': 'max-age=3600' }, body: metadata(publicUrl) };
      },
    },
  ];
}

function mustSpeakFor(principal: Principal, asked: Asked, base: string): void {
  if (!speaksFor(principal, asked.agent.id))
    throw new StepdownError('forbidden', `This token does not speak for the agent ${asked.agent.id}`, {
      place: { pointer: `${base}/subject/id` },
    });
}
