/**
 * One Kafka for all test files that do it no harm: started when the first of them asks, ended with the run. Topics and groups
 * are told apart by prefixes. Whoever kills, stops or secures a broker starts one of its own.
 */
import type { Kafka } from 'kafkajs';
import { inject } from 'vitest';
import { KafkaPeer, plainClient } from './kafka.js';
import { SHARED_SETTINGS } from './shared-settings.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where shared servers are asked for; absent where a run has none. */
    sharedPeers?: string;
  }
}

export interface SharedKafka {
  readonly brokers: string[];
  client(): Kafka;
  /** The caller is done with it. */
  stop(): Promise<void>;
}

export async function sharedKafka(): Promise<SharedKafka> {
  const at = inject('sharedPeers');
  if (at === undefined) return KafkaPeer.start({ settings: SHARED_SETTINGS });
  const answer = await fetch(at);
  if (!answer.ok) throw new Error(`there is no shared Kafka: ${await answer.text()}`);
  const brokers = (await answer.json()) as string[];
  return { brokers, client: () => plainClient(brokers), stop: async () => undefined };
}
