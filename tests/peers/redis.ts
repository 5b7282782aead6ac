/**
 * Real Redis servers on loopback, started by the tests that use them: they can be killed, paused, and started again over
 * the same data. Every one keeps its append-only file as production should: fsynced with each write, evicting nothing.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';

const run = promisify(execFile);
/** Also on a machine that does much else. */
const STARTS_WITHIN_MS = 300_000;

/** Why no Redis can be started here; `undefined`: it can. */
export function redisMissing(): string | undefined {
  for (const binary of ['redis-server', 'redis-cli']) {
    const { error } = spawnSync(binary, ['--version'], { stdio: 'ignore' });
    if (error !== undefined) return `${binary} is not installed (apt-get install redis-server)`;
  }
  return undefined;
}

export interface RedisPeer {
  readonly port: number;
  readonly url: string;
  readonly dir: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts again over the same data, at the same port; resolves when it answers. */
  start(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** The answer of `redis-cli`, without its line break. */
  cli(...command: string[]): Promise<string>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** @param settings `redis.conf` settings over those above, e.g. `['--requirepass', 'x']` */
export async function redisPeer(settings: readonly string[] = []): Promise<RedisPeer> {
  const dir = mkdtempSync(join(tmpdir(), 'stepdown-redis-'));
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const peer = peerAt(port, dir, settings);
    try {
      await peer.start();
      return peer;
    } catch (error) {
      await peer.kill();
      // Another process may have taken the port in between.
      if (tries === 3) {
        await peer.remove();
        throw error;
      }
    }
  }
}

function peerAt(port: number, dir: string, settings: readonly string[]): RedisPeer {
  let child: ChildProcess | undefined;
  let said = '';
  const tls = settings.includes('--tls-port');
  const args = [
    ...['--bind', '127.0.0.1', '--dir', dir, '--daemonize', 'no', '--save', ''],
    ...['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'],
    ...(tls ? ['--port', '0'] : ['--port', String(port)]),
    ...settings.map((setting, index) => (settings[index - 1] === '--tls-port' ? String(port) : setting)),
  ];
  const value = (name: string): string | undefined => settings[settings.indexOf(name) + 1];
  const cliArgs = [
    ...['-h', '127.0.0.1', '-p', String(port)],
    ...(settings.includes('--requirepass') ? ['--no-auth-warning', '-a', value('--requirepass') ?? ''] : []),
    ...(tls ? ['--tls', '--cacert', value('--tls-ca-cert-file') ?? '', '--cert', value('--tls-cert-file') ?? ''] : []),
    ...(tls ? ['--key', value('--tls-key-file') ?? ''] : []),
  ];
  const peer: RedisPeer = {
    port,
    dir,
    url: `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    kill: async () => {
      const dying = child;
      child = undefined;
      if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => dying.once('exit', () => resolve()));
      dying.kill('SIGKILL');
      await gone;
    },
    start: async () => {
      said = '';
      const started = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString('utf8')}`.slice(-4_000)));
      const deadline = Date.now() + STARTS_WITHIN_MS;
      for (;;) {
        if (started.exitCode !== null) throw new Error(`redis-server ended at start: ${said}`);
        const answer = await peer.cli('ping').catch(() => '');
        // Where the default user may not even ping, the server answers all the same.
        if (/PONG|NOAUTH|NOPERM/.test(answer)) return;
        if (Date.now() > deadline) throw new Error(`redis-server does not answer: ${said}`);
        await delay(20);
      }
    },
    pause: () => child?.kill('SIGSTOP'),
    resume: () => child?.kill('SIGCONT'),
    cli: async (...command) => (await run('redis-cli', [...cliArgs, ...command])).stdout.replace(/\n$/, ''),
    remove: async () => {
      await peer.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return peer;
}

export interface RedisClusterPeer {
  readonly nodes: readonly RedisPeer[];
  /** `host:port` of each node. */
  readonly addresses: readonly string[];
  /** Moves the slot of a key from one node to another while both serve, key by key, as `redis-cli --cluster reshard` does. */
  move(key: string, from: number, to: number): Promise<void>;
  /** The nodes that serve slots now. */
  primaries(): Promise<number[]>;
  /**
   * Kills a primary of which a replica takes over, and resolves when all slots are served again. What it answered in the last
   * `losingMs` its replica has not heard.
   */
  failOver(primary: number, losingMs: number): Promise<void>;
  remove(): Promise<void>;
}

