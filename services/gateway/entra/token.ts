/**
 * Entra ID access tokens: signature, issuer, audience, expiry and, where configured, the calling application.
 *
 * The directory's signing keys are fetched in the background, at start and every few hours; a token signed with a key
 * that is not known makes one more fetch, at most every half minute, and never inside a decision's time: until the
 * keys are there the token is refused.
 */
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Log } from '../../runtime/log.js';

export interface EntraOptions {
  authority: string;
  tenantId: string;
  audience: string;
  /** Application ids that may call; empty: any of the directory. */
  clientIds: readonly string[];
}

export type Verified = { ok: true; clientId: string } | { ok: false; reason: string };

const REFRESH_MS = 6 * 3_600_000;
const RETRY_MS = 30_000;
const FETCH_TIMEOUT_MS = 5_000;
/** Clocks of two machines. */
const TOLERANCE_S = 60;

export class EntraTokens {
  readonly #options: EntraOptions;
  readonly #log: Log;
  readonly #issuers: string[];
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAtMs = -Infinity;
  #fetching: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EntraOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    const authority = options.authority.replace(/\/+$/, '');
    // Version 2 tokens, and version 1 ones, whose issuer is another host.
    this.#issuers = [`${authority}/${options.tenantId}/v2.0`, `https://sts.windows.net/${options.tenantId}/`];
  }

  /** Does not wait for the keys: an engine starts without its directory too. */
  start(): void {
    void this.#refresh();
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when a fetch under way is done; for health and tests. */
  async settled(): Promise<void> {
    await this.#fetching;
  }

  async verify(token: string): Promise<Verified> {
    const keys = this.#keys;
    if (keys === undefined) {
      this.#refreshSoon();
      return { ok: false, reason: 'the signing keys of the directory are not known yet' };
    }
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
      if (error instanceof errors.JWKSNoMatchingKey) this.#refreshSoon();
      return { ok: false, reason: error instanceof errors.JOSEError ? error.code : 'not a token' };
    }
    if (payload['tid'] !== undefined && payload['tid'] !== this.#options.tenantId)
      return { ok: false, reason: 'the token is of another directory' };
    const clientId = [payload['azp'], payload['appid']].find((claim): claim is string => typeof claim === 'string');
    const { clientIds } = this.#options;
    if (clientIds.length > 0 && (clientId === undefined || !clientIds.includes(clientId)))
      return { ok: false, reason: 'this application may not call' };
    return { ok: true, clientId: clientId ?? 'unknown' };
  }

  #refreshSoon(): void {
    if (performance.now() - this.#fetchedAtMs > RETRY_MS || this.#keys === undefined) void this.#refresh();
  }

  #refresh(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const url = `${this.#options.authority.replace(/\/+$/, '')}/${encodeURIComponent(this.#options.tenantId)}/discovery/v2.0/keys`;
    this.#fetchedAtMs = performance.now();
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' });
      if (!response.ok) throw new Error(`${response.status}`);
      this.#keys = createLocalJWKSet((await response.json()) as JSONWebKeySet);
    } catch (error) {
      this.#log.warn(
        { err: error, url },
        'the signing keys of the directory could not be fetched; known ones stay in use',
      );
    }
  }
}
