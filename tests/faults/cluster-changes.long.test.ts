/**
 * What administrators do to a Kafka that a worker works on: rights taken away and given back, passwords changed, tokens that
 * run out, a topic made anew, partitions added. It says what hinders it, does not end, and afterwards nothing is lost or doubled.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { afterEach, expect, it, vi } from 'vitest';
import type { Signal } from '../../schemas/signal.js';
import { WallClock } from '../../services/runtime/clock.js';
import { StepdownError } from '../../services/runtime/errors.js';
import { silentLog } from '../../services/runtime/log.js';
import type { Machine } from '../../services/runtime/machine.js';
import { topicName } from '../../services/runtime/stream/kafka/topics.js';
import type { AnyOutgoing } from '../../services/runtime/stream/types.js';
import { Worker } from '../../services/runtime/worker.js';
import { KafkaPeer } from '../peers/kafka.js';
import { describeWithPeer } from '../peers/with-peer.js';
import { type KafkaFixture, openKafkaFixture } from '../runtime/kafka/fixture.js';

const ADMIN = { username: 'admin', password: 'a-long-password' };
const GUEST = { username: 'guest', password: 'another-password' };
const PATIENCE_MS = 60_000;
const LOGIN = 'listener.name.client.plain.sasl.jaas.config';

const jaas = (guestPassword: string): string =>
  `org.apache.kafka.common.security.plain.PlainLoginModule required username="${ADMIN.username}" password="${ADMIN.password}" user_${ADMIN.username}="${ADMIN.password}" user_${GUEST.username}="${guestPassword}";`;

/** Counts each record once, by its tenant, and says so. */
const COUNTING: Machine<Signal> = {
  name: 'count',
  keys: ({ tenant }) => [`count/${tenant}`],
  timerKeys: () => [],
  timeOf: ({ timeMs }) => timeMs,
  onTimer: () => undefined,
  step: ({ tenant, timeMs }, { states, emit }) => {
    const times = (states.get(`count/${tenant}`) as number[] | undefined) ?? [];
    states.set(`count/${tenant}`, [...times, timeMs]);
    emit({
      topic: 'contractions',
      key: tenant,
      value: { kind: 'paused', tenant, paused: true, atMs: timeMs, by: 'm' },
    });
  },
};
const TENANTS = ['a', 'b', 'c', 'd', 'e'];
const signals = (from: number, count: number): AnyOutgoing[] =>
  Array.from({ length: count }, (_, index) => {
    const tenant = TENANTS[index % TENANTS.length] as string;
    return { topic: 'signals', key: tenant, value: { kind: 'tick', tenant, timeMs: from + index } };
  });