export interface RedisClusterOptions {
  /** Of each of the three masters; without any, a script that touches two slots shows itself. */
  replicas?: number;
  /** How long a node may be silent before it counts as lost. */
  nodeTimeoutMs?: number;
}

/** As whom replicas follow, so that they can be kept from it while clients are not. */
const FOLLOWER = 'follower';
const FOLLOWING = [
  ...['--user', FOLLOWER, 'on', `>${FOLLOWER}`, '~*', '&*', '+@all'],
  ...['--masteruser', FOLLOWER, '--masterauth', FOLLOWER],
];

/** Three masters, and replicas as many as wanted. */
export async function redisClusterPeer({
  replicas = 0,
  nodeTimeoutMs = 2_000,
}: RedisClusterOptions = {}): Promise<RedisClusterPeer> {
  const nodes: RedisPeer[] = [];
  const remove = async (): Promise<void> => {
    await Promise.all(nodes.map(async (node) => node.remove()));
  };
  try {
    for (let count = 0; count < 3 * (1 + replicas); count++) {
      const bus = String(await freePort());
      const timeout = ['--cluster-node-timeout', String(nodeTimeoutMs)];
      nodes.push(await redisPeer(['--cluster-enabled', 'yes', '--cluster-port', bus, ...timeout, ...FOLLOWING]));
    }
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    await run('redis-cli', [
      '--cluster',
      'create',
      ...addresses,
      '--cluster-replicas',
      String(replicas),
      '--cluster-yes',
    ]);
    const deadline = Date.now() + STARTS_WITHIN_MS;
    for (const node of nodes) {
      while (!(await node.cli('cluster', 'info')).includes('cluster_state:ok')) {
        if (Date.now() > deadline) throw new Error('the cluster does not form');
        await delay(50);
      }
    }
    const move = async (key: string, from: number, to: number): Promise<void> => {
      const [source, target] = [nodes[from] as RedisPeer, nodes[to] as RedisPeer];
      const slot = await source.cli('cluster', 'keyslot', key);
      const id = async (node: RedisPeer): Promise<string> => node.cli('cluster', 'myid');
      await target.cli('cluster', 'setslot', slot, 'importing', await id(source));
      await source.cli('cluster', 'setslot', slot, 'migrating', await id(target));
      for (;;) {
        const [next = ''] = (await source.cli('cluster', 'getkeysinslot', slot, '1')).split('\n');
        if (next === '') break;
        await source.cli('migrate', '127.0.0.1', String(target.port), next, '0', '5000');
      }
      for (const node of [target, source]) await node.cli('cluster', 'setslot', slot, 'node', await id(target));
    };
    const infoOf = async (node: RedisPeer): Promise<string> => node.cli('info', 'replication').catch(() => '');
    const primaries = async (): Promise<number[]> => {
      const all = await Promise.all(nodes.map(infoOf));
      return [...all.keys()].filter((index) => (all[index] ?? '').includes('role:master'));
    };
    const failOver = async (primary: number, losingMs: number): Promise<void> => {
      const node = nodes[primary] as RedisPeer;
      const follows = async (): Promise<boolean> => /slave0:.*state=online/.test(await infoOf(node));
      for (const until = Date.now() + STARTS_WITHIN_MS; !(await follows()) && Date.now() < until;) await delay(20);
      await node.cli('acl', 'setuser', FOLLOWER, 'off');
      await node.cli('client', 'kill', 'user', FOLLOWER);
      await delay(losingMs);
      await node.kill();
      const others = nodes.filter((each) => each !== node);
      const whole = async (): Promise<boolean> => {
        const told = await Promise.all(
          others.map(async (each) => each.cli('cluster', 'info').catch(() => 'cluster_state:gone')),
        );
        return told.every((info) => info.includes('cluster_state:ok')) && (await primaries()).length >= 3;
      };
      for (const until = Date.now() + STARTS_WITHIN_MS; !(await whole());) {
        if (Date.now() > until) throw new Error('no replica takes over');
        await delay(20);
      }
    };
    return { nodes, addresses, move, primaries, failOver, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
