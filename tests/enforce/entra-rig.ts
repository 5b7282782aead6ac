/** A directory behind a Graph peer with our policies and groups in it, and the Entra enforcement point before it. */
import type { Control } from '../../schemas/control.js';
import { declareEntra, type EntraConfig } from '../../services/enforce/points/entra/declare.js';
import { EntraPoint } from '../../services/enforce/points/entra/entra.js';
import { Graph } from '../../services/enforce/points/entra/graph.js';
import { Limiter } from '../../services/enforce/points/entra/limiter.js';
import type { Order } from '../../services/enforce/point.js';
import type { Document, Store, Write } from '../../services/runtime/store/types.js';
import { Directory, GraphPeer } from '../peers/graph.js';

export const guid = (n: number): string => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
export const POLICY = guid(900);
export const GROUPS = {
  mfa: guid(901),
  passwordless: guid(902),
  phishingResistant: guid(903),
  reauthenticate: guid(904),
};
export const PLACEHOLDER = guid(999);
export const API = guid(500);
const ROLE = (n: number) => guid(600 + n);

/** Agents 1…3, users 101…103; each agent has a grant of three scopes and two app roles. */
export function directory(): Directory {
  const made = new Directory();
  made.principals.set(API, {
    id: API,
    appId: guid(501),
    displayName: 'Mail',
    accountEnabled: true,
    appRoles: ['Mail.Read', 'Mail.Send'].map((value, n) => ({ id: ROLE(n), value })),
  });
  for (const n of [1, 2, 3]) {
    made.principals.set(guid(n), {
      id: guid(n),
      appId: guid(n + 10),
      displayName: `agent ${n}`,
      accountEnabled: true,
      appRoles: [],
    });
    made.users.set(guid(100 + n), {
      id: guid(100 + n),
      userPrincipalName: `u${n}@contoso.example`,
      sessionsRevoked: 0,
    });
    made.grants.set(`g${n}`, {
      id: `g${n}`,
      clientId: guid(n),
      resourceId: API,
      consentType: 'AllPrincipals',
      principalId: null,
      scope: 'Mail.Read Mail.Send Files.Read',
    });
    for (const role of [0, 1]) {
      const id = `as${n}${role}`;
      made.assignments.set(id, { id, principalId: guid(n), resourceId: API, appRoleId: ROLE(role) });
    }
  }
  made.policies.set(POLICY, {
    id: POLICY,
    displayName: 'Stepdown: block agents',
    state: 'enabled',
    conditions: {
      clientApplications: { includeServicePrincipals: [PLACEHOLDER] },
      applications: { includeApplications: ['All'] },
    },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  });
  for (const [name, id] of Object.entries(GROUPS))
    made.groups.set(id, { id, displayName: `Stepdown: ${name}`, members: new Set() });
  return made;
}

export const entraConfig = (more: Partial<EntraConfig> = {}): EntraConfig =>
  ({
    type: 'entra',
    name: 'entra',
    tenantId: guid(0),
    credential: 'default',
    authority: 'https://login.microsoftonline.com',
    graph: 'https://graph.microsoft.com',
    agents: [1, 2, 3].map((n) => ({ agent: `a${n}`, servicePrincipal: guid(n) })),
    agentIds: 'named',
    disableBy: 'policy',
    confirmCompromised: false,
    narrow: true,
    revokeSessions: false,
    policies: { blockAgents: POLICY },
    groups: GROUPS,
    propagationMs: 900_000,
    ...more,
  }) as EntraConfig;

/** What a store keeps, in memory: only what the books of the point need. */
export class Shelf implements Pick<Store, 'write' | 'scan'> {
  readonly documents = new Map<string, string>();
  /** Called before each write; a throw is a crash. */
  onWrite: () => void = () => undefined;

  async write(writes: readonly Write[]) {
    this.onWrite();
    for (const { key, value } of writes) {
      if (value === undefined) this.documents.delete(key);
      else this.documents.set(key, JSON.stringify(value));
    }
    return writes.map(() => ({ ok: true as const, version: 1 }));
  }

  async scan<T>(prefix: string): Promise<Document<T>[]> {
    return [...this.documents]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => ({ key, value: JSON.parse(value) as T, version: 1 }));
  }
}

const FREE = { everyMs: 0, burst: 1 };
export const UNLIMITED = { policies: FREE, writes: FREE, reads: FREE };

export class EntraRig {
  readonly graph: GraphPeer;
  readonly shelf = new Shelf();
  readonly config: EntraConfig;
  point: EntraPoint;
  /** Moves the point's clock beyond the wall's. */
  aheadMs = 0;
  /** As if the directory showed at once what it confirmed; else how long the point does not rely on that. */
  settlingMs = 0;
  #sequence = 0;

  private constructor(graph: GraphPeer, config: EntraConfig) {
    this.graph = graph;
    this.config = config;
    this.point = this.newPoint();
  }

  static async open(more: Partial<EntraConfig> = {}): Promise<EntraRig> {
    return new EntraRig(await GraphPeer.start(directory()), entraConfig(more));
  }

  now = (): number => Date.now() + this.aheadMs;

  /** Another process with the same books. */
  newPoint(limiter?: Limiter): EntraPoint {
    const credential = { getToken: async () => ({ token: 'test-token', expiresOnTimestamp: Date.now() + 3_600_000 }) };
    const graph = new Graph({
      url: this.graph.url,
      credential,
      ca: this.graph.peer.certificate.cert,
      now: this.now,
      limiter: limiter ?? new Limiter(this.now, UNLIMITED),
    });
    this.point = new EntraPoint({
      config: this.config,
      declaration: declareEntra(this.config),
      graph,
      store: this.shelf,
      now: this.now,
      settlingMs: this.settlingMs,
    });
    return this.point;
  }

  get directory(): Directory {
    return this.graph.directory;
  }

  order(effectId: string, control: Control, target: { type: 'agent' | 'user'; id: string }): Order {
    return {
      effectId,
      contractionId: effectId,
      sequence: (this.#sequence += 1),
      target: { tenant: 'default', ...target },
      control,
      reason: 'because',
      expiresAtMs: this.now() + 300_000,
      expiresInMs: 300_000,
    };
  }

  async close(): Promise<void> {
    await this.point.close();
    await this.graph.stop();
  }
}

export const soon = (): AbortSignal => AbortSignal.timeout(20_000);
