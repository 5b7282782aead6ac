/**
 * Microsoft Graph as far as we use it, on https: it keeps a directory, wants a token and the right permission for each request,
 * throttles Conditional Access without saying for how long, takes batches, and can lose answers after it has acted.
 */
import { randomUUID } from 'node:crypto';
import type { Certificate } from './certificate.js';
import { HttpsPeer, type PeerRequest, type PeerResponse } from './https-peer.js';
import type { TokenAuthority } from './token-authority.js';

export interface DirectoryPrincipal {
  id: string;
  appId: string;
  displayName: string;
  accountEnabled: boolean;
  appRoles: { id: string; value: string }[];
}
export interface DirectoryGrant {
  id: string;
  clientId: string;
  resourceId: string;
  consentType: string;
  principalId: string | null;
  scope: string;
}
export interface DirectoryPolicy {
  id: string;
  displayName: string;
  state: string;
  conditions: { clientApplications?: { includeServicePrincipals: string[] } } & Record<string, unknown>;
  grantControls?: unknown;
  sessionControls?: unknown;
}

/** All that a tenant holds, plain data. */
export class Directory {
  principals = new Map<string, DirectoryPrincipal>();
  users = new Map<string, { id: string; userPrincipalName: string; sessionsRevoked: number }>();
  groups = new Map<string, { id: string; displayName: string; members: Set<string> }>();
  policies = new Map<string, DirectoryPolicy>();
  grants = new Map<string, DirectoryGrant>();
  assignments = new Map<string, { id: string; principalId: string; resourceId: string; appRoleId: string }>();
  risk = new Map<string, string>();

  /** What can be compared: without ids that are made anew, and in no order. */
  essence(): unknown {
    const sorted = (items: Iterable<string>) => [...items].sort();
    return {
      principals: sorted([...this.principals.values()].map(({ id, accountEnabled }) => `${id} ${accountEnabled}`)),
      groups: sorted([...this.groups.values()].map(({ id, members }) => `${id}: ${sorted(members).join(' ')}`)),
      policies: sorted(
        [...this.policies.values()].map(
          ({ id, state, displayName, conditions }) =>
            `${id} ${displayName} ${state}: ${sorted(conditions.clientApplications?.includeServicePrincipals ?? []).join(' ')}`,
        ),
      ),
      grants: sorted(
        [...this.grants.values()].map(
          ({ clientId, resourceId, consentType, principalId, scope }) =>
            `${clientId} ${resourceId} ${consentType} ${principalId}: ${sorted(new Set(scope.split(' ').filter(Boolean))).join(' ')}`,
        ),
      ),
      assignments: sorted(
        [...this.assignments.values()].map(
          ({ principalId, resourceId, appRoleId }) => `${principalId} ${resourceId} ${appRoleId}`,
        ),
      ),
    };
  }

  clone(): Directory {
    return Object.assign(new Directory(), structuredClone({ ...this }));
  }
}

const id = '([^/]+)';
const key = (text: string) => new RegExp(`^${text}$`);
type Handler = (match: string[], body: Record<string, unknown>, query: URLSearchParams) => PeerResponse;

export class GraphPeer {
  directory: Directory;
  /** What the application may do; a request beyond it is refused. */
  permissions = new Set([
    'Policy.Read.All',
    'Policy.ReadWrite.ConditionalAccess',
    'Application.Read.All',
    'Application.ReadWrite.All',
    'GroupMember.ReadWrite.All',
    'Group.ReadWrite.All',
    'DelegatedPermissionGrant.ReadWrite.All',
    'AppRoleAssignment.ReadWrite.All',
    'IdentityRiskyServicePrincipal.ReadWrite.All',
    'User.Read.All',
    'User.RevokeSessions.All',
  ]);
  /** For each request, also of those in a batch, before it is worked off. */
  each: ((method: string, path: string) => PeerResponse | undefined) | undefined;
  /**
   * Reads show the directory as it was so long ago, milliseconds, where `lags` says so: an answer may come from a copy that is
   * behind. People's edits stand in every copy at once.
   */
  lagMs = 0;
  lags: () => boolean = () => true;
  now: () => number = () => Date.now();
  #past: { untilMs: number; directory: Directory }[] = [];
  /** Between two requests about Conditional Access, milliseconds. */
  policyPaceMs = 0;
  throttled = 0;
  readonly writes: string[] = [];
  /** By `appId`. */
  readonly applications = new Map<string, { id: string; appId: string; displayName: string }>();
  #peer: HttpsPeer | undefined;
  #policyAtMs = 0;
  readonly #authority: TokenAuthority | undefined;
  readonly #routes: [string, RegExp, string, Handler][];

