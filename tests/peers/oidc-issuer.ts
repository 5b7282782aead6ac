/** An OpenID Connect issuer on loopback: a discovery document, a key set, tokens as told. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

export interface TokenOptions {
  claims?: Record<string, unknown>;
  subject?: string;
  issuer?: string;
  audience?: string;
  /** Seconds from now. */
  expiresIn?: number;
  notBefore?: number;
  alg?: string;
  /** Signs with a key the key set does not hold, under a known name. */
  forged?: boolean;
}

export class OidcIssuer {
  readonly audience: string;
  /** Requests for the key set so far. */
  fetches = 0;
  /** What the discovery document says of itself; the true address by default. */
  claimsToBe: string | undefined;
  readonly #server: Server;
  #keys!: KeyPair;
  #keyId = 1;

  private constructor(audience: string) {
    this.audience = audience;
    this.#server = createServer((request, response) => {
      const answer = (body: unknown): void => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      if (request.url === '/.well-known/openid-configuration')
        return answer({ issuer: this.claimsToBe ?? this.issuer, jwks_uri: `${this.issuer}/keys` });
      if (request.url !== '/keys') return response.writeHead(404).end();
      this.fetches += 1;
      return void exportJWK(this.#keys.publicKey).then((jwk) =>
        answer({ keys: [{ ...jwk, kid: `k${this.#keyId}`, alg: 'ES256', use: 'sig' }] }),
      );
    });
  }

  static async start(audience = 'api://stepdown'): Promise<OidcIssuer> {
    const issuer = new OidcIssuer(audience);
    issuer.#keys = await generateKeyPair('ES256');
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Signs with a new key from now on. */
  async rotate(): Promise<void> {
    this.#keys = await generateKeyPair('ES256');
    this.#keyId += 1;
  }

  async token(options: TokenOptions = {}): Promise<string> {
    const { claims = {}, subject = 'subject-1', issuer = this.issuer, audience = this.audience } = options;
    const keys = options.forged === true ? await generateKeyPair('ES256') : this.#keys;
    const nowS = Math.floor(Date.now() / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: `k${this.#keyId}` })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt()
      .setNotBefore(nowS + (options.notBefore ?? -1))
      .setExpirationTime(nowS + (options.expiresIn ?? 3600))
      .sign(keys.privateKey);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
