/** The kafkajs client: one per process, its words in our log, its known faults mended. */
import { Kafka, logLevel, type logCreator, type RetryOptions } from 'kafkajs';
import type { Log } from '../../log.js';
import { register } from './compression.js';
import { mendFetchAnswers } from './fetch-answers.js';
import { mendIdleTimers } from './idle-timers.js';
import { mendRejoinedGroups } from './rejoined-groups.js';
import { mendRetentionGaps } from './retention-gaps.js';
import { mendReusedConnections } from './reused-connections.js';
import { connectionOf, type KafkaConnection } from './settings.js';

/** For requests that answer within a moment; a consumer that gave up is opened again, see subscription.ts. */
export const RETRY: RetryOptions = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 };

/** @param at where the settings stand in the configuration, for what is wrong with them */
export function createClient(settings: KafkaConnection, log: Log, at?: string): Kafka {
  register();
  mendIdleTimers();
  mendFetchAnswers();
  mendReusedConnections();
  mendRejoinedGroups();
  mendRetentionGaps();
  return new Kafka({
    ...connectionOf(settings, at),
    retry: RETRY,
    connectionTimeout: settings.connectTimeoutMs,
    authenticationTimeout: settings.connectTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    logLevel: logLevel.INFO,
    logCreator: logInto(log),
  });
}

/** What every start of a cluster and every move of a leader says, and what we chose knowingly (appender.ts): no news to anyone. */
const PASSING =
  /coordinator is (?:loading|not available)|not the correct coordinator|Limiting retries for the idempotent/;

/** It calls what it will try again an error, so everything is worth one level less here. */
function logInto(log: Log): logCreator {
  return () =>
    ({ level, namespace, log: { message, timestamp: _timestamp, logger: _logger, ...rest } }) => {
      const { error } = rest as { error?: unknown };
      const passing = PASSING.test(typeof error === 'string' ? `${message} ${error}` : message);
      const told = passing ? 'debug' : level === logLevel.ERROR ? 'warn' : level === logLevel.WARN ? 'info' : 'debug';
      log[told]({ kafka: rest, from: namespace }, message);
    };
}