  constructor(directory: Directory, authority?: TokenAuthority) {
    this.directory = directory;
    this.#authority = authority;
    this.#routes = this.#table();
  }

  static async start(directory: Directory, certificate?: Certificate, authority?: TokenAuthority): Promise<GraphPeer> {
    const graph = new GraphPeer(directory, authority);
    graph.#peer = await HttpsPeer.start((request) => graph.#answer(request), certificate);
    return graph;
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

  #answer(request: PeerRequest): PeerResponse {
    const known =
      this.#authority === undefined
        ? request.headers.authorization === 'Bearer test-token'
        : this.#authority.accepts(request, this.url);
    if (!known) return failure(401, 'InvalidAuthenticationToken', 'Access token is missing or not valid.');
    const path = request.path.replace(/^\/v1\.0/, '');
    const body =
      request.body.length === 0 ? {} : (JSON.parse(request.body.toString('utf8')) as Record<string, unknown>);
    if (path === '/$batch') {
      const { requests } = body as {
        requests: { id: string; method: string; url: string; body?: Record<string, unknown> }[];
      };
      if (requests.length > 20) return failure(400, 'BadRequest', 'Too many requests in a batch.');
      return {
        status: 200,
        body: {
          responses: requests.map((each) => ({
            id: each.id,
            ...this.#one(
              each.method,
              each.url.split('?')[0] ?? '',
              each.body ?? {},
              new URLSearchParams(each.url.split('?')[1] ?? ''),
            ),
          })),
        },
      };
    }
    return this.#one(request.method, path, body, request.query);
  }

  /** One request, as if it came in now. */
  #one(method: string, path: string, body: Record<string, unknown>, query: URLSearchParams): PeerResponse {
    if (path.startsWith('/identity/conditionalAccess/') && this.policyPaceMs > 0) {
      const nowMs = performance.now();
      if (nowMs - this.#policyAtMs < this.policyPaceMs) {
        this.throttled += 1;
        return failure(429, 'TooManyRequests', 'Too many requests.');
      }
      this.#policyAtMs = nowMs;
    }
    for (const [verb, pattern, permission, handler] of this.#routes) {
      const match = verb === method ? pattern.exec(path) : null;
      if (match === null) continue;
      if (!permission.split(' ').some((each) => this.permissions.has(each)))
        return failure(403, 'Authorization_RequestDenied', `Insufficient privileges: ${permission}`);
      const told = this.each?.(method, path);
      if (told !== undefined) return told;
      const answer =
        method === 'GET'
          ? this.#shown(() => handler(match.slice(1), body, query))
          : this.#kept(() => handler(match.slice(1), body, query));
      if (method !== 'GET' && answer.status < 300) this.writes.push(`${method} ${path}`);
      return answer;
    }
    return failure(404, 'Request_ResourceNotFound', `${method} ${path} is not known.`);
  }

  /** Before a write the directory is kept as it is, for copies that lag behind. */
  #kept(write: () => PeerResponse): PeerResponse {
    if (this.lagMs > 0) {
      const nowMs = this.now();
      this.#past = this.#past.filter(({ untilMs }) => untilMs > nowMs - this.lagMs);
      this.#past.push({ untilMs: nowMs, directory: this.directory.clone() });
    }
    return write();
  }

  #shown(read: () => PeerResponse): PeerResponse {
    const since = this.now() - this.lagMs;
    const then = this.lagMs > 0 && this.lags() ? this.#past.find(({ untilMs }) => untilMs > since) : undefined;
    if (then === undefined) return read();
    const current = this.directory;
    this.directory = then.directory;
    try {
      return structuredClone(read());
    } finally {
      this.directory = current;
    }
  }

  #table(): [string, RegExp, string, Handler][] {
    const directory = () => this.directory;
    const principal = (which: string, then: (found: DirectoryPrincipal) => PeerResponse) => {
      const found = directory().principals.get(which);
      return found === undefined ? missing(which) : then(found);
    };
    const group = (
      which: string,
      then: (found: { displayName: string; members: Set<string>; id: string }) => PeerResponse,
    ) => {
      const found = directory().groups.get(which);
      return found === undefined ? missing(which) : then(found);
    };
    const readApps = 'Application.Read.All Application.ReadWrite.All';
    const policies = 'Policy.ReadWrite.ConditionalAccess';
    return [
      [
        'GET',
        key(`/identity/conditionalAccess/policies/${id}`),
        'Policy.Read.All',
        ([which = '']) => {
          const found = directory().policies.get(which);
          return found === undefined ? missing(which) : { status: 200, body: found };
        },
      ],
      [
        'GET',
        key('/identity/conditionalAccess/policies'),
        'Policy.Read.All',
        () => ({ status: 200, body: { value: [...directory().policies.values()] } }),
      ],
      [
        'PATCH',
        key(`/identity/conditionalAccess/policies/${id}`),
        policies,
        ([which = ''], body) => {
          const found = directory().policies.get(which);
          if (found === undefined) return missing(which);
          const included = (body as Partial<DirectoryPolicy>).conditions?.clientApplications?.includeServicePrincipals;
          if (included !== undefined && included.length === 0)
            return failure(400, 'BadRequest', '1043: no service principals.');
          Object.assign(found, structuredClone(body));
          return { status: 204 };
        },
      ],
      [
        'POST',
        key('/identity/conditionalAccess/policies'),
        policies,
        (_match, body) => {
          const made = { id: randomUUID(), ...structuredClone(body) } as DirectoryPolicy;
          const { users, clientApplications } = made.conditions as Record<string, unknown>;
          if (users !== undefined && clientApplications !== undefined)
            return failure(400, 'BadRequest', 'A policy is for users or for workload identities.');
          directory().policies.set(made.id, made);
          return { status: 201, body: made };
        },
      ],
      [
        'GET',
        /^\/servicePrincipals\(appId='([^']+)'\)$/,
        readApps,
        ([appId]) => {
          const found = [...directory().principals.values()].find((each) => each.appId === appId);
          return found === undefined ? missing(String(appId)) : { status: 200, body: found };
        },
      ],
      [
        'GET',
        key(`/servicePrincipals/${id}`),
        readApps,
        ([which = '']) => principal(which, (found) => ({ status: 200, body: found })),
      ],
      [
        'PATCH',
        key(`/servicePrincipals/${id}`),
        'Application.ReadWrite.All',
        ([which = ''], body) =>
          principal(which, (found) => {
            Object.assign(found, body);
            return { status: 204 };
          }),
      ],
      [
        'GET',
        key(`/servicePrincipals/${id}/oauth2PermissionGrants`),
        readApps,
        ([which = '']) =>
          principal(which, () => ({
            status: 200,
            body: { value: [...directory().grants.values()].filter(({ clientId }) => clientId === which) },
          })),
      ],
      [
        'POST',
        key('/oauth2PermissionGrants'),
        'DelegatedPermissionGrant.ReadWrite.All',
        (_match, body) => {
          const made = { id: randomUUID(), principalId: null, ...structuredClone(body) } as DirectoryGrant;
          const twin = [...directory().grants.values()].some(
            (each) =>
              each.clientId === made.clientId &&
              each.resourceId === made.resourceId &&
              each.consentType === made.consentType &&
              each.principalId === made.principalId,
          );
          if (twin) return failure(409, 'Request_MultipleObjectsWithSameKeyValue', 'Permission entry already exists.');
          directory().grants.set(made.id, made);
          return { status: 201, body: made };
        },
      ],
      [
        'PATCH',
        key(`/oauth2PermissionGrants/${id}`),
        'DelegatedPermissionGrant.ReadWrite.All',
        ([which = ''], body) => {
          const found = directory().grants.get(which);
          if (found === undefined) return missing(which);
          found.scope = String(body['scope']);
          return { status: 204 };
        },
      ],
      [
        'DELETE',
        key(`/oauth2PermissionGrants/${id}`),
        'DelegatedPermissionGrant.ReadWrite.All',
        ([which = '']) => (directory().grants.delete(which) ? { status: 204 } : missing(which)),
      ],
      [
        'GET',
        key(`/servicePrincipals/${id}/appRoleAssignments`),
        readApps,
        ([which = '']) =>
          principal(which, () => ({
            status: 200,
            body: { value: [...directory().assignments.values()].filter(({ principalId }) => principalId === which) },
          })),
      ],
      [
        'POST',
        key(`/servicePrincipals/${id}/appRoleAssignments`),
        'AppRoleAssignment.ReadWrite.All',
        (_match, body) => {
          const made = {
            id: randomUUID(),
            ...(body as { principalId: string; resourceId: string; appRoleId: string }),
          };
          const twin = [...directory().assignments.values()].some(
            (each) =>
              each.principalId === made.principalId &&
              each.resourceId === made.resourceId &&
              each.appRoleId === made.appRoleId,
          );
          if (twin) return failure(400, 'Request_BadRequest', 'Permission being assigned already exists on the object');
          directory().assignments.set(made.id, made);
          return { status: 201, body: made };
        },
      ],
      [
        'DELETE',
        key(`/servicePrincipals/${id}/appRoleAssignments/${id}`),
        'AppRoleAssignment.ReadWrite.All',
        ([, which = '']) => (directory().assignments.delete(which) ? { status: 204 } : missing(which)),
      ],
      [
        'GET',
        key('/groups'),
        'GroupMember.ReadWrite.All Group.ReadWrite.All',
        () => ({
          status: 200,
          body: {
            value: [...directory().groups.values()].map(({ id: which, displayName }) => ({ id: which, displayName })),
          },
        }),
      ],
      [
        'POST',
        key('/groups'),
        'Group.ReadWrite.All',
        (_match, body) => {
          const made = { id: randomUUID(), displayName: String(body['displayName']), members: new Set<string>() };
          directory().groups.set(made.id, made);
          return { status: 201, body: { id: made.id, displayName: made.displayName } };
        },
      ],
      [
        'GET',
        key(`/groups/${id}`),
        'GroupMember.ReadWrite.All Group.ReadWrite.All',
        ([which = '']) => group(which, ({ id: own, displayName }) => ({ status: 200, body: { id: own, displayName } })),
      ],
      [
        'GET',
        key(`/groups/${id}/members`),
        'GroupMember.ReadWrite.All',
        ([which = '']) =>
          group(which, ({ members }) => ({
            status: 200,
            body: { value: [...members].map((member) => ({ id: member })) },
          })),
      ],
      [
        'POST',
        key(`/groups/${id}/members/\\$ref`),
        'GroupMember.ReadWrite.All',
        ([which = ''], body) =>
          group(which, ({ members }) => {
            const member = String(body['@odata.id']).split('/').at(-1) ?? '';
            if (!directory().users.has(member)) return missing(member);
            if (members.has(member))
              return failure(
                400,
                'Request_BadRequest',
                'One or more added object references already exist for: members.',
              );
            members.add(member);
            return { status: 204 };
          }),
      ],
      [
        'DELETE',
        key(`/groups/${id}/members/${id}/\\$ref`),
        'GroupMember.ReadWrite.All',
        ([which = '', member = '']) =>
          group(which, ({ members }) => (members.delete(member) ? { status: 204 } : missing(member))),
      ],
      [
        'GET',
        key(`/users/${id}`),
        'User.ReadBasic.All User.Read.All',
        ([which = '']) => {
          const found =
            directory().users.get(which) ??
            [...directory().users.values()].find((each) => each.userPrincipalName === which);
          return found === undefined ? missing(which) : { status: 200, body: { id: found.id } };
        },
      ],
      [
        'POST',
        key(`/users/${id}/revokeSignInSessions`),
        'User.RevokeSessions.All',
        ([which = '']) => {
          const found = directory().users.get(which);
          if (found === undefined) return missing(which);
          found.sessionsRevoked += 1;
          return { status: 200, body: { value: true } };
        },
      ],
      [
        'GET',
        key(`/identityProtection/riskyServicePrincipals/${id}`),
        'IdentityRiskyServicePrincipal.ReadWrite.All',
        ([which = '']) => {
          const riskState = directory().risk.get(which);
          return riskState === undefined ? missing(which) : { status: 200, body: { id: which, riskState } };
        },
      ],
      [
        'POST',
        key('/identityProtection/riskyServicePrincipals/(confirmCompromised|dismiss)'),
        'IdentityRiskyServicePrincipal.ReadWrite.All',
        ([act], body) => {
          for (const which of body['servicePrincipalIds'] as string[])
            directory().risk.set(which, act === 'dismiss' ? 'dismissed' : 'confirmedCompromised');
          return { status: 204 };
        },
      ],
      [
        'GET',
        key('/applications'),
        'Application.ReadWrite.All',
        (_match, _body, query) => ({ status: 200, body: { value: named(this.applications.values(), query) } }),
      ],
      [
        'POST',
        key('/applications'),
        'Application.ReadWrite.All',
        (_match, body) => {
          const made = { id: randomUUID(), appId: randomUUID(), displayName: String(body['displayName']) };
          this.applications.set(made.appId, made);
          return { status: 201, body: made };
        },
      ],
      [
        'GET',
        key('/servicePrincipals'),
        'Application.Read.All Application.ReadWrite.All',
        (_match, _body, query) => ({ status: 200, body: { value: named(directory().principals.values(), query) } }),
      ],
      [
        'POST',
        key('/servicePrincipals'),
        'Application.ReadWrite.All',
        (_match, body) => {
          const made = {
            id: randomUUID(),
            appId: String(body['appId']),
            displayName: this.applications.get(String(body['appId']))?.displayName ?? 'made',
            accountEnabled: true,
            appRoles: [],
          };
          directory().principals.set(made.id, made);
          return { status: 201, body: made };
        },
      ],
    ];
  }
}

const failure = (status: number, code: string, message: string): PeerResponse => ({
  status,
  body: { error: { code, message } },
});
/** As `$filter=displayName eq '…'` and `startswith(displayName,'…')` say. */
function named<T extends { displayName: string }>(all: Iterable<T>, query: URLSearchParams): T[] {
  const filter = query.get('$filter') ?? '';
  const [, exact] = /^displayName eq '([^']*)'$/.exec(filter) ?? [];
  const [, start] = /^startswith\(displayName,'([^']*)'\)$/.exec(filter) ?? [];
  return [...all].filter(({ displayName }) =>
    exact === undefined ? displayName.startsWith(start ?? '') : displayName === exact,
  );
}
const missing = (what: string): PeerResponse =>
  failure(
    404,
    'Request_ResourceNotFound',
    `Resource '${what}' does not exist or one of its queried reference-property objects are not present.`,
  );
