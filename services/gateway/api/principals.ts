/** Principals: list, add, revoke. A token is shown once, when it is made. */
import { Type } from '@sinclair/typebox';
import { type Principal, PrincipalRole } from '../../../schemas/principal.js';
import { StepdownError } from '../../runtime/errors.js';
import type { Engine } from '../engine.js';
import { ok, type Reply } from '../http/message.js';
import { may } from '../principals.js';
import type { Call, Route } from '../http/router.js';

const Add = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 128 }),
    role: PrincipalRole,
    agents: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { maxItems: 100 })),
    soc: Type.Optional(Type.Boolean()),
    owns: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 512 }), { maxItems: 100 })),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  },
  { additionalProperties: false },
);

export function principalRoutes(engine: Engine): Route[] {
  const add = async (call: Call): Promise<Reply> => {
    engine.mustRun();
    const body = call.json(Add);
    const agents = body.agents ?? [];
    if (body.role === 'agent' && agents.length === 0)
      throw new StepdownError('input-malformed', 'Name the agents it speaks for (`*` for any)', {
        place: { pointer: '/agents' },
      });
    if (body.role !== 'agent' && agents.length > 0)
      throw new StepdownError('input-malformed', 'Only the role `agent` is bound to agents', {
        place: { pointer: '/agents' },
      });
    for (const standing of ['soc', 'owns'] as const)
      if (body[standing] !== undefined && !may({ role: body.role }, 'respond'))
        throw new StepdownError('input-malformed', `A ${body.role} cannot answer approvals`, {
          place: { pointer: `/${standing}` },
          mend: 'give it the role `responder`',
        });
    const { principal, token } = await engine.principals.add({
      name: body.name,
      role: body.role,
      agents,
      soc: body.soc,
      owns: body.owns,
      by: call.principal.name,
      nowMs: engine.clock.now(),
    });
    await engine.audit(call.principal, 'principal.add', principal.id, body.reason ?? body.name, principal.role);
    return { status: 201, body: { ...shown(principal), token } };
  };

  const revoke = async (call: Call): Promise<Reply> => {
    engine.mustRun();
    const id = call.params.id ?? '';
    const revoked = await engine.principals.revoke(id, engine.clock.now());
    if (revoked === undefined) throw new StepdownError('not-found', `There is no principal ${id}`);
    if (revoked === 'last-admin') throw new StepdownError('conflict', 'It is the last admin; add another one first');
    await engine.audit(call.principal, 'principal.revoke', id, call.query.get('reason') ?? revoked.name, 'revoked');
    return ok(shown(revoked));
  };

  return [
    {
      method: 'GET',
      path: '/v1/principals',
      right: 'administer',
      run: () => ok({ items: engine.principals.principals.list().map(shown) }),
    },
    { method: 'POST', path: '/v1/principals', right: 'administer', run: add },
    { method: 'DELETE', path: '/v1/principals/:id', right: 'administer', run: revoke },
    { method: 'GET', path: '/v1/principals/me', right: 'read', run: (call) => ok(shown(call.principal)) },
  ];
}

/** Without the hash. */
function shown({ tokenHash: _tokenHash, ...principal }: Principal): Omit<Principal, 'tokenHash'> {
  return principal;
}
