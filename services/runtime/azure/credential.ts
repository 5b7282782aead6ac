/**
 * Who the engine is towards Azure: a managed identity, a federated workload identity, or the person who is signed in to
 * the Azure CLI. There is no way to put a secret into the configuration.
 */
import type { TokenCredential } from '@azure/core-auth';

export const CREDENTIAL_KINDS = ['default', 'managed-identity', 'workload-identity', 'cli'] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

export interface CredentialConfig {
  /** `default`: whatever the environment offers, in the order of the identity client's DefaultAzureCredential. */
  credential: CredentialKind;
  clientId?: string | undefined;
  tenantId?: string | undefined;
  /** Where a workload identity's token is kept; default: what the environment says. */
  tokenFile?: string | undefined;
  /** Who issues tokens, of a sovereign cloud. */
  authority?: string | undefined;
}

/** Microsoft's own authorities, which say about themselves what is asked of any other. */
const KNOWN_AUTHORITIES =
  /^https:\/\/login\.(?:microsoftonline\.(?:com|us)|partner\.microsoftonline\.cn|chinacloudapi\.cn)\/?$/;

export interface CredentialOptions {
  /** PEM of further authorities that servers are trusted by. */
  ca?: string | undefined;
}

/** Loads the identity client. Nothing is asked for yet: a token is fetched when it is first needed. */
export async function openCredential(
  config: CredentialConfig,
  { ca }: CredentialOptions = {},
): Promise<TokenCredential> {
  const identity = await import('@azure/identity');
  const { clientId, tenantId, tokenFile, authority } = config;
  const transport = {
    ...(ca === undefined ? {} : { tlsOptions: { ca } }),
    ...(authority === undefined ? {} : { authorityHost: authority }),
    // Another authority than Microsoft's own cannot be looked up there.
    ...(authority === undefined || KNOWN_AUTHORITIES.test(authority) ? {} : { disableInstanceDiscovery: true }),
  };
  const whose = {
    ...(clientId === undefined ? {} : { clientId }),
    ...(tenantId === undefined ? {} : { tenantId }),
  };
  switch (config.credential) {
    case 'managed-identity':
      return new identity.ManagedIdentityCredential({ ...transport, ...(clientId === undefined ? {} : { clientId }) });
    case 'workload-identity':
      return new identity.WorkloadIdentityCredential({
        ...transport,
        ...whose,
        ...(tokenFile === undefined ? {} : { tokenFilePath: tokenFile }),
      });
    case 'cli':
      return new identity.AzureCliCredential(tenantId === undefined ? {} : { tenantId });
    case 'default':
      return new identity.DefaultAzureCredential({
        ...transport,
        ...(tenantId === undefined ? {} : { tenantId }),
        ...(clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }),
      });
  }
}
