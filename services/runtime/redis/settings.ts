/** What `store.redis` says, resolved: secrets and certificates read from their files. */
import { readFileSync } from 'node:fs';
import type { Config } from '../config.js';
import { StepdownError } from '../errors.js';

export type RedisConfig = Config['store']['redis'];

export interface RedisSettings {
  /** One server, or addresses of a cluster's nodes. */
  server: { host: string; port: number; database: number } | readonly { host: string; port: number }[];
  username: string | undefined;
  password: string | undefined;
  tls: { ca?: string; cert?: string; key?: string; servername?: string } | undefined;
  prefix: string;
  /** How long a command is tried before its caller is told. */
  deadlineMs: number;
}

const DEFAULT_PORT = 6_379;

/** @throws StepdownError `config-invalid` where a file cannot be read */
export function redisSettings(config: RedisConfig): RedisSettings {
  const url = new URL(config.url);
  const { ca, cert, key, serverName } = config.tls;
  const encrypted = config.tls.enabled || (config.cluster.length === 0 && url.protocol === 'rediss:');
  const password =
    config.password ??
    (config.passwordFile === undefined ? undefined : read(config.passwordFile, 'passwordFile').trim());
  return {
    server:
      config.cluster.length > 0
        ? config.cluster.map(hostAndPort)
        : {
            host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
            port: url.port === '' ? DEFAULT_PORT : Number(url.port),
            database: Number(url.pathname.slice(1) || 0),
          },
    username: config.username,
    password,
    tls: encrypted
      ? {
          ...(ca === undefined ? {} : { ca: read(ca, 'tls.ca') }),
          ...(cert === undefined ? {} : { cert: read(cert, 'tls.cert') }),
          ...(key === undefined ? {} : { key: read(key, 'tls.key') }),
          ...(serverName === undefined ? {} : { servername: serverName }),
        }
      : undefined,
    prefix: config.prefix,
    deadlineMs: config.deadlineMs,
  };
}

function hostAndPort(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`redis://${address}`);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? DEFAULT_PORT : Number(port) };
}

function read(file: string, key: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StepdownError('config-invalid', `\`store.redis.${key}\` cannot be read`, {
      place: { file },
      mend: 'check that the file exists and its rights',
      cause,
    });
  }
}
