/** What no broker would ever take must stop nobody: the step, the source or the answer that it came of goes on without it. */
import { afterEach, expect, it, vi } from 'vitest';
import type { Signal } from '../../../schemas/signal.js';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { Outbox } from '../../../services/gateway/records/outbox.js';
import { EventClock } from '../../../services/runtime/clock.js';
import { silentLog } from '../../../services/runtime/log.js';
import type { Machine } from '../../../services/runtime/machine.js';
import { RecordTooLarge } from '../../../services/runtime/stream/too-large.js';
import type { AnyOutgoing, Stream } from '../../../services/runtime/stream/types.js';
import { Worker } from '../../../services/runtime/worker.js';
import { outgoing } from '../../conformance/records.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { suiteKafka } from '../../peers/suite-peers.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { type KafkaFixture, openKafkaFixture } from './fixture.js';

const MOST = 64 * 1024;
const LARGE = 'x'.repeat(2 * MOST);

const note = (key: string, text = 't'): AnyOutgoing => ({
  topic: 'contractions',
  key,
  value: { kind: 'paused', tenant: text, paused: true, atMs: 1, by: 'b' },
});
const result = (text: string): AnyOutgoing => ({
  topic: 'telemetry',
  key: 'default/a',
  value: {
    schemaVersion: 1,
    id: 'e1',
    tenant: 'default',
    timeMs: 1,
    receivedAtMs: 1,
    streamKey: 'default/a',
    agent: { id: 'a' },
    session: { id: 's' },
    trust: 'claimed',
    source: { dialect: 'native' },
    kind: 'tool.result',
    tool: 'read_mail',
    text,
  } as TelemetryEvent,
});

describeWithPeer('what is larger than Kafka takes', await KafkaPeer.missing(), () => {
  const peer = suiteKafka();
  let fixture: KafkaFixture | undefined;
  afterEach(async () => fixture?.remove());
  const open = async (): Promise<{ made: KafkaFixture; stream: Stream }> => {
    const made = await openKafkaFixture(peer(), { maxRecord: '64KiB' });
    fixture = made;
    return { made, stream: made.drivers.stream };
  };
  const texts = async (stream: Stream): Promise<string[]> =>
    (await stream.read('contractions', { from: 0, limit: 100 })).map(({ key }) => key);
  /** Brokers may have been told less than the configuration says. */
  const lower = async (made: KafkaFixture, topic: string, bytes: number): Promise<void> => {
    const admin = peer().client().admin();
    await admin.connect();
    const name = `${made.config.stream.kafka.prefix}${topic}`;
    const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name, configEntries }] });
    // The controller has it; the broker hears of it a moment later.
    for (let told: string | undefined; told !== String(bytes);) {
      const wanted = { type: 2, name, configNames: ['max.message.bytes'] };
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [wanted] });
      told = resources[0]?.configEntries[0]?.configValue;
    }
    await admin.disconnect();
  };

  it('sets aside the step or the timer that makes it, whole, and goes on with what was before and after it', async () => {
    const { made, stream } = await open();
    const machine: Machine<Signal> = {
      name: 'm',
      keys: () => ['count'],
      timerKeys: () => ['count'],
      timeOf: ({ timeMs }) => timeMs,
      step: ({ timeMs }, { emit, states, setTimer }) => {
        states.set('count', ((states.get('count') as number | undefined) ?? 0) + 1);
        emit(note(`step ${timeMs}`));
        if (timeMs === 2) emit(note('too large', LARGE));
        if (timeMs === 3) setTimer('t', 4);
      },
      onTimer: (_, { emit, states }) => {
        states.set('count', -1);
        emit(note('too large too', LARGE));
      },
    };
    const worker = new Worker({
      machine,
      topic: 'signals',
      drivers: made.drivers,
      clock: new EventClock(),
      log: silentLog(),
    });
    await worker.start();
    await stream.append([1, 2, 3, 5].map((time) => outgoing(time)));
    await worker.settled();
    await worker.stop();
    expect([...new Set(await texts(stream))]).toEqual(['step 1', 'step 3', 'step 5']);
    const [count] = await made.drivers.store.get(['count']);
    expect(count?.value).toBe(3);
    const letters = await stream.read('deadletter', { from: 0, limit: 100 });
    expect(
      letters.map(({ value }) => [value.source, /m: a record for contractions has \d+ bytes/.test(value.reason.text)]),
    ).toEqual([
      ['signals/0@1', true],
      ['timer/t@4', true],
    ]);
  });

  it('goes on where the broker takes less than the configuration says', async () => {
    const { made, stream } = await open();
    await lower(made, 'contractions', 2_000);
    const many = Array.from({ length: 40 }, (_, index) => note(`n${index}`, 'y'.repeat(200)));
    await stream.append(many);
    expect([...new Set(await texts(stream))]).toEqual(many.map(({ key }) => key));
    const tooLarge = note('z', 'z'.repeat(4_000));
    const small = stream.append([note('small')]);
    await expect(stream.append([note('before'), tooLarge])).rejects.toMatchObject({ record: tooLarge });
    await small;
    await lower(made, 'telemetry', 6_000);
    await stream.append([result('w'.repeat(20_000))]);
    const [cut] = await stream.read('telemetry', { from: 0, limit: 1 });
    expect(cut?.value.skipped?.map(({ check }) => check)).toEqual(['content']);
  });

  it('cuts texts of telemetry and says so; what cannot be cut is refused by itself', async () => {
    const { stream } = await open();
    await stream.append([result(LARGE)]);
    const [cut] = await stream.read('telemetry', { from: 0, limit: 1 });
    const { value } = cut ?? expect.fail('it is not there');
    expect(value.kind === 'tool.result' && value.text?.length).toBe(16 * 1024 + 1);
    expect(value.skipped?.[0]?.reason).toMatch(/too large for the stream: texts are cut/);
    await expect(stream.append([note('n', LARGE)])).rejects.toBeInstanceOf(RecordTooLarge);
    const onLoss = vi.fn();
    const outbox = new Outbox({ stream, capacity: 10, giveUpAfterMs: 60_000, onLoss });
    outbox.offer(note('first'));
    outbox.offer(note('lost', LARGE));
    const waited = outbox.append([note('refused', LARGE)]);
    await expect(waited).rejects.toMatchObject({ code: 'input-too-large' });
    await outbox.append([note('last')]);
    await outbox.drained();
    expect(await texts(stream)).toEqual(['first', 'last']);
    expect(onLoss).toHaveBeenCalledOnce();
  });
});
