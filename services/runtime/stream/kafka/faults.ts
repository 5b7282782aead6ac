/** What the client throws, as errors of ours; and which of them say that a partition now belongs to another. */
import { StepdownError } from '../../errors.js';

const MOVED = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'STALE_MEMBER_EPOCH',
]);

const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

interface ClientError extends Error {
  type?: string;
  retriable?: boolean;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function* chainOf(error: unknown): Generator<ClientError> {
  let at = error as (ClientError & { originalError?: unknown }) | undefined;
  for (let depth = 0; depth < 5 && at !== undefined && at !== null; depth++) {
    yield at;
    at = (at.cause ?? at.originalError) as ClientError | undefined;
  }
}

/** The first in the chain of causes that is meant. */
function inChain(error: unknown, is: (error: ClientError) => boolean): ClientError | undefined {
  for (const each of chainOf(error)) if (is(each)) return each;
  return undefined;
}

/** The first in the chain of causes that has a protocol type, else the last. */
function protocolError(error: unknown): ClientError {
  let last = error as ClientError;
  for (const each of chainOf(error)) {
    last = each;
    if (typeof each.type === 'string') return each;
  }
  return last;
}

/** Kafka's own name for what went wrong, where it has one. */
export function protocolType(error: unknown): string | undefined {
  return protocolError(error).type;
}

/** Whether the client's errors of these names are in the chain of causes. */
export function clientErrorIn(error: unknown, names: ReadonlySet<string>): boolean {
  return inChain(error, ({ name }) => names.has(name)) !== undefined;
}

/** The group has moved on: a commit of this member counts no more. */
export function hasMoved(error: unknown): boolean {
  return MOVED.has(protocolType(error) ?? '');
}

/** The broker takes no request or record of this size. */
export function isTooLarge(error: unknown): boolean {
  return TOO_LARGE.has(protocolType(error) ?? '');
}

/** @param doing what was tried, e.g. `append to signals` */
export function kafkaFault(error: unknown, doing: string): StepdownError {
  // Ours may come back wrapped in the client's, e.g. from a codec.
  const ours = inChain(error, (each) => each instanceof StepdownError);
  if (ours instanceof StepdownError) return ours;
  if (inChain(error, ({ name }) => name === 'KafkaJSSASLAuthenticationError') !== undefined)
    return new StepdownError('unauthenticated', `Kafka refuses the login: ${messageOf(error)}`, {
      cause: error,
      mend: 'see `sasl` of its section in the configuration',
    });
  const inner = protocolError(error);
  const said = inner.message || inner.name;
  switch (inner.type) {
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
      return new StepdownError('input-too-large', `Kafka refuses to ${doing}: ${said}`, {
        cause: error,
        mend: 'lower `stream.kafka.maxRecord`, or raise `max.message.bytes` of the topic',
      });
    case 'INVALID_TIMESTAMP':
      return new StepdownError('driver-unavailable', `Kafka refuses to ${doing}: this machine's clock is not its own`, {
        cause: error,
        mend: 'set the clocks (NTP), or `message.timestamp.type=LogAppendTime` of the topic, as `stepdown topics create` does',
      });
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return new StepdownError('not-found', `Kafka cannot ${doing}: the topic is not there`, {
        cause: error,
        mend: 'run `stepdown topics create`',
      });
    case 'TOPIC_AUTHORIZATION_FAILED':
    case 'GROUP_AUTHORIZATION_FAILED':
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return new StepdownError('forbidden', `Kafka does not allow to ${doing}: ${said}`, { cause: error });
    case 'SASL_AUTHENTICATION_FAILED':
      return new StepdownError('unauthenticated', `Kafka refuses the login: ${said}`, { cause: error });
    default:
      return new StepdownError('driver-unavailable', `Kafka: could not ${doing}: ${said}`, { cause: error });
  }
}
