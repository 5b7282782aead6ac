/** What Redis and its client say, as one of the house's codes, and whether it passes by itself. */
import { type ErrorCode, StepdownError } from '../errors.js';

interface Kind {
  prefix: string;
  code: ErrorCode;
  message: string;
  mend: string;
}

/** By the first words of an error reply. These do not pass by themselves. */
const LASTING: readonly Kind[] = [
  ...['NOAUTH', 'WRONGPASS', 'ERR AUTH', 'ERR invalid password'].map((prefix): Kind => ({
    prefix,
    code: 'unauthenticated',
    message: 'Redis does not accept who we are',
    mend: 'check `store.redis.username` and `store.redis.password` or `passwordFile`',
  })),
  {
    prefix: 'NOPERM',
    code: 'forbidden',
    message: 'the Redis user may not do this',
    mend: 'give its ACL what docs/redis.md lists: `~<prefix>* &<prefix>* +@all -@admin -@dangerous +info +config|get`',
  },
  {
    prefix: 'WRONGTYPE',
    code: 'store-corrupt',
    message: 'a key of ours holds something else',
    mend: 'give Stepdown a `store.redis.prefix` of its own',
  },
  {
    prefix: 'CROSSSLOT',
    code: 'driver-unavailable',
    message: 'Redis is a cluster, and was not said to be one',
    mend: 'set `store.redis.cluster` to addresses of its nodes',
  },
  {
    prefix: 'ERR This instance has cluster support disabled',
    code: 'driver-unavailable',
    message: 'Redis was said to be a cluster, and is none',
    mend: 'set `store.redis.url` instead of `store.redis.cluster`',
  },
  {
    prefix: 'MOVED',
    code: 'driver-unavailable',
    message: 'Redis is a cluster, and was not said to be one',
    mend: 'set `store.redis.cluster` to addresses of its nodes',
  },
];

/** Error replies that pass: a failover, a restart, a full disk or memory that someone makes room in. */
const PASSING: readonly Kind[] = [
  {
    prefix: 'OOM',
    code: 'store-full',
    message: 'Redis has no memory left',
    mend: 'raise `maxmemory` of Redis; with `noeviction` nothing that was answered is lost',
  },
  {
    prefix: 'MISCONF',
    code: 'driver-unavailable',
    message: 'Redis cannot write to its disk',
    mend: 'free space on the disk of Redis; nothing that was answered is lost',
  },
  ...['LOADING', 'READONLY', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'NOREPLICAS', 'BUSY', 'UNBLOCKED'].map(
    (prefix): Kind => ({
      prefix,
      code: 'driver-unavailable',
      message: 'Redis is not ready',
      mend: 'wait for its start or failover, and look at its log',
    }),
  ),
];

/** A certificate does not become right by waiting. */
const CERTIFICATE = /certificate|SSL routines|tlsv1|wrong version number/i;

const ABSENT: Omit<Kind, 'prefix'> = {
  code: 'driver-unavailable',
  message: 'Redis does not answer',
  mend: 'check that it runs, its address in `store.redis`, and the network between; `stepdown doctor` says more',
};

/** What the client says of commands that a lost connection took with it. */
const GIVEN_UP = /max retries per request|Connection is closed|Command timed out|Failed to refresh slots cache/;

export interface RedisFault {
  /** Whether the same command may succeed when it is sent again. */
  passes: boolean;
  error: StepdownError;
}

/**
 * Anything that is neither an error reply nor one of the house's own is a matter of the connection, and passes.
 * @param trouble what the connection met last: a command that was given up only says that it was
 */
export function redisFault(cause: unknown, trouble?: Error): RedisFault {
  if (cause instanceof StepdownError) return { passes: false, error: cause };
  const text = cause instanceof Error ? cause.message : String(cause);
  // A cluster client that reached nobody says why in the last error it met.
  const last = (cause as { lastNodeError?: unknown } | null)?.lastNodeError;
  const told = last instanceof Error ? last : GIVEN_UP.test(text) ? trouble : undefined;
  const inner = told?.message ?? '';
  const known = (kinds: readonly Kind[]): Kind | undefined =>
    kinds.find(({ prefix }) => text.startsWith(prefix) || inner.startsWith(prefix));
  const fault = (passes: boolean, { code, message, mend }: Omit<Kind, 'prefix'>): RedisFault => ({
    passes,
    error: new StepdownError(code, `${message} (${inner === '' ? text : inner})`, { mend, cause }),
  });
  const lasting = known(LASTING);
  if (lasting !== undefined) return fault(false, lasting);
  const passing = known(PASSING);
  if (passing !== undefined) return fault(true, passing);
  // A reply that is none of these is a bug of ours or a server too old: sending it again helps nobody.
  if (cause instanceof Error && cause.name === 'ReplyError')
    return fault(false, {
      code: 'driver-unavailable',
      message: 'Redis refused a command',
      mend: 'Redis 6.2 or newer is needed; `stepdown doctor` says more',
    });
  if (CERTIFICATE.test(inner === '' ? text : inner))
    return fault(false, {
      code: 'driver-unavailable',
      message: 'Redis and we cannot agree on TLS',
      mend: 'check `store.redis.tls`: `ca` must have signed its certificate, `serverName` must stand in it, and where Redis asks for one `cert` and `key` are ours',
    });
  return fault(true, ABSENT);
}
