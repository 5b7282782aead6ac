/** From a bearer token to a principal: tokens of our own, else those of the issuers that are configured. */
import { decodeJwt } from 'jose';
import type { Principal } from '../../../schemas/principal.js';
import { looksLikeToken, type Principals } from '../principals.js';
import type { OidcSignIn } from './oidc.js';

export type Authenticated = Principal | { refused: string };

export class Authentication {
  readonly #principals: Principals;
  readonly #issuers: ReadonlyMap<string, OidcSignIn>;

  constructor(principals: Principals, issuers: readonly OidcSignIn[]) {
    this.#principals = principals;
    this.#issuers = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));
  }

  start(): void {
    for (const issuer of this.#issuers.values()) issuer.start();
  }

  stop(): void {
    for (const issuer of this.#issuers.values()) issuer.stop();
  }

  /** Tokens of our own are answered at once: decisions are asked with them. */
  of(token: string): Authenticated | Promise<Authenticated> {
    if (looksLikeToken(token) || this.#issuers.size === 0)
      return this.#principals.withToken(token) ?? { refused: 'it is not known, or was revoked' };
    return this.#issued(token);
  }

  async #issued(token: string): Promise<Authenticated> {
    const issuer = this.#issuers.get(issuerOf(token) ?? '');
    if (issuer === undefined) return { refused: 'its issuer is none of those in `gateway.oidc`' };
    const bearer = await issuer.verify(token);
    return bearer.ok ? bearer.principal : { refused: bearer.reason };
  }
}

/** Only to know which keys to verify it with; nothing in it is believed before. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
