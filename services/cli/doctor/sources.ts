/** Whether each of `ingest.sources` can be reached as configured, and holds what is to be read. Nothing is read or written. */
import type { CheckpointStore } from '@azure/event-hubs';
import { openHub, saidByHub } from '../../ingest/sources/event-hubs-connection.js';
import type { SourceConfig, SourceConfigOf } from '../../ingest/sources/source.js';
import type { Config } from '../../runtime/config.js';
import { createClient } from '../../runtime/stream/kafka/client.js';
import type { Log } from '../../runtime/log.js';
import { faultCheck } from './fault.js';
import { type Check, ok, problem } from './finding.js';

const PATIENCE_MS = 8_000;

export async function sourceChecks(config: Config, log: Log): Promise<Check[]> {
  const checks = await Promise.all(config.ingest.sources.map((source) => within(source, log)));
  return checks.flat();
}

async function within(source: SourceConfig, log: Log): Promise<Check[]> {
  const name = `source ${source.name}`;
  try {
    return source.type === 'eventhubs' ? await hubCheck(name, source) : await topicsCheck(name, source, log);
  } catch (error) {
    return [faultCheck(name, error)];
  }
}

const NO_CHECKPOINTS: CheckpointStore = {
  claimOwnership: async () => [],
  listOwnership: async () => [],
  listCheckpoints: async () => [],
  updateCheckpoint: async () => undefined,
};

async function hubCheck(name: string, source: SourceConfigOf<'eventhubs'>): Promise<Check[]> {
  const client = await openHub(source, NO_CHECKPOINTS, { retryOptions: { maxRetries: 0, timeoutInMs: PATIENCE_MS } });
  try {
    const { partitionIds } = await client.getEventHubProperties({ abortSignal: AbortSignal.timeout(PATIENCE_MS) });
    return [ok(name, `the event hub ${client.eventHubName} has ${partitionIds.length} partitions`)];
  } catch (error) {
    const fault = error as Error & { code?: string };
    return [
      problem(name, `the event hub ${client.eventHubName} does not answer: ${saidByHub(fault)}`, mendOf(codeOf(fault))),
    ];
  } finally {
    await client.close().catch(() => undefined);
  }
}

/** Of what failed several times, the first that has one. */
function codeOf(error: Error & { code?: string }): string | undefined {
  const inner = error instanceof AggregateError ? (error.errors as { code?: string }[]) : [];
  return error.code ?? inner.find(({ code }) => code !== undefined)?.code;
}

function mendOf(code: string | undefined): string {
  switch (code) {
    case 'UnauthorizedError':
      return 'give the identity the role Azure Event Hubs Data Receiver on the hub, or the key the right to listen';
    case 'MessagingEntityNotFoundError':
      return 'mend `hub` (or `EntityPath`), or create the event hub';
    default:
      return 'mend the name of the namespace, or open port 5671 to it';
  }
}

async function topicsCheck(name: string, source: SourceConfigOf<'kafka'>, log: Log): Promise<Check[]> {
  const admin = createClient(source, log, `/ingest/sources (${source.name})`).admin({
    retry: { retries: 2, initialRetryTime: 200, maxRetryTime: 1_000 },
  });
  try {
    await admin.connect();
    const there = new Set(await admin.listTopics());
    return source.topics.map((topic) =>
      there.has(topic)
        ? ok(name, `the topic ${topic} is there`)
        : problem(
            name,
            `there is no topic ${topic}, or it may not be seen`,
            'mend `topics`, create it, or give the right to describe it',
          ),
    );
  } catch (error) {
    return [
      problem(
        name,
        `Kafka does not answer: ${error instanceof Error ? error.message : String(error)}`,
        'mend `brokers`, `tls` and `sasl` of the source, or the network to it',
      ),
    ];
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
