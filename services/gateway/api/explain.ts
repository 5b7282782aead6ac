/** Why something was done about an event, a finding, an incident or a contraction, and why something was not: in one answer. */
import type { Contraction } from '../../../schemas/contraction.js';
import type { Decision } from '../../../schemas/decision.js';
import type { Explanation } from '../../../schemas/explanation.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import { StepdownError } from '../../runtime/errors.js';
import type { Engine } from '../engine.js';
import { ok, type Reply } from '../http/message.js';
import type { Call, Route } from '../http/router.js';
import { newestRecord } from '../records/newest.js';
import { contractionById, documentsUnder, incidentById, part } from '../records/read.js';

/** Explanations one answer shows, the newest. */
const SHOWN = 50;
/** Ids that are told where several begin alike. */
const TOLD = 3;

export interface Explained {
  kind: 'contraction' | 'incident' | 'finding' | 'event';
  id: string;
  contraction?: Contraction;
  incident?: Incident;
  decision?: Decision;
  findings: readonly Finding[];
  explanations: readonly Explanation[];
}

export function explainRoutes(engine: Engine): Route[] {
  const { store, stream } = engine.drivers;
  const tenant = part(engine.config.tenant);

  const explanationsOf = async (findingIds: readonly string[]): Promise<Explanation[]> => {
    const keys = findingIds.slice(-SHOWN).map((id) => `explanation/${tenant}/${part(id)}`);
    const found = await store.get<Explanation>(keys);
    return found.flatMap((document) => document?.value ?? []);
  };

  const explanationsOn = async (eventId: string): Promise<Explanation[]> => {
    const found: Explanation[] = [];
    for await (const { value } of documentsUnder<Explanation>(store, `explanation/${tenant}/`))
      if (value.eventId === eventId) found.push(value);
    return found.sort((a, b) => a.atMs - b.atMs).slice(-SHOWN);
  };

  /**
   * Whole ids that begin so, of contractions, incidents and the findings that are kept: ids are long, and people give a
   * beginning of them. Stops where there are too many to tell apart.
   */
  const beginningWith = async (beginning: string): Promise<string[]> => {
    const found = new Set<string>();
    for (const kind of ['contraction/live', 'contraction/ended', 'incident'])
      for await (const { value } of documentsUnder<{ id: string }>(store, `${kind}/${tenant}/${part(beginning)}`)) {
        if (value.id.startsWith(beginning)) found.add(value.id);
        if (found.size > TOLD) return [...found];
      }
    for await (const { value } of documentsUnder<Finding>(store, `finding/${tenant}/`, { reverse: true })) {
      if (value.id.startsWith(beginning)) found.add(value.id);
      if (found.size > TOLD) break;
    }
    return [...found];
  };

  /** What an id is of is not said by the id: tried in turn. */
  const explained = async (id: string): Promise<Explained | undefined> => {
    const contraction = await contractionById(engine, id);
    if (contraction !== undefined)
      return {
        kind: 'contraction',
        id,
        contraction,
        findings: [],
        explanations: await explanationsOf(contraction.findingIds),
      };
    const incident = await incidentById(engine, id);
    if (incident !== undefined)
      return {
        kind: 'incident',
        id,
        incident,
        findings: [],
        explanations: await explanationsOf(incident.findings.map((each) => each.id)),
      };
    const findings: Finding[] = [];
    for await (const { value } of documentsUnder<Finding>(store, `finding/${tenant}/`, { reverse: true })) {
      if (value.id === id)
        return { kind: 'finding', id, findings: [value], explanations: await explanationsOn(value.eventId) };
      if (value.eventId === id) findings.push(value);
    }
    const explanations = await explanationsOn(id);
    const decision = (await newestRecord(stream, 'decisions', ({ value }) => value.id === id))?.value;
    if (findings.length === 0 && explanations.length === 0 && decision === undefined) return undefined;
    return { kind: 'event', id, findings, explanations, ...(decision === undefined ? {} : { decision }) };
  };

  const shortened = async (beginning: string): Promise<Explained | undefined> => {
    const ids = await beginningWith(beginning);
    const [only] = ids;
    if (ids.length > 1)
      throw new StepdownError('usage', `Several ids begin with ${JSON.stringify(beginning)}`, {
        mend: `give more of the id: ${ids.slice(0, TOLD).join(', ')}${ids.length > TOLD ? ' …' : ''}`,
      });
    return only === undefined ? undefined : explained(only);
  };

  const explain = async (call: Call): Promise<Reply> => {
    const id = call.params.id ?? '';
    const found = (await explained(id)) ?? (await shortened(id));
    if (found === undefined)
      throw new StepdownError(
        'not-found',
        `Nothing is known of ${id}: no contraction, incident, finding or decision has this id or one that begins so, and no finding was made on an event of it`,
      );
    return ok(found);
  };

  return [{ method: 'GET', path: '/v1/explain/:id', right: 'read', run: explain }];
}
