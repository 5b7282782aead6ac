/** Playbooks at a console: what runs, what it did, who lets it act, what it leaves alone, what it would make of an attack. */
import { Type } from '@sinclair/typebox';
import type { Incident } from '../../../schemas/incident.js';
import { StepdownError } from '../../runtime/errors.js';
import type { Engine } from '../engine.js';
import { ok, type Reply } from '../http/message.js';
import type { Call, Route } from '../http/router.js';
import { choiceOf, timeOf } from '../pages.js';
import type { PlaybookDesk } from '../playbook-desk.js';
import { precisionOf } from '../precision.js';
import { documentsUnder, part } from '../records/read.js';

const DAY_MS = 86_400_000;
/** How far back is looked where nobody says. */
const LOOKED_BACK_MS = 14 * DAY_MS;
const EXCEPTED_FOR_MS = 30 * DAY_MS;

const Reason = Type.String({ minLength: 1, maxLength: 1000 });
const ForMs = Type.Number({ minimum: 60_000, maximum: 3660 * DAY_MS });
const Promote = Type.Object(
  {
    reason: Reason,
    agents: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 500, uniqueItems: true }),
    ),
    forMs: Type.Optional(ForMs),
    sinceMs: Type.Optional(Type.Number({ minimum: 0 })),
    despiteObjections: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
const Observe = Type.Object({ reason: Reason, forMs: Type.Optional(ForMs) }, { additionalProperties: false });
const Except = Type.Object(
  {
    incident: Type.String({ minLength: 1, maxLength: 200 }),
    when: Type.Optional(Type.String({ minLength: 1, maxLength: 4000 })),
    reason: Reason,
    forMs: Type.Optional(ForMs),
    dryRun: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
const Simulate = Type.Object(
  {
    test: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    mode: Type.Optional(Type.Union([Type.Literal('configured'), Type.Literal('enforce'), Type.Literal('observe')])),
  },
  { additionalProperties: false },
);

const New = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 200 }),
    incident: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  { additionalProperties: false },
);
const Diff = Type.Object(
  { text: Type.String({ minLength: 1, maxLength: 262_144 }), sinceMs: Type.Optional(Type.Number({ minimum: 0 })) },
  { additionalProperties: false },
);

export function playbookRoutes(engine: Engine, desk: PlaybookDesk | undefined): Route[] {
  const known = (): PlaybookDesk => {
    if (desk === undefined) throw new StepdownError('not-running', 'Playbooks run only in a running engine');
    return desk;
  };
  const idOf = (call: Call): string => call.params.id ?? '';
  const until = (forMs: number | undefined) => (forMs === undefined ? {} : { expiresAtMs: engine.clock.now() + forMs });

  const one = async (call: Call): Promise<Reply> => {
    const sinceMs = timeOf(call.query, 'since') ?? engine.clock.now() - LOOKED_BACK_MS;
    return ok({ ...known().one(idOf(call)), record: await known().record(idOf(call), sinceMs) });
  };

  const promote = async (call: Call): Promise<Reply> => {
    const { reason, agents, forMs, sinceMs, despiteObjections } = call.json(Promote);
    const { principal } = call;
    const id = idOf(call);
    const record = await known().record(id, sinceMs ?? engine.clock.now() - LOOKED_BACK_MS);
    if (record.objections.length > 0 && despiteObjections !== true) {
      const said = record.objections.join('; ');
      await engine.audit(principal, 'playbook.promote', id, reason, `refused: ${said}`);
      throw new StepdownError('conflict', `${id} is not promoted: ${said}`, {
        mend: 'narrow its condition, raise its limits, or say despiteObjections',
      });
    }
    const view = known().setMode({
      id,
      mode: 'enforce',
      ...(agents === undefined ? {} : { agents }),
      reason,
      owner: principal.name,
      ...until(forMs),
    });
    const despite = record.objections.length > 0 ? `, despite: ${record.objections.join('; ')}` : '';
    const whom = agents === undefined ? 'for all' : `for ${agents.join(', ')}`;
    await engine.audit(principal, 'playbook.promote', id, reason, `enforces ${whom}${despite}`);
    return ok({ ...view, record });
  };

  const observe = async (call: Call): Promise<Reply> => {
    const { reason, forMs } = call.json(Observe);
    const id = idOf(call);
    const view = known().setMode({ id, mode: 'observe', reason, owner: call.principal.name, ...until(forMs) });
    await engine.audit(call.principal, 'playbook.observe', id, reason, 'observes');
    return ok(view);
  };

  const except = async (call: Call): Promise<Reply> => {
    const { incident, when, reason, forMs, dryRun } = call.json(Except);
    const outcome = await known().except({
      playbookId: idOf(call),
      incidentId: incident,
      ...(when === undefined ? {} : { when }),
      reason,
      owner: call.principal.name,
      expiresAtMs: engine.clock.now() + (forMs ?? EXCEPTED_FOR_MS),
      dryRun: dryRun === true,
    });
    if (outcome.written)
      await engine.audit(call.principal, 'playbook.except', idOf(call), reason, `does nothing where ${outcome.when}`);
    return ok(outcome);
  };

  const simulate = (call: Call): Reply => {
    const { test, mode } = call.json(Simulate);
    return ok(known().simulate(idOf(call), test, mode ?? 'configured'));
  };

  const draft = async (call: Call): Promise<Reply> => {
    const { id, incident } = call.json(New);
    return ok(await known().draft(id, incident));
  };

  const diff = async (call: Call): Promise<Reply> => {
    const { text, sinceMs } = call.json(Diff);
    return ok(await known().diff(idOf(call), text, sinceMs ?? engine.clock.now() - LOOKED_BACK_MS));
  };

  const precision = async (call: Call): Promise<Reply> => {
    const since = timeOf(call.query, 'since') ?? 0;
    const kind = choiceOf(call.query, 'kind', ['playbook', 'finding'] as const);
    const incidents: Incident[] = [];
    for await (const { value } of documentsUnder<Incident>(
      engine.drivers.store,
      `incident/${part(engine.config.tenant)}/`,
    ))
      if (value.updatedAtMs >= since) incidents.push(value);
    return ok({ items: precisionOf(incidents).filter((row) => kind === undefined || row.kind === kind) });
  };

  return [
    { method: 'GET', path: '/v1/playbooks', right: 'read', run: () => ok({ items: known().list() }) },
    { method: 'GET', path: '/v1/playbooks/:id', right: 'read', run: one },
    { method: 'POST', path: '/v1/playbooks/:id/promote', right: 'author', run: promote },
    { method: 'POST', path: '/v1/playbooks/:id/observe', right: 'author', run: observe },
    { method: 'POST', path: '/v1/playbooks/:id/except', right: 'author', run: except },
    { method: 'POST', path: '/v1/playbooks/:id/simulate', right: 'respond', run: simulate },
    { method: 'POST', path: '/v1/playbooks/new', right: 'respond', run: draft },
    { method: 'POST', path: '/v1/playbooks/:id/diff', right: 'respond', run: diff },
    { method: 'GET', path: '/v1/precision', right: 'read', run: precision },
  ];
}
