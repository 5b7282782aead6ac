/** What people do: contain, lift, extend, close, pause, resume. Each waits until response has acted on it. */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { DurationMs } from '../../../schemas/common.js';
import type { Contraction } from '../../../schemas/contraction.js';
import { type Control, CONTROLS } from '../../../schemas/control.js';
import { EntityRef } from '../../../schemas/entity.js';
import { VerdictOnIncident } from '../../../schemas/incident.js';
import type { Incident } from '../../../schemas/incident.js';
import { StepdownError } from '../../runtime/errors.js';
import { shortHash } from '../../runtime/hash.js';
import type { CommandOutcome, Engine } from '../engine.js';
import { type Reply } from '../http/message.js';
import { type Call, problemReply, type Route, shaped } from '../http/router.js';
import { contractionById, incidentById } from '../records/read.js';

const Reason = Type.String({ minLength: 1, maxLength: 1000 });
const Contain = Type.Object(
  {
    target: Type.Object(
      {
        tenant: Type.Optional(EntityRef.properties.tenant),
        type: EntityRef.properties.type,
        id: EntityRef.properties.id,
      },
      { additionalProperties: false },
    ),
    controls: Type.Array(Type.Object({ control: Type.String() }), { minItems: 1, maxItems: 20 }),
    forMs: Type.Number({ minimum: 1000, maximum: 366 * 86_400_000 }),
    reason: Reason,
  },
  { additionalProperties: false },
);
const Lift = Type.Object({ reason: Reason, suppressMs: Type.Optional(DurationMs) }, { additionalProperties: false });
const Extend = Type.Object(
  { reason: Reason, byMs: Type.Number({ minimum: 1000, maximum: 366 * 86_400_000 }) },
  { additionalProperties: false },
);
const Freeze = Type.Object(
  { reason: Reason, forMs: Type.Number({ minimum: 1000, maximum: 30 * 86_400_000 }) },
  { additionalProperties: false },
);
const Take = Type.Object(
  { reason: Reason, assignee: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })) },
  { additionalProperties: false },
);
const Close = Type.Object({ reason: Reason, verdict: VerdictOnIncident }, { additionalProperties: false });
const Because = Type.Object({ reason: Reason }, { additionalProperties: false });

