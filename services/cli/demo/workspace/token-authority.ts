/**
 * Issues tokens as Microsoft's identity platform does: the client-credentials grant with a signed assertion in place of a
 * secret (RFC 7523), behind the discovery document that the client looks for.
 */
import { randomUUID } from 'node:crypto';
import type { Certificate } from './certificate.js';
import { HttpsPeer, type PeerRequest, type PeerResponse } from './https-peer.js';

export class TokenAuthority {
  readonly tenantId = '11111111-2222-3333-4444-555555555555';
  readonly clientId = '99999999-8888-7777-6666-555555555555';
  /** How long new tokens live, seconds. */
  lifetimeSeconds = 3_600;
  issued = 0;
  readonly assertions: string[] = [];
  readonly #valid = new Map<string, { scope: string; untilMs: number }>();
  #peer: HttpsPeer | undefined;

  static async start(certificate: Certificate): Promise<TokenAuthority> {
    const authority = new TokenAuthority();
    authority.#peer = await HttpsPeer.start((request) => authority.#answer(request), certificate);
    return authority;
  }

  get peer(): HttpsPeer {
    if (this.#peer === undefined) throw new Error('the authority is not started');
    return this.#peer;
  }

  get url(): string {
    return this.peer.url;
  }

  /** Every token that was issued so far is no longer taken, whatever it says of its life. */
  revokeAll(): void {
    this.#valid.clear();
  }

  /** Whether a request carries a token for this audience that is still taken. */
  accepts(request: PeerRequest, audience: string): boolean {
    const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    const known = this.#valid.get(token);
    return known !== undefined && known.untilMs > Date.now() && known.scope === `${audience}/.default`;
  }

  /** A token for an audience, without the exchange. */
  issue(audience: string): string {
    return this.#issue(`${audience}/.default`);
  }

  async stop(): Promise<void> {
    await this.#peer?.stop();
  }

  #issue(scope: string): string {
    const token = `peer-token-${randomUUID()}`;
    this.issued += 1;
    this.#valid.set(token, { scope, untilMs: Date.now() + this.lifetimeSeconds * 1_000 });
    return token;
  }

  #answer(request: PeerRequest): PeerResponse {
    const [, tenant = ''] = request.path.split('/');
    if (request.path.endsWith('/.well-known/openid-configuration'))
      return {
        status: 200,
        body: {
          issuer: `${this.url}/${tenant}/v2.0`,
          authorization_endpoint: `${this.url}/${tenant}/oauth2/v2.0/authorize`,
          token_endpoint: `${this.url}/${tenant}/oauth2/v2.0/token`,
          jwks_uri: `${this.url}/${tenant}/discovery/v2.0/keys`,
        },
      };
    if (!request.path.endsWith('/oauth2/v2.0/token') || request.method !== 'POST')
      return { status: 404, body: { error: 'not_found' } };
    const form = new URLSearchParams(request.body.toString('utf8'));
    const assertion = form.get('client_assertion');
    if (form.get('grant_type') !== 'client_credentials' || assertion === null || form.has('client_secret'))
      return { status: 400, body: { error: 'invalid_request', error_description: 'a signed assertion is wanted' } };
    this.assertions.push(assertion);
    const token = this.#issue(form.get('scope')?.split(' ')[0] ?? '');
    return { status: 200, body: { token_type: 'Bearer', expires_in: this.lifetimeSeconds, access_token: token } };
  }
}
