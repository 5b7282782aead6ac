/**
 * Sentinel's incidents as the SecurityInsights API 2025-09-01 shows them: etags on every change, PUT replacing what it leaves
 * out, lists filtered and paged by the time of the last change, 100 comments an incident, requests limited. Rules make
 * incidents of rows as the analytics rules do, and analysts work on them.
 */
import { randomUUID } from 'node:crypto';
import type { Certificate } from './certificate.js';
import { HttpsPeer, type PeerRequest, type PeerResponse } from './https-peer.js';
import type { TokenAuthority } from './token-authority.js';

const PAGE = 3;

export interface StoredIncident {
  name: string;
  etag: string;
  properties: Record<string, unknown> & {
    title: string;
    status: string;
    severity: string;
    lastModifiedTimeUtc: string;
  };
  comments: Map<string, string>;
  alerts: string[];
}

export class SecurityInsightsPeer {
  readonly workspace =
    '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/soc';
  readonly incidents = new Map<string, StoredIncident>();
  /** Changes by PUT, in order. */
  readonly puts: { name: string; properties: Record<string, unknown> }[] = [];
  allowed = true;
  #authority: TokenAuthority | undefined;
  #peer: HttpsPeer | undefined;
  #edits = 0;

  private constructor() {
    // Made by start().
  }

  static async start(authority: TokenAuthority, certificate: Certificate): Promise<SecurityInsightsPeer> {
    const peer = new SecurityInsightsPeer();
    peer.#authority = authority;
    peer.#peer = await HttpsPeer.start((request) => peer.#answer(request), certificate);
    return peer;
  }

  get peer(): HttpsPeer {
    if (this.#peer === undefined) throw new Error('the peer is not started');
    return this.#peer;
  }

  get url(): string {
    return this.peer.url;
  }

  async stop(): Promise<void> {
    await this.#peer?.stop();
  }

  /** What an analytics rule makes of a row that alerts; Defender may give the incident another title. */
  ruleAlerts(row: Record<string, unknown>, title?: string): StoredIncident {
    const alert = `${String(row['IncidentTitle'])} [stepdown:${String(row['IncidentId'])}]`;
    return this.#store(
      randomUUID(),
      {
        title: title ?? alert,
        status: 'New',
        severity: String(row['AlertSeverity']),
        relatedAnalyticRuleIds: ['/rules/high'],
        additionalData: { alertsCount: 1 },
        labels: [{ labelName: 'team-a', labelType: 'User' }],
      },
      [alert],
    );
  }

  /** An analyst's hand. */
  edit(name: string, changes: Record<string, unknown>): void {
    const incident = this.incidents.get(name);
    if (incident === undefined) throw new Error(`there is no incident ${name}`);
    this.#touch(incident, { ...incident.properties, ...changes });
  }

  byOurs(id: string): StoredIncident | undefined {
    return [...this.incidents.values()].find(({ alerts, properties }) =>
      [...alerts, properties.title].some((text) => text.includes(id)),
    );
  }

  #store(name: string, properties: Record<string, unknown>, alerts: string[]): StoredIncident {
    const incident: StoredIncident = {
      name,
      etag: '',
      properties: properties as StoredIncident['properties'],
      comments: new Map(),
      alerts,
    };
    this.incidents.set(name, incident);
    this.#touch(incident, properties);
    return incident;
  }

  #touch(incident: StoredIncident, properties: Record<string, unknown>): void {
    this.#edits += 1;
    incident.etag = `"${this.#edits}"`;
    incident.properties = {
      ...properties,
      lastModifiedTimeUtc: new Date().toISOString(),
    } as StoredIncident['properties'];
  }

  #answer(request: PeerRequest): PeerResponse {
    const refuse = (status: number, code: string): PeerResponse => ({
      status,
      body: { error: { code, message: code } },
    });
    if (this.#authority?.accepts(request, this.url) !== true) return refuse(401, 'InvalidAuthenticationToken');
    if (request.query.get('api-version') !== '2025-09-01') return refuse(400, 'InvalidApiVersionParameter');
    const root = `${this.workspace}/providers/Microsoft.SecurityInsights/incidents`;
    if (!request.path.startsWith(root)) return refuse(404, 'ResourceNotFound');
    if (!this.allowed) return refuse(403, 'AuthorizationFailed');
    const [, name, part, sub] = request.path.slice(root.length).split('/');
    if (name === undefined || name === '') return this.#list(request);
    const incident = this.incidents.get(name);
    if (part === 'alerts' && request.method === 'POST')
      return incident === undefined
        ? refuse(404, 'NotFound')
        : {
            status: 200,
            body: {
              value: incident.alerts.map((alertDisplayName) => ({
                kind: 'SecurityAlert',
                properties: { alertDisplayName },
              })),
            },
          };
    if (part === 'comments' && request.method === 'PUT') {
      const { properties } = JSON.parse(request.body.toString('utf8')) as { properties?: { message?: string } };
      if (incident === undefined) return refuse(404, 'NotFound');
      const message = properties?.message ?? '';
      if (message === '' || message.length > 30_000 || incident.comments.size >= 100) return refuse(400, 'BadRequest');
      incident.comments.set(sub ?? '', message);
      this.#touch(incident, incident.properties);
      return { status: 201, body: {} };
    }
    if (request.method === 'GET')
      return incident === undefined ? refuse(404, 'NotFound') : { status: 200, body: shown(incident) };
    if (request.method !== 'PUT') return refuse(405, 'MethodNotAllowed');
    const body = JSON.parse(request.body.toString('utf8')) as { etag?: string; properties?: Record<string, unknown> };
    const properties = body.properties ?? {};
    if (!['New', 'Active', 'Closed'].includes(String(properties['status'])) || properties['title'] === undefined)
      return refuse(400, 'BadRequest');
    if (properties['status'] === 'Closed' && properties['classification'] === undefined)
      return refuse(400, 'BadRequest');
    if (incident === undefined) return { status: 201, body: shown(this.#store(name, properties, [])) };
    if (body.etag !== incident.etag) return refuse(412, 'PreconditionFailed');
    this.puts.push({ name, properties });
    const { relatedAnalyticRuleIds, additionalData } = incident.properties;
    this.#touch(incident, { ...properties, relatedAnalyticRuleIds, additionalData });
    return { status: 200, body: shown(incident) };
  }

  #list(request: PeerRequest): PeerResponse {
    const [, since = ''] = /^properties\/lastModifiedTimeUtc ge (\S+)$/.exec(request.query.get('$filter') ?? '') ?? [];
    if (Number.isNaN(Date.parse(since))) return { status: 400, body: { error: { code: 'BadRequest' } } };
    const skip = Number(request.query.get('$skipToken') ?? 0);
    const all = [...this.incidents.values()]
      .filter(({ properties }) => Date.parse(properties.lastModifiedTimeUtc) >= Date.parse(since))
      .sort((a, b) => a.properties.lastModifiedTimeUtc.localeCompare(b.properties.lastModifiedTimeUtc));
    const next = new URL(`${this.url}${request.path}`);
    for (const [key, value] of request.query) next.searchParams.set(key, value);
    next.searchParams.set('$skipToken', String(skip + PAGE));
    return {
      status: 200,
      body: {
        value: all.slice(skip, skip + PAGE).map(shown),
        ...(all.length > skip + PAGE ? { nextLink: next.toString() } : {}),
      },
    };
  }
}

function shown({ name, etag, properties }: StoredIncident): unknown {
  return { id: `/incidents/${name}`, name, etag, type: 'Microsoft.SecurityInsights/incidents', properties };
}
