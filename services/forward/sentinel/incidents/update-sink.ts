/**
 * The incidents that rules made, kept up to date: a sink whose other side is an incident of Sentinel. The outbox in front of
 * it makes updates durable, coalesces what follows each other, and keeps their order.
 *
 * An incident is found by the way back (poll.ts), which looks at what changed; until then an update waits its turn. With
 * `incidents: create` it is made here instead, under a GUID that its id gives, so that a repeat is the same incident.
 */
import type { Incident } from '../../../../schemas/incident.js';
import { shortHash } from '../../../runtime/hash.js';
import type { Store } from '../../../runtime/store/types.js';
import type { SendOutcome, Sink } from '../../sink.js';
import { severityName } from '../alerting.js';
import { TITLE_MARK } from '../content/rules.js';
import { changedProperties, commentFor, commentMark, LABEL } from './changes.js';
import { type Link, linkKey } from './link.js';
import type { RemoteIncident } from './remote-incident.js';
import type { Asked, SecurityInsights } from './security-insights.js';

export interface UpdateSinkOptions {
  insights: SecurityInsights;
  store: Store;
  /** Under which links are kept; shared with the way back. */
  sink: string;
  mode: 'update' | 'create';
  pollMs: number;
  /** What may leave of a sentence about an incident. */
  shown: (text: string, incident: Incident) => string;
  now: () => number;
}

/** With nothing there for so long, no rule has made an incident of it: nothing is to be kept up to date. */
const GIVE_UP_FINDING_MS = 2 * 86_400_000;
/** The service takes 100 comments an incident; some are left for people. */
const MAX_COMMENTS = 70;
const CONFLICTS = 4;

export function updateSink(name: string, options: UpdateSinkOptions): Sink<'incident'> {
  const { insights, store, now } = options;

  const linkOf = async (incident: Incident): Promise<Link> => {
    const key = linkKey(options.sink, incident.id);
    const [document] = await store.get<Link>([key]);
    if (document !== undefined) return document.value;
    const link: Link = { schemaVersion: 1, tenant: incident.tenant, incidentId: incident.id, comments: 0 };
    await store.write([{ key, value: link }]);
    return link;
  };
  /** Only what this sink knows of a link is written; the name and the verdict are the way back's. */
  const note = async (incident: Incident, change: (link: Link) => Link): Promise<void> => {
    const key = linkKey(options.sink, incident.id);
    for (let attempt = 0; attempt < CONFLICTS; attempt += 1) {
      const [document] = await store.get<Link>([key]);
      if (document === undefined) return;
      const [outcome] = await store.write([{ key, value: change(document.value), expectVersion: document.version }]);
      if (outcome?.ok === true) return;
    }
  };

  const create = async (incident: Incident): Promise<SendOutcome | RemoteIncident> => {
    const guid = guidOf(incident.id);
    const there = await insights.get(guid);
    if (there.kind !== 'missing' && there.kind !== 'ok') return outcomeOf(there);
    const made =
      there.kind === 'ok'
        ? there
        : await insights.put(
            guid,
            undefined,
            newIncident(incident, (text) => options.shown(text, incident)),
          );
    if (made.kind === 'changed') return { kind: 'not-yet', reason: 'made meanwhile', afterMs: 0 };
    if (made.kind !== 'ok') return outcomeOf(made);
    await note(incident, (link) => ({ ...link, name: guid }));
    return made.value;
  };

  const bring = async (incident: Incident, link: Link, first: RemoteIncident): Promise<SendOutcome> => {
    let remote = first;
    for (let attempt = 0; ; attempt += 1) {
      const properties = changedProperties(incident, remote);
      if (properties === undefined) break;
      const put = await insights.put(remote.name, remote.etag, properties);
      if (put.kind === 'ok') {
        remote = put.value;
        break;
      }
      if (put.kind !== 'changed' || attempt >= CONFLICTS) return outcomeOf(put);
      const again = await insights.get(remote.name);
      if (again.kind !== 'ok') return outcomeOf(again);
      remote = again.value;
    }
    const comment =
      link.comments < MAX_COMMENTS
        ? commentFor(incident, link.told, (text) => options.shown(text, incident))
        : undefined;
    if (comment !== undefined) {
      const said = await insights.comment(remote.name, guidOf(`${incident.id}:${incident.version}`), comment);
      if (said.kind === 'later' || said.kind === 'changed') return outcomeOf(said);
    }
    const { verdict } = incident;
    await note(incident, (known) => ({
      ...known,
      told: commentMark(incident),
      comments: known.comments + (comment === undefined ? 0 : 1),
      // What we closed ourselves must not come back as an analyst's word.
      ...(verdict === undefined ? {} : { verdict: verdict.value }),
    }));
    return { kind: 'success' };
  };

  return {
    name,
    takes: 'incident',
    maxBatch: 1,
    async send([delivery]): Promise<SendOutcome> {
      if (delivery === undefined) return { kind: 'success' };
      const incident = delivery.value;
      const link = await linkOf(incident);
      if (link.name === undefined) {
        if (options.mode === 'create') {
          const made = await create(incident);
          return 'kind' in made ? made : bring(incident, link, made);
        }
        return now() - (delivery.waitingSinceMs ?? now()) > GIVE_UP_FINDING_MS
          ? { kind: 'success' }
          : { kind: 'not-yet', reason: 'no rule has made an incident of it yet', afterMs: options.pollMs };
      }
      const remote = await insights.get(link.name);
      if (remote.kind === 'missing') {
        // Deleted there. If another one is made of it, the way back finds that.
        await note(incident, ({ name: _, ...rest }) => rest);
        return { kind: 'not-yet', reason: 'it was deleted there', afterMs: options.pollMs };
      }
      return remote.kind === 'ok' ? bring(incident, link, remote.value) : outcomeOf(remote);
    },
    async close() {
      // Connections are the client's pool; nothing is held here.
    },
  };
}

function outcomeOf(asked: Exclude<Asked<unknown>, { kind: 'ok' }>): SendOutcome {
  switch (asked.kind) {
    case 'later':
      return {
        kind: 'retryable',
        reason: asked.reason,
        ...(asked.afterMs === undefined ? {} : { afterMs: asked.afterMs }),
      };
    case 'refused':
      return { kind: 'failure', reason: asked.reason };
    case 'changed':
      return { kind: 'not-yet', reason: 'it is being changed by others', afterMs: 5_000 };
    case 'missing':
      return { kind: 'not-yet', reason: 'it was deleted there', afterMs: 60_000 };
  }
}

function newIncident(incident: Incident, shown: (text: string) => string): Record<string, unknown> {
  return {
    title: `${shown(incident.title)} [${TITLE_MARK}${incident.id}]`,
    description: `Agents: ${incident.entities
      .filter(({ type }) => type === 'agent')
      .map(({ id }) => id)
      .join(', ')}. ATLAS: ${incident.atlas.join(', ')}. Read it: stepdown incidents show ${incident.id}`,
    severity: severityName(incident.severity),
    status: 'New',
    labels: [{ labelName: LABEL, labelType: 'User' }],
    firstActivityTimeUtc: new Date(incident.openedAtMs).toISOString(),
    lastActivityTimeUtc: new Date(incident.updatedAtMs).toISOString(),
  };
}

/** A GUID that a name gives, always the same (RFC 9562 §5.8, version 8). */
export function guidOf(name: string): string {
  const hex = shortHash('sentinel', name);
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
