/** Where bearer tokens come from: an OAuth token endpoint (client credentials), or Entra as Azure's own clients ask it. */
import { StepdownError } from '../../errors.js';

export type BearerProvider = () => Promise<{ value: string }>;

const TOKEN_BUDGET_MS = 10_000;

/** RFC 6749, 4.4. Asked once per connection; the broker says how long a token holds a connection. */
export function clientCredentials(options: {
  url: string;
  clientId: string;
  clientSecret: string;
  scope: string | undefined;
}): BearerProvider {
  return async () => {
    const answer = await fetch(options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: options.clientId,
        client_secret: options.clientSecret,
        ...(options.scope === undefined ? {} : { scope: options.scope }),
      }),
      signal: AbortSignal.timeout(TOKEN_BUDGET_MS),
    });
    const body = (await answer.json().catch(() => ({}))) as { access_token?: unknown; error?: unknown };
    if (!answer.ok || typeof body.access_token !== 'string')
      throw new StepdownError(
        'unauthenticated',
        `the token endpoint answered ${answer.status}${typeof body.error === 'string' ? ` (${body.error})` : ''}`,
      );
    return { value: body.access_token };
  };
}

/** A token of this machine's identity (environment, workload, managed identity, CLI) for the broker's namespace. */
export function entraToken(broker: string, scope: string | undefined): BearerProvider {
  const wanted = scope ?? `https://${broker.replace(/:\d+$/, '')}/.default`;
  let credential: { getToken(scope: string): Promise<{ token: string } | null> } | undefined;
  return async () => {
    if (credential === undefined) {
      const { DefaultAzureCredential } = await import('@azure/identity');
      credential = new DefaultAzureCredential();
    }
    const token = await credential.getToken(wanted);
    if (token === null) throw new StepdownError('unauthenticated', `Entra gave no token for ${wanted}`);
    return { value: token.token };
  };
}
