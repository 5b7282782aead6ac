/**
 * The public keys an issuer signs with, kept in memory.
 *
 * They are fetched in the background, at start and every few hours; a token signed with a key that is not known makes
 * one more fetch, at most every half minute, and never inside a request's time: until the keys are there the token is
 * refused. When a fetch fails, known keys stay in use.
 */
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Log } from '../../runtime/log.js';

const REFRESH_MS = 6 * 3_600_000;
const RETRY_MS = 30_000;
/** While no keys are known at all. */
const FIRST_RETRY_MS = 500;
const FETCH_TIMEOUT_MS = 5_000;

export class SigningKeys {
  readonly #find: (get: (url: string) => Promise<unknown>) => Promise<unknown>;
  readonly #log: Log;
  readonly #of: string;
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAtMs = -Infinity;
  #fetching: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param of who signs, for the log
   * @param find gives the key set (RFC 7517); may take several requests, as discovery does
   */
  constructor(of: string, find: (get: (url: string) => Promise<unknown>) => Promise<unknown>, log: Log) {
    this.#of = of;
    this.#find = find;
    this.#log = log;
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

  /** `undefined`: not known yet; they are being fetched. */
  get known(): JWTVerifyGetKey | undefined {
    if (this.#keys === undefined) this.refreshSoon();
    return this.#keys;
  }

  /** A token names a key that is not among the known ones. */
  refreshSoon(): void {
    const pauseMs = this.#keys === undefined ? FIRST_RETRY_MS : RETRY_MS;
    if (performance.now() - this.#fetchedAtMs > pauseMs) void this.#refresh();
  }

  #refresh(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    this.#fetchedAtMs = performance.now();
    try {
      this.#keys = createLocalJWKSet((await this.#find(getJson)) as JSONWebKeySet);
    } catch (error) {
      this.#log.warn({ err: error, issuer: this.#of }, 'signing keys could not be fetched; known ones stay in use');
    }
  }
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