export function commandRoutes(engine: Engine): Route[] {
  const { tenant } = engine.config;

  const contain = async (call: Call): Promise<Reply> => {
    const body = call.json(Contain);
    // Checked one by one: a union would only say that none of thirteen shapes fits.
    const controls = body.controls.map((control, at) => {
      const schema = (CONTROLS as Record<string, TSchema | undefined>)[control.control];
      if (schema === undefined)
        throw new StepdownError('input-malformed', `Known controls: ${Object.keys(CONTROLS).join(', ')}`, {
          place: { pointer: `/controls/${at}/control` },
        });
      return shaped(schema, control, `/controls/${at}`) as Control;
    });
    const key = keyOf(call, engine);
    const contractionId = shortHash(tenant, 'manual', call.principal.id, key);
    const outcome = await engine.command(
      {
        do: 'contain',
        target: {
          ...body.target,
          ...(body.target.type === 'user' ? { id: engine.userNames(body.target.id) } : {}),
          tenant: body.target.tenant ?? tenant,
        },
        controls,
        forMs: body.forMs,
        contractionId,
      },
      call.principal,
      body.reason,
      key,
    );
    return replyTo(
      outcome,
      201,
      async () =>
        engine.point.contractions.get(contractionId)?.contraction ??
        (await contractionById(engine, contractionId)) ?? { id: contractionId },
    );
  };

  const onContraction =
    <S extends TSchema>(
      schema: S,
      make: (body: Static<S>, contraction: Contraction) => Parameters<Engine['command']>[0],
    ) =>
    async (call: Call): Promise<Reply> => {
      const body = call.json(schema);
      const contraction = await mustFind(contractionById(engine, call.params.id ?? ''), 'contraction', call.params.id);
      const outcome = await engine.command(
        make(body, contraction),
        call.principal,
        (body as { reason: string }).reason,
        keyOf(call, engine),
      );
      return replyTo(outcome, 200, async () => (await contractionById(engine, contraction.id)) ?? contraction);
    };

  const close = async (call: Call): Promise<Reply> => {
    const body = call.json(Close);
    const incident = await mustFind<Incident>(incidentById(engine, call.params.id ?? ''), 'incident', call.params.id);
    const outcome = await engine.command(
      { do: 'close-incident', incidentId: incident.id, verdict: body.verdict },
      call.principal,
      body.reason,
      keyOf(call, engine),
    );
    return replyTo(outcome, 200, async () => (await incidentById(engine, incident.id)) ?? incident);
  };

  const take = async (call: Call): Promise<Reply> => {
    const { reason, assignee } = call.json(Take);
    const incident = await mustFind<Incident>(incidentById(engine, call.params.id ?? ''), 'incident', call.params.id);
    const outcome = await engine.command(
      { do: 'take-incident', incidentId: incident.id, ...(assignee === undefined ? {} : { assignee }) },
      call.principal,
      reason,
      keyOf(call, engine),
    );
    return replyTo(outcome, 200, async () => (await incidentById(engine, incident.id)) ?? incident);
  };

  const glass =
    (what: 'pause' | 'resume') =>
    async (call: Call): Promise<Reply> => {
      const body = call.json(Because);
      const outcome = await engine.command({ do: what }, call.principal, body.reason, keyOf(call, engine));
      return replyTo(outcome, 200, async () => ({ paused: what === 'pause' }));
    };

  return [
    { method: 'POST', path: '/v1/contractions', right: 'respond', run: contain },
    {
      method: 'POST',
      path: '/v1/contractions/:id/lift',
      right: 'respond',
      run: onContraction(Lift, (body, contraction) => ({
        do: 'lift',
        contractionId: contraction.id,
        ...(body.suppressMs === undefined ? {} : { suppressMs: body.suppressMs }),
      })),
    },
    {
      method: 'POST',
      path: '/v1/contractions/:id/extend',
      right: 'respond',
      run: onContraction(Extend, (body, contraction) => ({
        do: 'extend',
        contractionId: contraction.id,
        byMs: body.byMs,
      })),
    },
    {
      method: 'POST',
      path: '/v1/contractions/:id/approve',
      right: 'respond',
      run: onContraction(Because, (_body, contraction) => ({ do: 'approve', contractionId: contraction.id })),
    },
    {
      method: 'POST',
      path: '/v1/contractions/:id/deny',
      right: 'respond',
      run: onContraction(Because, (_body, contraction) => ({ do: 'deny', contractionId: contraction.id })),
    },
    {
      method: 'POST',
      path: '/v1/contractions/:id/freeze',
      right: 'respond',
      run: onContraction(Freeze, (body, contraction) => ({
        do: 'freeze',
        contractionId: contraction.id,
        forMs: body.forMs,
      })),
    },
    { method: 'POST', path: '/v1/incidents/:id/take', right: 'respond', run: take },
    { method: 'POST', path: '/v1/incidents/:id/close', right: 'respond', run: close },
    { method: 'POST', path: '/v1/pause', right: 'respond', run: glass('pause') },
    { method: 'POST', path: '/v1/resume', right: 'respond', run: glass('resume') },
  ];
}

/** A sender that repeats a lost request names it, so that it is done once. */
function keyOf(call: Call, engine: Engine): string {
  const key = call.headers['idempotency-key'];
  return key !== undefined && key.length > 0 && key.length <= 200 ? key : engine.newId();
}

async function mustFind<T>(found: Promise<T | undefined>, noun: string, id: string | undefined): Promise<T> {
  const value = await found;
  if (value === undefined) throw new StepdownError('not-found', `There is no ${noun} ${id ?? ''}`);
  return value;
}

async function replyTo(outcome: CommandOutcome, status: number, body: () => Promise<unknown>): Promise<Reply> {
  if (outcome.kind === 'refused') return problemReply({ status: 409, code: 'conflict', detail: outcome.message });
  if (outcome.kind === 'unconfirmed')
    return {
      status: 202,
      body: { state: 'unconfirmed', message: 'It is recorded and will be done; it was not confirmed in time.' },
    };
  return { status, body: await body() };
}
