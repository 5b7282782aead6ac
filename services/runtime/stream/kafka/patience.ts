/**
 * Asks again what a cluster answers with "not yet": leaders are being elected, coordinators are loading, a topic was made
 * a moment ago, one broker of several is just gone. The client's own administration gives up on some of these at once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { clientErrorIn, protocolType } from './faults.js';

const PASSING = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'NOT_CONTROLLER',
  'REPLICA_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NETWORK_EXCEPTION',
  'REQUEST_TIMED_OUT',
]);
/** The client's own: the broker that it chose is not there, and it looks for others before the next try. */
const GONE = new Set([
  'KafkaJSBrokerNotFound',
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
]);
const FIRST_PAUSE_MS = 30;
const LONGEST_PAUSE_MS = 500;

/** @param budgetMs how long it is asked; then the last error is thrown */
export async function patiently<T>(ask: () => Promise<T>, budgetMs = 15_000): Promise<T> {
  const until = performance.now() + budgetMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await ask();
    } catch (error) {
      const passes = PASSING.has(protocolType(error) ?? '') || clientErrorIn(error, GONE);
      if (!passes || performance.now() > until) throw error;
      await delay(pauseMs / 2 + (Math.random() * pauseMs) / 2);
    }
  }
}