describeWithPeer('a Kafka that is changed under a worker', await KafkaPeer.missing(), () => {
  const cleaning: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const clean of cleaning.splice(0).reverse()) await clean();
  });
  const peerWith = async (settings: Record<string, string> = {}): Promise<KafkaPeer> => {
    const peer = await KafkaPeer.start({
      secure: ADMIN,
      settings: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:admin;User:ANONYMOUS',
        [LOGIN]: jaas(GUEST.password),
        ...settings,
      },
    });
    cleaning.push(async () => peer.stop());
    return peer;
  };
  const open = async (peer: KafkaPeer, kafka: Record<string, unknown>): Promise<KafkaFixture> => {
    const fixture = await openKafkaFixture(peer, {
      ...{ tls: { ca: peer.caFile }, requestTimeout: '3s', connectTimeout: '2s', sessionTimeout: '3s' },
      ...kafka,
    });
    cleaning.push(async () => fixture.remove());
    return fixture;
  };
  const working = async ({ drivers }: KafkaFixture): Promise<Worker<Signal>> => {
    const worker = new Worker({
      machine: COUNTING,
      topic: 'signals',
      drivers,
      clock: new WallClock(),
      log: silentLog(),
    });
    cleaning.push(async () => worker.stop());
    await worker.start();
    return worker;
  };
  const counted = async ({ drivers }: KafkaFixture): Promise<number[]> => {
    const found = await drivers.store.get<number[]>(TENANTS.map((tenant) => `count/${tenant}`));
    return found.flatMap((document) => document?.value ?? []).sort((a, b) => a - b);
  };
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  /** Told until it is taken, as senders do; so perhaps twice, and then each time counts. */
  const hears = async (fixture: KafkaFixture, count: number): Promise<void> =>
    vi.waitFor(async () => expect(await counted(fixture)).toEqual(upTo(count)), {
      timeout: PATIENCE_MS,
      interval: 200,
    });
  const administer = async <T>(
    peer: KafkaPeer,
    work: (admin: ReturnType<ReturnType<KafkaPeer['client']>['admin']>) => Promise<T>,
  ): Promise<T> => {
    const admin = peer.client().admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  };

  it('rights that are taken away and given back', { timeout: 300_000 }, async () => {
    const peer = await peerWith();
    const owner = await open(peer, { sasl: { mechanism: 'plain', ...ADMIN } });
    const { prefix } = owner.config.stream.kafka;
    const right = (resourceType: AclResourceTypes, operation: AclOperationTypes, resourceName = prefix) => ({
      ...{ resourceType, resourceName, operation, principal: 'User:guest', host: '*' },
      resourcePatternType: ResourcePatternTypes.PREFIXED,
      permissionType: AclPermissionTypes.ALLOW,
    });
    const all = [
      right(AclResourceTypes.TOPIC, AclOperationTypes.ALL),
      right(AclResourceTypes.GROUP, AclOperationTypes.ALL),
    ];
    const give = async () => administer(peer, async (admin) => admin.createAcls({ acl: all }));
    const take = async (which: AclResourceTypes) =>
      administer(peer, async (admin) =>
        admin.deleteAcls({
          filters: [
            {
              ...{ resourceType: which, resourceName: prefix, principal: 'User:guest', host: '*' },
              ...{ resourcePatternType: ResourcePatternTypes.PREFIXED, operation: AclOperationTypes.ALL },
              permissionType: AclPermissionTypes.ALLOW,
            },
          ],
        }),
      );
    await give();
    const fixture = await open(peer, { prefix, sasl: { mechanism: 'plain', ...GUEST } });
    const worker = await working(fixture);
    await owner.drivers.stream.append(signals(0, 20));
    await hears(fixture, 20);
    for (const [which, from] of [
      [AclResourceTypes.TOPIC, 20],
      [AclResourceTypes.GROUP, 40],
    ] as const) {
      await take(which);
      await owner.drivers.stream.append(signals(from, 20));
      await delay(6_000);
      if (which === AclResourceTypes.TOPIC) {
        expect(await counted(fixture)).toEqual(upTo(from));
        await expect(fixture.drivers.stream.append(signals(1_000, 1))).rejects.toMatchObject({ code: 'forbidden' });
      }
      await give();
      await hears(fixture, from + 20);
      expect(worker.unready()).toBeUndefined();
    }
  });

  it('tokens that run out, and a login that is refused for a while', { timeout: 300_000 }, async () => {
    let asked = 0;
    let refused = false;
    const tokens = createServer((request, answer) => {
      asked++;
      request.resume();
      if (refused) {
        answer.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}');
        return;
      }
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const seconds = Math.floor(Date.now() / 1_000);
      const token = `${part({ alg: 'none' })}.${part({ sub: ADMIN.username, iat: seconds, exp: seconds + 14 })}.`;
      answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: token }));
    });
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
    cleaning.push(async () => new Promise<void>((resolve) => tokens.close(() => resolve())));
    const peer = await peerWith({ 'connections.max.reauth.ms': '14000' });
    const tokenUrl = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
    const fixture = await open(peer, { sasl: { mechanism: 'oauthbearer', ...ADMIN, tokenUrl } });
    const worker = await working(fixture);
    // The client asks for a new token ten seconds before the old one ends, in the midst of its work.
    for (let turn = 0; turn < 60; turn++) {
      await fixture.drivers.stream.append(signals(turn * 20, 20));
      await delay(500);
    }
    await hears(fixture, 1_200);
    expect(worker.unready()).toBeUndefined();
    expect(asked).toBeGreaterThan(6);
    refused = true;
    await delay(20_000);
    await expect(fixture.drivers.stream.append(signals(0, 1))).rejects.toBeInstanceOf(StepdownError);
    refused = false;
    const told = async (): Promise<boolean> =>
      fixture.drivers.stream.append(signals(1_200, 20)).then(
        () => true,
        () => false,
      );
    await vi.waitFor(async () => expect(await told()).toBe(true), { timeout: PATIENCE_MS, interval: 500 });
    await vi.waitFor(async () => expect(new Set(await counted(fixture))).toEqual(new Set(upTo(1_220))), {
      ...{ timeout: PATIENCE_MS, interval: 200 },
    });
    expect(worker.unready()).toBeUndefined();
  });

  it('a topic that is deleted and made anew, and one that grows', { timeout: 300_000 }, async () => {
    const peer = await peerWith();
    const fixture = await open(peer, { sasl: { mechanism: 'plain', ...ADMIN } });
    const worker = await working(fixture);
    const { stream } = fixture.drivers;
    await stream.append(signals(0, 20));
    await hears(fixture, 20);
    const topic = topicName(fixture.config.stream.kafka, 'signals');
    await administer(peer, async (admin) => {
      await admin.deleteTopics({ topics: [topic] });
      await delay(3_000);
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
    });
    const told = async (from: number, count: number): Promise<void> => {
      for (const until = Date.now() + PATIENCE_MS; ;) {
        try {
          await stream.append(signals(from, count));
          return;
        } catch (error) {
          if (Date.now() > until) throw error;
          await delay(200);
        }
      }
    };
    await told(20, 10);
    await hears(fixture, 30);
    await administer(peer, async (admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }));
    await told(30, 10);
    await hears(fixture, 40);
    // Whoever starts now spreads keys over three; the worker is given the new ones too.
    const { prefix } = fixture.config.stream.kafka;
    const later = await open(peer, { prefix, sasl: { mechanism: 'plain', ...ADMIN } });
    await later.drivers.stream.append(signals(40, 20));
    await hears(fixture, 60);
    expect(worker.unready()).toBeUndefined();
  });
});
