/**
 * Principals in the store, and the tokens of the first start.
 *
 * At the first start two principals are made: an admin for the person at the keyboard, and one for this machine's
 * agents, which may only ask and report. Each one's token is written once, to a file that only the owner reads
 * (`<dataDir>/token`, `<dataDir>/agent-token`, mode 0600); the store keeps hashes. An agent thus never needs a token
 * that could approve its own calls.
 */
import { keyPart } from '../../../schemas/entity.js';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Principal, PrincipalRole } from '../../../schemas/principal.js';
import { StepdownError } from '../../runtime/errors.js';
import { readSecret, writeSecret } from '../../runtime/secret-file.js';
import type { Store } from '../../runtime/store/types.js';
import { looksLikeToken, newPrincipal, Principals, tokenFrom } from '../principals.js';

const PREFIX = 'principal/';
const keyOf = (id: string): string => `${PREFIX}${keyPart(id)}`;

export const ADMIN_TOKEN_FILE = 'token';
export const AGENT_TOKEN_FILE = 'agent-token';

export interface PrincipalStoreOptions {
  store: Store;
  dataDir: string;
}

export class PrincipalStore {
  readonly principals = new Principals();
  readonly #options: PrincipalStoreOptions;

  constructor(options: PrincipalStoreOptions) {
    this.#options = options;
  }

  /** Reads all principals; what another process added or revoked counts from then on. */
  async load(): Promise<void> {
    const all: Principal[] = [];
    let after: string | undefined;
    for (;;) {
      const page = await this.#options.store.scan<Principal>(PREFIX, {
        limit: 500,
        ...(after === undefined ? {} : { after }),
      });
      all.push(...page.map((document) => document.value));
      after = page.at(-1)?.key;
      if (page.length < 500) break;
    }
    this.principals.replace(all);
  }

  /** Makes the first two principals where there are none. Gives the files that were written. */
  async ensureFirst(nowMs: number): Promise<string[]> {
    if (this.principals.list().length > 0) return [];
    const admin = await this.#first(ADMIN_TOKEN_FILE, { name: 'first admin', role: 'admin', agents: [] }, nowMs);
    const agents = await this.#first(
      AGENT_TOKEN_FILE,
      { name: 'agents of this machine', role: 'agent', agents: ['*'] },
      nowMs,
    );
    return [admin, agents];
  }

  async add(input: {
    name: string;
    role: PrincipalRole;
    agents: string[];
    soc?: boolean | undefined;
    owns?: string[] | undefined;
    by: string;
    nowMs: number;
  }): Promise<{ principal: Principal; token: string }> {
    const token = tokenFrom(randomBytes(32));
    return { principal: await this.#keep(newPrincipal({ ...input, token })), token };
  }

  /** `undefined`: there is no such principal. The last admin cannot be revoked: nobody could let anyone in again. */
  async revoke(id: string, nowMs: number): Promise<Principal | 'last-admin' | undefined> {
    const principal = this.principals.get(id);
    if (principal === undefined) return undefined;
    if (principal.revokedAtMs !== undefined) return principal;
    const admins = this.principals.list().filter((other) => other.role === 'admin' && other.revokedAtMs === undefined);
    if (principal.role === 'admin' && admins.length === 1) return 'last-admin';
    return this.#keep({ ...principal, revokedAtMs: nowMs });
  }

  async #first(
    file: string,
    input: { name: string; role: PrincipalRole; agents: string[] },
    nowMs: number,
  ): Promise<string> {
    const path = join(this.#options.dataDir, file);
    // The file stands before the principal: a crash in between leaves a token that the next start takes up, where the
    // other order would leave a principal whose token nobody has.
    const token = tokenIn(path) ?? writeSecret(path, tokenFrom(randomBytes(32)));
    await this.#keep(newPrincipal({ ...input, token, by: 'engine', nowMs }));
    return path;
  }

  async #keep(principal: Principal): Promise<Principal> {
    const [outcome] = await this.#options.store.write([{ key: keyOf(principal.id), value: principal }]);
    if (outcome?.ok !== true)
      throw new StepdownError('store-conflict', 'The principal was changed by someone else; try again');
    this.principals.put(principal);
    return principal;
  }
}

function tokenIn(path: string): string | undefined {
  const text = readSecret(path);
  return text !== undefined && looksLikeToken(text) ? text : undefined;
}
