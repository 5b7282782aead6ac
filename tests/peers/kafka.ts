/**
 * A real Apache Kafka in KRaft mode, started by the tests themselves on ports the system picks, data in a temporary
 * folder. One broker by default; several make a cluster with failover. Brokers can be killed, stopped as SIGSTOP stops
 * them, and started again over the same data. With `secure`, clients connect over SASL_SSL with PLAIN, as Event Hubs'
 * Kafka endpoint wants it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { freePorts } from './free-port.js';
import { kafkaJars } from './kafka-jars.js';

const run = promisify(execFile);

/** Small and quick to start rather than fast: tests ask little of a broker. */
const JVM = ['-Xmx384m', '-Xms64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
/** Also on a machine that does much else; a broker that ends meanwhile is started again. */
const START_MS = 600_000;
const OFFSETS_PARTITIONS = 4;
const SCRAMS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

export interface KafkaOptions {
  /** Default 1. */
  brokers?: number;
  /** SASL_SSL for clients: PLAIN, SCRAM and OAUTHBEARER (tokens without a signature, of this very user). */
  secure?: { username: string; password: string };
  /** Over the brokers' own, e.g. `message.max.bytes`. */
  settings?: Readonly<Record<string, string>>;
  /** Where clients are told to connect instead, e.g. to a proxy; by the broker's index. */
  advertise?: (index: number, port: number) => number;
}

/** A bare client that says nothing and is patient. */
export function plainClient(brokers: readonly string[], login: Pick<KafkaConfig, 'ssl' | 'sasl'> = {}): Kafka {
  return new Kafka({
    clientId: 'test',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 50, maxRetryTime: 1_000 },
    ...login,
  });
}

interface Broker {
  id: number;
  dir: string;
  port: number;
  child: ChildProcess | undefined;
  /** Whether nobody ended it. */
  wanted: boolean;
}

export class KafkaPeer {
  readonly #brokers: Broker[] = [];
  readonly #dir: string;
  readonly #classpath: string;
  readonly #options: KafkaOptions;
  #caFile: string | undefined;

  private constructor(dir: string, classpath: string, options: KafkaOptions) {
    this.#dir = dir;
    this.#classpath = classpath;
    this.#options = options;
  }

  /** Why it cannot be started here; `undefined`: it can. */
  static async missing(): Promise<string | undefined> {
    const jars = await kafkaJars();
    return 'missing' in jars ? `Kafka: ${jars.missing}` : undefined;
  }

