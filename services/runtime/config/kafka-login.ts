/** How a Kafka is reached and who we are to it: the same keys for our own topics and for those that others write. */
import { choice, flag, list, path, secret, section, text } from './shape.js';

function httpUrl(value: string): string | undefined {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? undefined : 'is no http or https address';
}

export const kafkaBrokers = list(
  text('A broker as host:port.'),
  'Where to connect first; the others are found from there.',
);

export const kafkaTls = section('TLS to the brokers.', {
  enabled: flag('Whether it is used; `ca`, `cert` and the preset `event-hubs` turn it on too.', false),
  ca: path('The authority that signed the brokers’ certificates, as PEM. None: those the system trusts.'),
  cert: path('A client certificate, as PEM.'),
  key: path('Its private key, as PEM.'),
});

export const kafkaSasl = section('The login.', {
  mechanism: choice(
    ['none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'entra', 'connection-string'],
    '`oauthbearer`: client credentials from `tokenUrl`. `entra`: this machine’s identity in Azure. `connection-string`: of an Event Hubs namespace, in `password`.',
    { default: 'none' },
  ),
  username: text('The user; for `oauthbearer` the client id.'),
  password: secret('The password, client secret or connection string.'),
  tokenUrl: text('Where `oauthbearer` asks for tokens.', { check: httpUrl, secret: 'path' }),
  scope: text('What tokens are asked for. For `entra`, by default the namespace of the first broker.'),
});
