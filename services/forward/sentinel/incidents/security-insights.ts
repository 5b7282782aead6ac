/**
 * The part of the SecurityInsights API that is needed, 2025-09-01, one request each. Every outcome is one of a few, so that
 * callers decide by kind and not by status.
 */
import { retryAfterMs } from '../../retry-after.js';
import { type AzureAnswer, type AzureHttp, type AzureRequest, refusalOf } from '../azure-http.js';
import { markInAlerts, readRemote, type RemoteIncident } from './remote-incident.js';

export const API_VERSION = '2025-09-01';

export type Asked<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'missing' }
  /** Somebody changed it meanwhile (the etag is old). */
  | { kind: 'changed' }
  /** Will never be taken as it is. */
  | { kind: 'refused'; reason: string }
  | { kind: 'later'; reason: string; afterMs?: number };

export interface Page {
  incidents: RemoteIncident[];
  next?: string;
}

export class SecurityInsights {
  readonly #http: AzureHttp;
  readonly #base: string;
  readonly #management: string;
  readonly #now: () => number;

  constructor(options: { http: AzureHttp; management: string; workspace: string; now: () => number }) {
    this.#http = options.http;
    this.#management = options.management.replace(/\/+$/, '');
    this.#base = `${this.#management}${options.workspace.replace(/\/+$/, '')}/providers/Microsoft.SecurityInsights/incidents`;
    this.#now = options.now;
  }

  /** Incidents changed at or after a time, oldest change first. */
  async changed(sinceMs: number, next?: string): Promise<Asked<Page>> {
    const query = new URLSearchParams({
      'api-version': API_VERSION,
      $filter: `properties/lastModifiedTimeUtc ge ${new Date(sinceMs).toISOString()}`,
      $orderby: 'properties/lastModifiedTimeUtc asc',
      $top: '100',
    });
    // A link to the next page is the service's; a token of ours goes nowhere else.
    if (next !== undefined && !next.startsWith(`${this.#management}/`))
      return { kind: 'refused', reason: 'the next page is at another address' };
    const answer = await this.#ask({ method: 'GET', url: next ?? `${this.#base}?${query.toString()}` });
    if (answer.kind !== 'ok') return answer;
    const { value, nextLink } = (answer.value ?? {}) as { value?: unknown; nextLink?: unknown };
    return {
      kind: 'ok',
      value: {
        incidents: (Array.isArray(value) ? (value as unknown[]) : []).flatMap((each) => readRemote(each) ?? []),
        ...(typeof nextLink === 'string' && nextLink !== '' ? { next: nextLink } : {}),
      },
    };
  }

  async get(name: string): Promise<Asked<RemoteIncident>> {
    return this.#incident(await this.#ask({ method: 'GET', url: this.#url(name) }));
  }

  /** Without an etag it must not exist yet. */
  async put(
    name: string,
    etag: string | undefined,
    properties: Record<string, unknown>,
  ): Promise<Asked<RemoteIncident>> {
    const body = { ...(etag === undefined ? {} : { etag }), properties };
    return this.#incident(await this.#ask({ method: 'PUT', url: this.#url(name), body }));
  }

  /** The same `comment` again is the same comment. */
  async comment(name: string, comment: string, message: string): Promise<Asked<unknown>> {
    const url = this.#url(name, `/comments/${encodeURIComponent(comment)}`);
    return this.#ask({ method: 'PUT', url, body: { properties: { message } } });
  }

  /** Our id, where an alert of the incident carries it. */
  async markOf(name: string): Promise<Asked<string | undefined>> {
    const answer = await this.#ask({ method: 'POST', url: this.#url(name, '/alerts') });
    return answer.kind === 'ok' ? { kind: 'ok', value: markInAlerts(answer.value) } : answer;
  }

  #url(name: string, rest = ''): string {
    return `${this.#base}/${encodeURIComponent(name)}${rest}?api-version=${API_VERSION}`;
  }

  #incident(answer: Asked<unknown>): Asked<RemoteIncident> {
    if (answer.kind !== 'ok') return answer;
    const value = readRemote(answer.value);
    return value === undefined ? { kind: 'later', reason: 'the answer is no incident' } : { kind: 'ok', value };
  }

  async #ask(request: AzureRequest): Promise<Asked<unknown>> {
    return classified(await this.#http.send(request), this.#now());
  }
}

function classified(answer: AzureAnswer, nowMs: number): Asked<unknown> {
  if (answer.kind === 'silence') return { kind: 'later', reason: answer.reason };
  const { status, body, retryAfter } = answer;
  if (status >= 200 && status < 300) return { kind: 'ok', value: body };
  const reason = refusalOf(answer);
  switch (status) {
    case 404:
      return { kind: 'missing' };
    case 409:
    case 412:
      return { kind: 'changed' };
    case 400:
    case 413:
    case 422:
      return { kind: 'refused', reason };
    default: {
      const hint = status === 403 ? '; the identity needs the role Microsoft Sentinel Responder on the workspace' : '';
      const afterMs = retryAfterMs(retryAfter, nowMs);
      return { kind: 'later', reason: `${reason}${hint}`, ...(afterMs === undefined ? {} : { afterMs }) };
    }
  }
}
