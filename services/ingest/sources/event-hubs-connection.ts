/** How an event hub is reached: a connection string, or a namespace with an identity of Entra. */
import { readFile } from 'node:fs/promises';
import type { TokenCredential } from '@azure/core-auth';
import { type CheckpointStore, EventHubConsumerClient, type EventHubConsumerClientOptions } from '@azure/event-hubs';
import { StepdownError } from '../../runtime/errors.js';
import type { SourceConfigOf } from './source.js';

export async function openHub(
  config: SourceConfigOf<'eventhubs'>,
  checkpoints: CheckpointStore,
  options: EventHubConsumerClientOptions,
): Promise<EventHubConsumerClient> {
  const { consumerGroup, hub, namespace, endpoint } = config;
  const all: EventHubConsumerClientOptions = {
    ...options,
    userAgent: 'stepdown',
    ...(endpoint !== undefined && { customEndpointAddress: endpoint }),
  };
  const text = config.connectionString ?? (await connectionFile(config.connectionStringFile));
  try {
    if (text !== undefined) {
      const path = /(?:^|;)\s*EntityPath=([^;]+)/i.exec(text)?.[1];
      if (path === undefined && hub === undefined)
        throw new TypeError('it names no event hub: set `hub`, or `EntityPath` in it');
      if (path !== undefined && hub !== undefined && path !== hub)
        throw new TypeError(`its \`EntityPath\` is ${path}, and \`hub\` is ${hub}`);
      return path === undefined && hub !== undefined
        ? new EventHubConsumerClient(consumerGroup, text, hub, checkpoints, all)
        : new EventHubConsumerClient(consumerGroup, text, checkpoints, all);
    }
    if (namespace === undefined || hub === undefined) throw new TypeError('`namespace` and `hub` are needed');
    return new EventHubConsumerClient(consumerGroup, namespace, hub, await identity(config), checkpoints, all);
  } catch (cause) {
    // The client's own messages may quote the string, and with it the key.
    const said = cause instanceof TypeError && !/SharedAccessKey/i.test(cause.message) ? `: ${cause.message}` : '';
    throw new StepdownError(
      'config-invalid',
      `the event hub of the source ${config.name} cannot be reached as configured${said}`,
      {
        mend: 'see docs/telemetry.md for how a connection string or a namespace is written',
      },
    );
  }
}

/** Why the hub cannot be read, in a person's words; what the client tried several times comes without any of its own. */
export function saidByHub(error: Error & { code?: string }): string {
  const inner = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const said = new Set(inner.map((each) => (each instanceof Error ? saidByHub(each) : String(each))));
  return error.message || (said.size > 0 ? [...said].join('; ') : (error.code ?? error.name));
}

async function connectionFile(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new StepdownError('config-invalid', 'the file with the connection string cannot be read', {
      place: { file: path },
      cause,
    });
  }
}

/** Loaded only where it is needed: the identity client is large. */
async function identity({ credential, clientId }: SourceConfigOf<'eventhubs'>): Promise<TokenCredential> {
  const made = await import('@azure/identity');
  switch (credential) {
    case 'managed-identity':
      return clientId === undefined
        ? new made.ManagedIdentityCredential()
        : new made.ManagedIdentityCredential({ clientId });
    case 'workload-identity':
      return new made.WorkloadIdentityCredential(clientId === undefined ? {} : { clientId });
    case 'azure-cli':
      return new made.AzureCliCredential();
    case 'default':
      return new made.DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
  }
}
