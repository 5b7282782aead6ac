/**
 * From the configuration to what the client is told: where the brokers are, how to speak to them, and what a deployment
 * allows. `preset: event-hubs` fills in what Event Hubs' Kafka endpoint wants: TLS, its request size, no topic management.
 */
import { readFileSync } from 'node:fs';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import type { Config } from '../../config.js';
import { StepdownError } from '../../errors.js';
import { clientCredentials, entraToken } from './bearer.js';

export type KafkaSettings = Config['stream']['kafka'];
/** What a connection needs, whoever's topics are read over it. */
export type KafkaConnection = Pick<
  KafkaSettings,
  'preset' | 'brokers' | 'clientId' | 'tls' | 'sasl' | 'connectTimeoutMs' | 'requestTimeoutMs'
>;

/** What is left of Event Hubs' limit on a request (1,046,528 bytes) for one record, headers and framing taken off. */
const EVENT_HUBS_RECORD_BYTES = 1_000_000;

/** The largest record, in bytes of its JSON. */
export function maxRecordBytes(settings: KafkaSettings): number {
  return settings.preset === 'event-hubs'
    ? Math.min(settings.maxRecordBytes, EVENT_HUBS_RECORD_BYTES)
    : settings.maxRecordBytes;
}

/** @throws StepdownError `config-invalid` where something needed is missing or cannot be read */
export function connectionOf(
  settings: KafkaConnection,
  at = '/stream/kafka',
): Pick<KafkaConfig, 'brokers' | 'clientId' | 'ssl' | 'sasl'> {
  if (settings.brokers.length === 0)
    throw new StepdownError('config-invalid', 'there is no Kafka to connect to', {
      place: { pointer: `${at}/brokers` },
      mend: 'name at least one broker as host:port',
    });
  const sasl = saslOf(settings, at);
  return {
    brokers: [...settings.brokers],
    clientId: settings.clientId,
    ...(tlsWanted(settings) ? { ssl: tlsOf(settings, at) } : {}),
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function tlsWanted({ preset, tls }: KafkaConnection): boolean {
  return tls.enabled || preset === 'event-hubs' || tls.ca !== undefined || tls.cert !== undefined;
}

function tlsOf({ tls }: KafkaConnection, at: string): { ca?: string; cert?: string; key?: string } {
  return {
    ...(tls.ca === undefined ? {} : { ca: pem(tls.ca, `${at}/tls/ca`) }),
    ...(tls.cert === undefined ? {} : { cert: pem(tls.cert, `${at}/tls/cert`) }),
    ...(tls.key === undefined ? {} : { key: pem(tls.key, `${at}/tls/key`) }),
  };
}

function pem(file: string, pointer: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StepdownError('config-invalid', `${file} cannot be read`, { place: { pointer }, cause: error });
  }
}

function saslOf(settings: KafkaConnection, at: string): SASLOptions | undefined {
  const { mechanism, username, password } = settings.sasl;
  switch (mechanism) {
    case 'none':
      return undefined;
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512':
      return {
        mechanism,
        username: needed(username, mechanism, 'username', at),
        password: needed(password, mechanism, 'password', at),
      };
    case 'connection-string':
      // Event Hubs takes this very word as the user and the whole connection string as the password.
      return {
        mechanism: 'plain',
        username: '$ConnectionString',
        password: needed(password, mechanism, 'password', at),
      };
    case 'oauthbearer':
      return {
        mechanism: 'oauthbearer',
        oauthBearerProvider: clientCredentials({
          url: needed(settings.sasl.tokenUrl, mechanism, 'tokenUrl', at),
          clientId: needed(username, mechanism, 'username', at),
          clientSecret: needed(password, mechanism, 'password', at),
          scope: settings.sasl.scope,
        }),
      };
    case 'entra':
      return {
        mechanism: 'oauthbearer',
        oauthBearerProvider: entraToken(settings.brokers[0] ?? '', settings.sasl.scope),
      };
  }
}

function needed(value: string | undefined, mechanism: string, name: string, at: string): string {
  if (value !== undefined && value !== '') return value;
  throw new StepdownError('config-invalid', `the mechanism ${mechanism} needs \`sasl.${name}\``, {
    place: { pointer: `${at}/sasl/${name}` },
    mend: name === 'password' ? 'set it, or STEPDOWN_STREAM_KAFKA_SASL_PASSWORD' : 'set it',
  });
}
