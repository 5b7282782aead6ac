/** The keys of `store.redis`: where Redis is, who we are to it, and how patient we are with it. */
import { duration, flag, list, path, secret, section, text } from './shape.js';

const HOST_AND_PORT = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

function redisUrl(value: string): string | undefined {
  if (!URL.canParse(value) || !/^rediss?:$/.test(new URL(value).protocol)) return 'is no redis:// or rediss:// address';
  const { username, password, pathname, search } = new URL(value);
  // Addresses are shown in logs and in `config show`.
  if (username !== '' || password !== '') return 'must not hold who we are; use `username` and `passwordFile`';
  return /^\/?\d{0,3}$/.test(pathname) && search === '' ? undefined : 'may have a database number behind the host only';
}

function prefixName(value: string): string | undefined {
  return /^[A-Za-z0-9._-]{1,64}$/.test(value)
    ? undefined
    : 'must be 1 to 64 letters, digits, dots, dashes, underscores';
}

function hostAndPort(value: string): string | undefined {
  return HOST_AND_PORT.test(value) ? undefined : 'is no host:port';
}

export const redis = section('Redis, one server or a cluster; used where `store.driver` is `redis`.', {
  url: text('Its address: `redis://host:port/database`, or `rediss://` for TLS.', {
    default: 'redis://127.0.0.1:6379',
    check: redisUrl,
    secret: 'path',
  }),
  cluster: list(
    text('host:port', { check: hostAndPort }),
    'Addresses of nodes of a Redis Cluster; the others are found. Instead of `url`.',
  ),
  username: text('The ACL user. Without it the default user.'),
  password: secret('Its password; better in a file.'),
  passwordFile: path('A file with its password. Read at start.'),
  tls: section('TLS to Redis; also on where `url` begins with `rediss:`.', {
    enabled: flag('Whether to encrypt.', false),
    ca: path('Certificates to trust, as PEM. Without it those of the system.'),
    cert: path('Our certificate, where Redis asks for one, as PEM.'),
    key: path('Its private key.'),
    serverName: text('The name its certificate must have, where that is not the host.'),
  }),
  prefix: text('What every key begins with; one for each engine that shares a Redis.', {
    default: 'stepdown',
    check: prefixName,
  }),
  deadline: duration('How long a command is tried again before the work that needs it is put off.', {
    default: '30s',
    minimum: '100ms',
    maximum: '10m',
  }),
});
