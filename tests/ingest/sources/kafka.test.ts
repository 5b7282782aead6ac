/** Topics of a real Kafka, as a Collector's exporter fills them: order, codecs, resumption, members, a broker that goes. */
import { setTimeout as pause } from 'node:timers/promises';
import { CompressionTypes, type Kafka } from 'kafkajs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { DeadLetter } from '../../../schemas/deadletter.js';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { KafkaSource } from '../../../services/ingest/sources/kafka.js';
import type { SourceConfigOf } from '../../../services/ingest/sources/source.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { StepdownError } from '../../../services/runtime/errors.js';
import { silentLog } from '../../../services/runtime/log.js';
import { register } from '../../../services/runtime/stream/kafka/compression.js';
import type { AnyOutgoing } from '../../../services/runtime/stream/types.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { testIntake } from '../receiver.js';
import { toolSpan, traces } from '../request.js';

describeWithPeer('topics of a Kafka', await KafkaPeer.missing(), () => {
  let peer: KafkaPeer;
  let kafka: Kafka;
  let sources: KafkaSource[] = [];
  let topics = 0;

  beforeAll(async () => {
    peer = await KafkaPeer.start();
    kafka = peer.client();
    // The producers here pack as well.
    register();
  });
  afterEach(async () => {
    await Promise.all(sources.map((source) => source.stop()));
    sources = [];
  });
  afterAll(async () => {
    await peer.stop();
  });

  async function topic(partitions = 1): Promise<string> {
    const name = `others.${process.pid}.${topics++}`;
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: name, numPartitions: partitions }], waitForLeaders: true });
    await admin.disconnect();
    return name;
  }

  async function produce(
    name: string,
    values: readonly (string | Buffer | null)[],
    more: { partition?: number; compression?: CompressionTypes } = {},
  ): Promise<void> {
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({
      topic: name,
      messages: values.map((value) => ({ value, partition: more.partition ?? 0 })),
      ...(more.compression !== undefined && { compression: more.compression }),
    });
    await producer.disconnect();
  }

  async function source(
    names: string[],
    records: AnyOutgoing[],
    refusals: StepdownError[] = [],
    more: object = {},
  ): Promise<KafkaSource> {
    const config = loadConfig({
      env: {},
      overrides: {
        ingest: {
          sources: [
            {
              type: 'kafka',
              name: 'k',
              brokers: peer.brokers,
              topics: names,
              group: `g.${names[0]}`,
              sessionTimeout: '3s',
              ...more,
            },
          ],
        },
      },
    });
    const made = new KafkaSource(config.ingest.sources[0] as SourceConfigOf<'kafka'>, {
      intake: testIntake(),
      append: async (batch) => {
        const refusal = refusals.shift();
        if (refusal) throw refusal;
        records.push(...batch);
      },
      store: undefined as never,
      log: silentLog(),
      now: () => Date.now(),
      eventTime: false,
    });
    sources.push(made);
    await made.start();
    return made;
  }

  const events = (records: readonly AnyOutgoing[]): TelemetryEvent[] =>
    records.flatMap((record) => (record.topic === 'telemetry' ? [record.value] : []));
  const letters = (records: readonly AnyOutgoing[]): DeadLetter[] =>
    records.flatMap((record) => (record.topic === 'deadletter' ? [record.value] : []));
  const texts = (records: readonly AnyOutgoing[]): string[] => [
    ...new Map(
      events(records).map((event) => [event.id, event.kind === 'prompt' ? (event.text ?? '') : event.kind]),
    ).values(),
  ];
  const prompts = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, index) =>
      JSON.stringify({ kind: 'prompt', agent: { id: 'a' }, text: `p${from + index}` }),
    );
  const numbered = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `p${from + index}`);
  async function until(done: () => boolean, what: string): Promise<void> {
    for (const deadline = performance.now() + 40_000; !done(); await pause(20))
      if (performance.now() > deadline)
        throw new Error(`not ${what}: ${JSON.stringify(sources.map((each) => each.facts()))}`);
  }

  it('several topics, packed as exporters pack them; what cannot be read is set aside in its place', async () => {
    const [spans, others] = [await topic(), await topic()];
    const request = JSON.stringify(traces([toolSpan()]));
    await produce(spans, [request, null, 'not JSON'], { compression: CompressionTypes.GZIP });
    await produce(spans, [JSON.stringify(traces([toolSpan()]))], { compression: CompressionTypes.Snappy });
    await produce(others, prompts(0, 3));
    const records: AnyOutgoing[] = [];
    const made = await source([spans, others], records);
    await until(() => events(records).length === 7 && letters(records).length === 1, 'read');
    expect(texts(records).filter((text) => text.startsWith('p'))).toEqual(numbered(0, 3));
    expect(letters(records)[0]?.source).toBe(`k/${spans}/0@2`);
    expect(events(records).find(({ kind }) => kind === 'prompt')?.source.position).toBe(`k/${others}/0@0`);
    await until(() => made.facts().partitions.every(({ lag }) => lag === 0), 'caught up');
    expect(made.facts()).toMatchObject({ state: 'reading', records: 6, refused: 1 });
  }, 60_000);

  it('waits while the stream is full, goes on where it was after a stop, and after the broker was away', async () => {
    const name = await topic();
    const records: AnyOutgoing[] = [];
    await produce(name, prompts(0, 30));
    const first = await source(
      [name],
      records,
      Array.from({ length: 3 }, () => new StepdownError('stream-full', 'full')),
    );
    await until(() => texts(records).length === 30, 'read');
    await first.stop();
    await produce(name, prompts(30, 10));
    const second = await source([name], records);
    await until(() => texts(records).length === 40, 'read on');
    // Nothing that was committed is read again.
    expect(events(records)).toHaveLength(40);
    await peer.kill();
    await pause(500);
    await peer.restart();
    await produce(name, prompts(40, 10));
    await until(() => texts(records).length === 50, 'read after the broker was away');
    expect(texts(records)).toEqual(numbered(0, 50));
    expect(second.facts().trouble).toBeUndefined();
  }, 90_000);

  it('two members share the partitions, and one takes over from the other', async () => {
    const name = await topic(2);
    const [one, two]: [AnyOutgoing[], AnyOutgoing[]] = [[], []];
    const first = await source([name], one);
    const second = await source([name], two);
    await until(() => first.facts().partitions.length === 1 && second.facts().partitions.length === 1, 'shared');
    await produce(name, prompts(0, 5), { partition: 0 });
    await produce(name, prompts(5, 5), { partition: 1 });
    await until(() => texts([...one, ...two]).length === 10, 'read');
    expect([texts(one).length, texts(two).length]).toEqual([5, 5]);
    await first.stop();
    await produce(name, prompts(10, 5), { partition: 0 });
    await produce(name, prompts(15, 5), { partition: 1 });
    await until(() => texts([...one, ...two]).length === 20, 'taken over');
    expect(new Set(texts([...one, ...two]))).toEqual(new Set(numbered(0, 20)));
  }, 60_000);

  it('`latest` is the end when it first came, also for who takes over before anything was read; what went unread is counted', async () => {
    const name = await topic();
    await produce(name, prompts(0, 5));
    const records: AnyOutgoing[] = [];
    const first = await source([name], records, [], { from: 'latest' });
    const admin = kafka.admin();
    await admin.connect();
    const position = async (): Promise<string | undefined> =>
      (await admin.fetchOffsets({ groupId: `g.${name}`, topics: [name] }))[0]?.partitions[0]?.offset;
    for (const deadline = performance.now() + 20_000; (await position()) !== '5'; await pause(50))
      expect(performance.now()).toBeLessThan(deadline);
    await first.stop();
    await produce(name, prompts(5, 5));
    await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '7' }] });
    await admin.disconnect();
    const second = await source([name], records, [], { from: 'latest' });
    await until(() => texts(records).length === 3, 'read');
    expect(texts(records)).toEqual(numbered(7, 3));
    expect(second.facts()).toMatchObject({ missed: 2, records: 3 });
  }, 60_000);
});
