/**
 * Sign-in by OpenID Connect: access tokens of an issuer that people and services already have (Entra ID, Keycloak,
 * any with a discovery document). Signature, issuer, audience, time and, where configured, the calling application are
 * verified in memory, for every request; roles come from the token (claims.ts).
 */
import { errors, jwtVerify } from 'jose';
import type { Log } from '../../runtime/log.js';
import { applicationOf, type Bearer, bearerOf, type ClaimRules } from './claims.js';
import { SigningKeys } from './signing-keys.js';

export interface OidcOptions extends ClaimRules {
  audience: string;
  /** Applications that may call; empty: any that has a token for the audience. */
  clientIds: readonly string[];
}

/** Asymmetric only: a shared secret is no proof of the issuer. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Clocks of two machines. */
const TOLERANCE_S = 60;

export class OidcSignIn {
  readonly #options: OidcOptions;
  readonly #keys: SigningKeys;

  constructor(options: OidcOptions, log: Log) {
    this.#options = options;
    const { issuer } = options;
    this.#keys = new SigningKeys(
      issuer,
      async (get) => {
        const found = (await get(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`)) as {
          issuer?: unknown;
          jwks_uri?: unknown;
        };
        // OpenID Connect Discovery 1.0, 4.3: it must be the very issuer that was asked.
        if (found.issuer !== issuer) throw new Error(`the discovery document is of ${String(found.issuer)}`);
        if (typeof found.jwks_uri !== 'string') throw new Error('the discovery document names no jwks_uri');
        return get(found.jwks_uri);
      },
      log,
    );
  }

  get issuer(): string {
    return this.#options.issuer;
  }

  start(): void {
    this.#keys.start();
  }

  stop(): void {
    this.#keys.stop();
  }

  async verify(token: string): Promise<Bearer> {
    const keys = this.#keys.known;
    if (keys === undefined) return { ok: false, reason: 'the signing keys of its issuer are not known yet; try again' };
    const { issuer, audience, clientIds } = this.#options;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: TOLERANCE_S,
        requiredClaims: ['exp', 'iss', 'aud', 'sub'],
      });
      const application = applicationOf(payload);
      if (clientIds.length > 0 && (application === undefined || !clientIds.includes(application)))
        return { ok: false, reason: 'this application may not call' };
      return bearerOf(payload, this.#options);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) this.#keys.refreshSoon();
      return { ok: false, reason: error instanceof errors.JOSEError ? error.code : 'it is no token' };
    }
  }
}
