/** The keys of `ingest.sources`: streams that others write and we read. */
import { kafkaBrokers, kafkaSasl, kafkaTls } from './kafka-login.js';
import { choice, duration, list, number, path, secret, section, size, text, variant } from './shape.js';

function hostName(value: string): string | undefined {
  return /^[A-Za-z0-9.-]+(?::\d{1,5})?$/.test(value)
    ? undefined
    : 'is no host name; write it as my-namespace.servicebus.windows.net';
}

function plainName(value: string): string | undefined {
  return /^[A-Za-z0-9._-]{1,64}$/.test(value)
    ? undefined
    : 'must be 1 to 64 letters, digits, dots, dashes, underscores';
}

function topicName(value: string): string | undefined {
  return /^[A-Za-z0-9._-]{1,200}$/.test(value) ? undefined : 'must be letters, digits, dots, dashes, underscores';
}

/** What every source has. */
const records = {
  format: choice(
    ['auto', 'otlp_proto', 'otlp_json', 'azure', 'native'],
    'What its records are. `auto` tells by their shape, record by record; the others refuse what is something else.',
    { default: 'auto' },
  ),
  trust: choice(
    ['claimed', 'authenticated', 'attested'],
    'How far the identities in it can be believed. Raise it where nobody but Azure Monitor, Defender or a gateway of your own may send to it: strong controls ask for `authenticated`.',
    { default: 'claimed' },
  ),
  maxRecord: size('The largest record, also after decompression; a larger one becomes a dead letter.', {
    default: '16MiB',
    maximum: '256MiB',
  }),
} as const;

const eventhubs = section('An Azure event hub, over AMQP.', {
  name: text(
    'Its name in positions, logs and metrics; sources of other engines on the same store share partitions with it.',
    {
      default: 'eventhubs',
      check: plainName,
    },
  ),
  connectionString: secret('How to reach it and with which key: `Endpoint=sb://…`; better in a file.'),
  connectionStringFile: path('A file with the connection string. Read at start.'),
  namespace: text(
    'Its namespace, e.g. `contoso.servicebus.windows.net`; with an identity of Entra in place of a connection string.',
    {
      check: hostName,
    },
  ),
  hub: text('The event hub; not needed where the connection string has an `EntityPath`.'),
  credential: choice(
    ['default', 'managed-identity', 'workload-identity', 'azure-cli'],
    'Who we are to `namespace`; it needs the role Azure Event Hubs Data Receiver.',
    { default: 'default' },
  ),
  clientId: text('The client id of a user-assigned or workload identity.'),
  endpoint: text('Another address to connect to, e.g. of a private endpoint: `https://host:port`.'),
  consumerGroup: text('The consumer group; nobody else may read with it.', { default: '$Default' }),
  from: choice(['earliest', 'latest'], 'Where it begins the first time; later it goes on where it was.', {
    default: 'earliest',
  }),
  maxBatch: number('How many records are made durable at once, at most.', { default: 100, minimum: 1, maximum: 5_000 }),
  prefetch: number(
    'How many records of a partition may wait in memory before they are worked on; a record may have a megabyte.',
    { default: 200, minimum: 1, maximum: 20_000 },
  ),
  balance: choice(
    ['balanced', 'greedy'],
    'How partitions are shared with other processes: `balanced` takes one at a time, `greedy` all that are due.',
    { default: 'greedy' },
  ),
  ownership: duration('How long a process that went silent keeps its partitions.', {
    default: '1m',
    minimum: '1s',
    maximum: '10m',
  }),
  ...records,
});

const kafka = section('Topics of a Kafka, or of what speaks its protocol.', {
  name: text('Its name in positions, logs and metrics.', { default: 'kafka', check: plainName }),
  brokers: kafkaBrokers,
  topics: list(
    text('A topic.', { check: topicName }),
    'What is read, e.g. `otlp_spans` and `otlp_logs` of a Collector.',
  ),
  group: text('The consumer group; with several topics, one for each: its name, a dot, the topic.', {
    default: 'stepdown-ingest',
    check: topicName,
  }),
  preset: choice(['kafka', 'event-hubs'], '`event-hubs`: the Kafka endpoint of an Event Hubs namespace, with TLS.', {
    default: 'kafka',
  }),
  from: choice(['earliest', 'latest'], 'Where a group begins that has no position yet.', { default: 'earliest' }),
  clientId: text('How we call ourselves to the brokers.', { default: 'stepdown-ingest' }),
  maxBatch: number('How many records are made durable at once, at most.', {
    default: 500,
    minimum: 1,
    maximum: 10_000,
  }),
  fetch: size('How much is asked for at once.', { default: '8MiB', minimum: '64KiB', maximum: '256MiB' }),
  queue: size('How much of one partition may wait to be worked off before it is not read on.', {
    default: '4MiB',
    minimum: '64KiB',
    maximum: '1GiB',
  }),
  sessionTimeout: duration('A process not heard of for this long loses its partitions to others.', {
    default: '30s',
    minimum: '1s',
    maximum: '5m',
  }),
  connectTimeout: duration('How long a connection and its login may take.', {
    default: '10s',
    minimum: '100ms',
    maximum: '5m',
  }),
  requestTimeout: duration('How long a request may take.', { default: '30s', minimum: '1s', maximum: '5m' }),
  tls: kafkaTls,
  sasl: kafkaSasl,
  ...records,
});

export const sources = list(
  variant({ eventhubs, kafka }, 'One source.'),
  'Streams that are read all the time, beside the OTLP receiver (docs/telemetry.md).',
);
