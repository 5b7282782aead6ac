/** What people look at: risk, findings, contractions, incidents, decisions and the dead letters. */
import { SEVERITIES } from '../../../schemas/common.js';
import { type Contraction, CONTRACTION_STATES } from '../../../schemas/contraction.js';
import { VERDICTS } from '../../../schemas/decision.js';
import { ENTITY_TYPES, entityKey, type EntityType } from '../../../schemas/entity.js';
import type { Explanation } from '../../../schemas/explanation.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import type { Risk } from '../../../schemas/risk.js';
import { StepdownError } from '../../runtime/errors.js';
import type { Engine } from '../engine.js';
import { newestList } from './newest-list.js';
import { ok, type Reply } from '../http/message.js';
import type { Call, Route } from '../http/router.js';
import { choiceOf, cursorOf, limitOf, numberOf, Shortlist, timeOf, writeCursor } from '../pages.js';
import { contractionById, documentAt, documentsUnder, incidentById, part } from '../records/read.js';
import { newestRecord } from '../records/newest.js';

export function readRoutes(engine: Engine): Route[] {
  const { store, stream } = engine.drivers;
  const tenant = part(engine.config.tenant);

  const list = async <T>(
    call: Call,
    prefixes: string[],
    fits: (value: T) => boolean,
    keys: (value: T) => readonly [number, string],
    shown: (value: T) => unknown = (value) => value,
  ): Promise<Reply> => {
    const shortlist = new Shortlist<T>(call.query, keys);
    for (const prefix of prefixes)
      for await (const { value } of documentsUnder<T>(store, prefix)) if (fits(value)) shortlist.add(value);
    const page = shortlist.page();
    return ok({ ...page, items: page.items.map(shown) });
  };

  const contractions = (call: Call): Promise<Reply> => {
    const state = choiceOf(call.query, 'state', [...CONTRACTION_STATES, 'live', 'all'] as const) ?? 'live';
    const mode = choiceOf(call.query, 'mode', ['observe', 'enforce'] as const);
    const { agent, session, playbook, target } = filters(call.query, 'agent', 'session', 'playbook', 'target');
    const prefixes =
      state === 'live'
        ? ['live']
        : state === 'ended'
          ? ['ended']
          : state === 'all'
            ? ['live', 'ended']
            : ['live', 'ended'];
    return list<Contraction>(
      call,
      prefixes.map((which) => `contraction/${which}/${tenant}/`),
      (contraction) =>
        (state === 'live' || state === 'all' || contraction.state === state) &&
        (mode === undefined || contraction.mode === mode) &&
        (agent === undefined || (contraction.target.type === 'agent' && contraction.target.id === agent)) &&
        (session === undefined || contraction.sessionIds.includes(session)) &&
        (playbook === undefined || contraction.playbook?.id === playbook || contraction.playbook?.name === playbook) &&
        (target === undefined || contraction.target.id === target),
      (contraction) => [contraction.createdAtMs, contraction.id],
    );
  };

  const incidents = (call: Call): Promise<Reply> => {
    const status = choiceOf(call.query, 'status', ['new', 'active', 'closed', 'open', 'all'] as const) ?? 'all';
    const severity = choiceOf(call.query, 'severity', SEVERITIES);
    const since = timeOf(call.query, 'since');
    const { agent, session } = filters(call.query, 'agent', 'session');
    const names = (incident: Incident, type: EntityType, id: string | undefined) =>
      id === undefined || incident.entities.some((entity) => entity.type === type && entity.id === id);
    return list<Incident>(
      call,
      [`incident/${tenant}/`],
      (incident) =>
        (status === 'all' || (status === 'open' ? incident.status !== 'closed' : incident.status === status)) &&
        (severity === undefined || incident.severity === severity) &&
        (since === undefined || incident.updatedAtMs >= since) &&
        names(incident, 'agent', agent) &&
        names(incident, 'session', session),
      (incident) => [incident.updatedAtMs, incident.id],
    );
  };

  const explanations = (call: Call): Promise<Reply> => {
    const { event, agent, session } = filters(call.query, 'event', 'agent', 'session');
    return list<Explanation>(
      call,
      [`explanation/${tenant}/`],
      (explanation) =>
        (event === undefined || explanation.eventId === event) &&
        (agent === undefined || explanation.agentId === agent) &&
        (session === undefined || explanation.sessionId === session),
      (explanation) => [explanation.atMs, explanation.id],
    );
  };

  /** Their keys are in the order of their times: read from the newest on, no further than the page. */
  const findings = async (call: Call): Promise<Reply> => {
    const severity = choiceOf(call.query, 'severity', SEVERITIES);
    const since = timeOf(call.query, 'since') ?? -Infinity;
    const { agent, session, type } = filters(call.query, 'agent', 'session', 'type');
    const limit = limitOf(call.query);
    const prefix = `finding/${tenant}/`;
    const cursor = cursorOf(call.query);
    const items: Finding[] = [];
    const begin = { reverse: true, ...(cursor === undefined ? {} : { after: `${prefix}${cursor[1]}` }) };
    for await (const { key, value } of documentsUnder<Finding>(store, prefix, begin)) {
      if (value.timeMs < since) break;
      if (
        (severity !== undefined && value.severity !== severity) ||
        (agent !== undefined && value.agentId !== agent) ||
        (session !== undefined && value.sessionId !== session) ||
        (type !== undefined && value.type !== type)
      )
        continue;
      items.push(value);
      if (items.length === limit)
        return ok({ items, nextCursor: writeCursor([value.timeMs, key.slice(prefix.length)]) });
    }
    return ok({ items });
  };

  const finding = async (call: Call): Promise<Reply> => {
    for await (const { value } of documentsUnder<Finding>(store, `finding/${tenant}/`, { reverse: true }))
      if (value.id === call.params.id) return ok(value);
    return ok(found<Finding>(undefined, 'finding', call.params.id));
  };

  const now = (risk: Risk): Risk & { scoreNow: number } => ({
    ...risk,
    scoreNow: engine.riskNow(risk, engine.clock.now()),
  });
  const risks = (call: Call): Promise<Reply> => {
    const type = choiceOf(call.query, 'type', ENTITY_TYPES);
    const above = numberOf(call.query, 'above') ?? 0;
    return list<Risk>(
      call,
      [`risk/${tenant}/${type === undefined ? '' : `${type}/`}`],
      (risk) => now(risk).scoreNow >= above,
      (risk) => [now(risk).scoreNow, entityKey(risk.entity)],
      now,
    );
  };

  const retry = async (call: Call): Promise<Reply> => {
    engine.mustRun();
    if (engine.retryDeadLetter === undefined)
      throw new StepdownError('not-running', 'Nothing here reads dead letters again');
    const record = await newestRecord(stream, 'deadletter', ({ value }) => value.id === call.params.id);
    const letter = found(record?.value, 'dead letter', call.params.id);
    const outcome = await engine.retryDeadLetter(letter);
    await engine.audit(call.principal, 'deadletter.retry', letter.id, 'retried', outcome.message);
    if (!outcome.ok) throw new StepdownError('conflict', outcome.message);
    return ok({ id: letter.id, message: outcome.message });
  };

  const decisions = newestList(engine, 'decisions', (call) => {
    const verdict = choiceOf(call.query, 'verdict', VERDICTS);
    const since = timeOf(call.query, 'since');
    const { agent, session, id } = filters(call.query, 'agent', 'session', 'id');
    return ({ value }) =>
      (verdict === undefined || value.verdict === verdict) &&
      (since === undefined || value.timeMs >= since) &&
      (agent === undefined || value.agentId === agent) &&
      (session === undefined || value.sessionId === session) &&
      (id === undefined || value.id === id);
  });
  const deadletters = newestList(engine, 'deadletter', (call) => {
    const { code, source } = filters(call.query, 'code', 'source');
    return ({ value }) =>
      (code === undefined || value.reason.code === code) && (source === undefined || value.source.startsWith(source));
  });
  const oneOf =
    <K extends 'decisions' | 'deadletter'>(name: K, noun: string) =>
    async (call: Call): Promise<Reply> => {
      const record = await newestRecord(stream, name, ({ value }) => value.id === call.params.id);
      return ok(found(record?.value, noun, call.params.id));
    };

  const read = (path: string, run: Route['run']): Route => ({ method: 'GET', path, right: 'read', run });
  return [
    read('/v1/contractions', contractions),
    read('/v1/contractions/:id', async (call) =>
      ok(found(await contractionById(engine, call.params.id ?? ''), 'contraction', call.params.id)),
    ),
    read('/v1/incidents', incidents),
    read('/v1/incidents/:id', async (call) =>
      ok(found(await incidentById(engine, call.params.id ?? ''), 'incident', call.params.id)),
    ),
    read('/v1/findings', findings),
    read('/v1/findings/:id', finding),
    read('/v1/explanations', explanations),
    read('/v1/explanations/:id', async (call) =>
      ok(
        found(
          await documentAt<Explanation>(engine, `explanation/${tenant}/${part(call.params.id ?? '')}`),
          'explanation of finding',
          call.params.id,
        ),
      ),
    ),
    read('/v1/risk', risks),
    read('/v1/risk/:type/:id', async (call) => {
      const type = call.params.type as EntityType;
      const named = call.params.id ?? '';
      const id = type === 'user' ? engine.userNames(named) : named;
      if (!ENTITY_TYPES.includes(type))
        throw new StepdownError('input-malformed', `An entity is one of ${ENTITY_TYPES.join(', ')}`);
      const key = `risk/${entityKey({ tenant: engine.config.tenant, type, id })}`;
      return ok(now(found(await documentAt<Risk>(engine, key), type, id)));
    }),
    read('/v1/decisions', decisions),
    read('/v1/decisions/:id', oneOf('decisions', 'decision')),
    read('/v1/deadletter', deadletters),
    { method: 'POST', path: '/v1/deadletter/:id/retry', right: 'respond', run: retry },
    read('/v1/deadletter/:id', oneOf('deadletter', 'dead letter')),
  ];
}

function filters<const N extends string>(query: URLSearchParams, ...names: N[]): Record<N, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, query.get(name) ?? undefined])) as Record<N, string | undefined>;
}

function found<T>(value: T | undefined, noun: string, id: string | undefined): T {
  if (value === undefined) throw new StepdownError('not-found', `There is no ${noun} ${id ?? ''}`);
  return value;
}
