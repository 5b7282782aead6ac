/**
 * Entra ID access tokens as Copilot Studio sends them: signature, issuer, audience, expiry and, where configured, the
 * calling application.
 */
import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { Log } from '../../runtime/log.js';
import { applicationOf } from './claims.js';
import { SigningKeys } from './signing-keys.js';

export interface EntraOptions {
  authority: string;
  tenantId: string;
  audience: string;
  /** Application ids that may call; empty: any of the directory. */
  clientIds: readonly string[];
}

export type Verified = { ok: true; clientId: string } | { ok: false; reason: string };

/** Clocks of two machines. */
const TOLERANCE_S = 60;

export class EntraTokens {
  readonly #options: EntraOptions;
  readonly #issuers: string[];
  readonly #keys: SigningKeys;

  constructor(options: EntraOptions, log: Log) {
    this.#options = options;
    const authority = options.authority.replace(/\/+$/, '');
    // Version 2 tokens, and version 1 ones, whose issuer is another host.
    this.#issuers = [`${authority}/${options.tenantId}/v2.0`, `https://sts.windows.net/${options.tenantId}/`];
    const url = `${authority}/${encodeURIComponent(options.tenantId)}/discovery/v2.0/keys`;
    this.#keys = new SigningKeys(url, (get) => get(url), log);
  }

  start(): void {
    this.#keys.start();
  }

  stop(): void {
    this.#keys.stop();
  }

  async verify(token: string): Promise<Verified> {
    const keys = this.#keys.known;
    if (keys === undefined) return { ok: false, reason: 'the signing keys of the directory are not known yet' };
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keys, {
        issuer: this.#issuers,
        audience: this.#options.audience,
        algorithms: ['RS256'],
        clockTolerance: TOLERANCE_S,
        requiredClaims: ['exp', 'iss', 'aud'],
      }));
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) this.#keys.refreshSoon();
      return { ok: false, reason: error instanceof errors.JOSEError ? error.code : 'not a token' };
    }
    if (payload['tid'] !== undefined && payload['tid'] !== this.#options.tenantId)
      return { ok: false, reason: 'the token is of another directory' };
    const clientId = applicationOf(payload);
    const { clientIds } = this.#options;
    if (clientIds.length > 0 && (clientId === undefined || !clientIds.includes(clientId)))
      return { ok: false, reason: 'this application may not call' };
    return { ok: true, clientId: clientId ?? 'unknown' };
  }
}