  static async start(options: KafkaOptions = {}): Promise<KafkaPeer> {
    const jars = await kafkaJars();
    if ('missing' in jars) throw new Error(jars.missing);
    const peer = new KafkaPeer(mkdtempSync(join(tmpdir(), 'stepdown-kafka-')), jars.classpath, options);
    process.once('exit', peer.#leaveNothing);
    try {
      await peer.#prepare();
      await Promise.all(peer.#brokers.map(async (broker) => peer.#launch(broker)));
      await peer.ready();
      return peer;
    } catch (error) {
      await peer.stop();
      throw error;
    }
  }

  /** Where clients connect. */
  get brokers(): string[] {
    return this.#brokers.map(({ port }, index) => `127.0.0.1:${this.#options.advertise?.(index, port) ?? port}`);
  }

  /** Where the brokers really listen. */
  get ports(): number[] {
    return this.#brokers.map(({ port }) => port);
  }

  /** The authority that signed the brokers' certificates, as a PEM file; only where `secure`. */
  get caFile(): string {
    if (this.#caFile === undefined) throw new Error('this peer has no TLS');
    return this.#caFile;
  }

  /** A bare client, for looking at what a driver wrote. */
  client(): Kafka {
    const { secure } = this.#options;
    return plainClient(
      this.#brokers.map(({ port }) => `127.0.0.1:${port}`),
      secure === undefined
        ? {}
        : { ssl: { ca: readFileSync(this.caFile, 'utf8') }, sasl: { mechanism: 'plain', ...secure } },
    );
  }

  /** kill -9. */
  async kill(index = 0): Promise<void> {
    await this.#end(this.#at(index), 'SIGKILL');
  }

  pause(index = 0): void {
    this.#at(index).child?.kill('SIGSTOP');
  }

  resume(index = 0): void {
    this.#at(index).child?.kill('SIGCONT');
  }

  /** Over the same data. */
  async restart(index = 0): Promise<void> {
    const broker = this.#at(index);
    await this.#end(broker, 'SIGKILL');
    await this.#launch(broker);
    await this.ready();
  }

  /** Resolves when clients are answered and every broker that nobody ended is known to the others. */
  async ready(): Promise<void> {
    const admin = this.client().admin();
    const until = Date.now() + START_MS;
    for (;;) {
      try {
        for (const broker of this.#brokers) if (broker.wanted && broker.child === undefined) await this.#launch(broker);
        await admin.connect();
        const { brokers } = await admin.describeCluster();
        if (brokers.length >= this.#brokers.filter(({ wanted }) => wanted).length) return;
        if (Date.now() > until) throw new Error(`only ${brokers.length} brokers are there`);
      } catch (error) {
        if (Date.now() > until) throw new Error(`Kafka is not ready: ${this.output()}`, { cause: error });
      } finally {
        await admin.disconnect().catch(() => undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Who leads a partition now. */
  async leaderOf(topic: string, partition = 0): Promise<number> {
    const admin = this.client().admin();
    try {
      await admin.connect();
      // While one is elected there is none.
      for (const until = Date.now() + START_MS; ;) {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => ({ topics: [] }));
        const leader = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader ?? -1;
        if (leader >= 0 || Date.now() > until) return this.#indexOf(leader);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } finally {
      await admin.disconnect();
    }
  }

  /** Who coordinates a group: whoever leads the partition that its name's hash, as Java makes it, falls on. */
  async coordinatorOf(group: string): Promise<number> {
    const hash = [...group].reduce((sum, char) => (Math.imul(31, sum) + char.charCodeAt(0)) | 0, 0);
    return this.leaderOf('__consumer_offsets', (hash & 0x7fffffff) % OFFSETS_PARTITIONS);
  }

  /** Who led the quorum of controllers when a broker last wrote it down. */
  controller(): number {
    const states = this.#brokers.map(({ dir }) => {
      const file = join(dir, 'data', '__cluster_metadata-0', 'quorum-state');
      return JSON.parse(readFileSync(file, 'utf8')) as { leaderId: number; leaderEpoch: number };
    });
    const known = states.filter(({ leaderId }) => leaderId > 0).sort((a, b) => b.leaderEpoch - a.leaderEpoch);
    return this.#indexOf(known[0]?.leaderId);
  }

  async stop(): Promise<void> {
    process.off('exit', this.#leaveNothing);
    await Promise.all(this.#brokers.map(async (broker) => this.#end(broker, 'SIGKILL')));
    rmSync(this.#dir, { recursive: true, force: true });
  }

  readonly #leaveNothing = (): void => {
    for (const { child } of this.#brokers) child?.kill('SIGKILL');
  };

  #indexOf(id: number | undefined): number {
    const index = this.#brokers.findIndex((broker) => broker.id === id);
    if (index < 0) throw new Error(`no broker has the id ${id}`);
    return index;
  }

  #at(index: number): Broker {
    const broker = this.#brokers[index];
    if (broker === undefined) throw new Error(`there is no broker ${index}`);
    return broker;
  }

  async #prepare(): Promise<void> {
    const count = this.#options.brokers ?? 1;
    const { secure } = this.#options;
    const ports = await freePorts(count * 2);
    const voters = Array.from({ length: count }, (_, index) => `${index + 1}@127.0.0.1:${ports[count + index]}`).join(
      ',',
    );
    if (secure !== undefined) await this.#makeCertificates();
    for (let index = 0; index < count; index++) {
      const [port, controllerPort] = [ports[index] ?? 0, ports[count + index] ?? 0];
      const dir = join(this.#dir, `broker-${index + 1}`);
      mkdirSync(dir);
      const client = secure === undefined ? 'PLAINTEXT' : 'SASL_SSL';
      const replicas = String(Math.min(3, count));
      const settings: Record<string, string> = {
        'process.roles': 'broker,controller',
        'node.id': String(index + 1),
        'controller.quorum.voters': voters,
        listeners: `CLIENT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
        'advertised.listeners': `CLIENT://127.0.0.1:${this.#options.advertise?.(index, port) ?? port}`,
        'listener.security.protocol.map': `CLIENT:${client},CONTROLLER:PLAINTEXT`,
        'inter.broker.listener.name': 'CLIENT',
        'controller.listener.names': 'CONTROLLER',
        'log.dirs': join(dir, 'data'),
        'num.partitions': '1',
        'auto.create.topics.enable': 'false',
        'offsets.topic.replication.factor': replicas,
        'offsets.topic.num.partitions': String(OFFSETS_PARTITIONS),
        'transaction.state.log.replication.factor': replicas,
        'transaction.state.log.num.partitions': '4',
        'transaction.state.log.min.isr': count >= 3 ? '2' : '1',
        'group.initial.rebalance.delay.ms': '0',
        'group.min.session.timeout.ms': '500',
        'num.network.threads': '2',
        'num.io.threads': '4',
        'log.cleaner.enable': 'false',
        'controlled.shutdown.enable': 'false',
        ...(secure === undefined ? {} : this.#secureSettings(secure)),
        ...this.#options.settings,
      };
      const file = join(dir, 'server.properties');
      writeFileSync(
        file,
        Object.entries(settings)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(''),
      );
      this.#brokers.push({ id: index + 1, dir, port, child: undefined, wanted: false });
    }
    const id = (await this.#java('kafka.tools.StorageTool', ['random-uuid'])).trim();
    await Promise.all(
      this.#brokers.map(async ({ dir }) =>
        this.#java('kafka.tools.StorageTool', [
          ...['format', '-t', id, '-c', join(dir, 'server.properties')],
          ...(secure === undefined
            ? []
            : SCRAMS.flatMap((scram) => [
                '--add-scram',
                `${scram}=[name=${secure.username},password=${secure.password}]`,
              ])),
        ]),
      ),
    );
  }

  #secureSettings({ username, password }: { username: string; password: string }): Record<string, string> {
    const modules = 'org.apache.kafka.common.security';
    const login = `${modules}.plain.PlainLoginModule required username="${username}" password="${password}" user_${username}="${password}" user_$ConnectionString="${password}";`;
    const bearer = `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="${username}";`;
    return {
      'sasl.enabled.mechanisms': ['PLAIN', ...SCRAMS, 'OAUTHBEARER'].join(','),
      ...Object.fromEntries(
        SCRAMS.map((scram) => [
          `listener.name.client.${scram.toLowerCase()}.sasl.jaas.config`,
          `${modules}.scram.ScramLoginModule required;`,
        ]),
      ),
      'listener.name.client.oauthbearer.sasl.jaas.config': bearer,
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.client.plain.sasl.jaas.config': login,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(this.#dir, 'server.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(this.#dir, 'ca.pem'),
      'ssl.endpoint.identification.algorithm': '',
    };
  }

  /** An authority for this run alone, and one certificate for 127.0.0.1. */
  async #makeCertificates(): Promise<void> {
    const at = (name: string) => join(this.#dir, name);
    const openssl = async (...args: string[]) => run('openssl', args, { cwd: this.#dir });
    await openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=test authority',
      '-keyout',
      at('ca.key'),
      '-out',
      at('ca.pem'),
    );
    await openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=127.0.0.1',
      '-keyout',
      at('server.key'),
      '-out',
      at('server.csr'),
    );
    writeFileSync(at('ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    await openssl(
      'x509',
      '-req',
      '-in',
      at('server.csr'),
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      at('ext'),
      '-out',
      at('server.crt'),
    );
    writeFileSync(at('server.pem'), readFileSync(at('server.key'), 'utf8'));
    appendFileSync(at('server.pem'), readFileSync(at('server.crt'), 'utf8'));
    this.#caFile = at('ca.pem');
  }

  async #java(main: string, args: readonly string[]): Promise<string> {
    const { stdout } = await run('java', [
      ...JVM,
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-cp',
      this.#classpath,
      main,
      ...args,
    ]);
    return stdout;
  }

  async #launch(broker: Broker): Promise<void> {
    const log = openSync(join(broker.dir, 'server.log'), 'a');
    const child = spawn(
      'java',
      [
        ...JVM,
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        '-cp',
        this.#classpath,
        'kafka.Kafka',
        join(broker.dir, 'server.properties'),
      ],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
    broker.child = child;
    broker.wanted = true;
    child.once('exit', () => {
      if (broker.child === child) broker.child = undefined;
    });
    child.once('error', () => {
      if (broker.child === child) broker.child = undefined;
    });
  }

  /** What a broker has said, for a failing test. */
  output(index = 0): string {
    return readFileSync(join(this.#at(index).dir, 'server.log'), 'utf8').slice(-4_000);
  }

  async #end(broker: Broker, signal: NodeJS.Signals): Promise<void> {
    const { child } = broker;
    broker.child = undefined;
    broker.wanted = false;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await ended;
  }
}
