/** What a fetch brings, beside what the client itself makes of the same bytes. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { KafkaMessage } from 'kafkajs';
import answer, { type FetchAnswer } from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import { describe, expect, it } from 'vitest';
import { mendFetchAnswers } from '../../../services/runtime/stream/kafka/fetch-answers.js';
import { FetchedMessage } from '../../../services/runtime/stream/kafka/fetched-message.js';

const byClient = answer.decode;
mendFetchAnswers();
const byUs = answer.decode;

interface WrittenRecord {
  offset: number;
  sinceMs: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: (readonly [string, Uint8Array | null])[];
}

interface WrittenBatch {
  firstOffset: bigint;
  firstMs: bigint;
  lastMs: bigint;
  producerId: bigint;
  attributes: number;
  records: readonly WrittenRecord[];
}

const CODEC_GZIP = 1;
const int = (bytes: 1 | 2 | 4, value: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
const int64 = (value: bigint): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(value);
  return buffer;
};
const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let left = BigInt(value) >= 0n ? BigInt(value) * 2n : -BigInt(value) * 2n - 1n;
  for (; left >= 128n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
};
const sized = (bytes: Uint8Array | null): Buffer =>
  bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);

function recordBytes({ offset, sinceMs, key, value, headers }: WrittenRecord): Buffer {
  const body = Buffer.concat([
    ...[int(1, 0), varint(sinceMs), varint(offset), sized(key), sized(value), varint(headers.length)],
    ...headers.flatMap(([name, each]) => [sized(Buffer.from(name)), sized(each)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function batchBytes({ firstOffset, firstMs, lastMs, producerId, attributes, records }: WrittenBatch): Buffer {
  const plain = Buffer.concat(records.map(recordBytes));
  const body = Buffer.concat([
    ...[int(4, 0), int(1, 2), int(4, 0), int(2, attributes), int(4, records.length - 1)],
    ...[int64(firstMs), int64(lastMs), int64(producerId), int(2, 0), int(4, 0), int(4, records.length)],
    (attributes & 7) === CODEC_GZIP ? gzipSync(plain) : plain,
  ]);
  return Buffer.concat([int64(firstOffset), int(4, body.length), body]);
}

/** An answer of one topic; each partition's records as they stand in its log. */
function answerBytes(logs: readonly Buffer[], aborted: readonly (readonly [bigint, bigint])[] = []): Buffer {
  const name = Buffer.from('some.topic');
  return Buffer.concat([
    ...[int(4, 0), int(2, 0), int(4, 0), int(4, 1), int(2, name.length), name, int(4, logs.length)],
    ...logs.flatMap((log, partition) => [
      ...[int(4, partition), int(2, 0), int64(1_000n), int64(990n), int64(0n)],
      ...[int(4, aborted.length === 0 ? -1 : aborted.length), ...aborted.flat().map(int64), int(4, -1)],
      ...[int(4, log.length), log],
    ]),
  ]);
}

/** All that anyone asks a message, as plain values. */
const plainly = (message: KafkaMessage): unknown => {
  const { key, value, headers, offset, timestamp, attributes } = message;
  const { isControlRecord, magicByte, batchContext } = message as KafkaMessage & {
    isControlRecord: boolean;
    magicByte: number;
    batchContext: { producerId: string; inTransaction: boolean };
  };
  const { producerId, inTransaction } = batchContext;
  return { key, value, headers, offset, timestamp, attributes, isControlRecord, magicByte, producerId, inTransaction };
};
const told = ({ responses, ...rest }: FetchAnswer): unknown => ({
  ...rest,
  responses: responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ messages, ...others }) => ({ ...others, messages: messages.map(plainly) })),
  })),
});
const messagesOf = ({ responses }: FetchAnswer): KafkaMessage[] =>
  responses.flatMap(({ partitions }) => partitions.flatMap(({ messages }) => messages));

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const record: fc.Arbitrary<WrittenRecord> = fc.record({
  offset: fc.nat(1_000_000),
  sinceMs: fc.oneof(fc.integer({ min: -5_000, max: 5_000 }), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  key: fc.option(bytes(40)),
  value: fc.option(fc.oneof(bytes(200), bytes(5_000))),
  headers: fc.array(
    fc.tuple<[string, Uint8Array | null]>(
      fc.oneof(fc.constantFrom('stepdown-schema', 'content-type', 'ä'), fc.string({ maxLength: 20 })).map(
        // The client takes what every object has for a header that was there before.
        (name) => (name in {} ? `${name}.` : name),
      ),
      fc.option(bytes(100)),
    ),
    { maxLength: 5 },
  ),
});
const batch: fc.Arbitrary<WrittenBatch> = fc.record({
  firstOffset: fc.bigInt({ min: 0n, max: 2n ** 52n }),
  firstMs: fc.oneof(fc.constant(-1n), fc.bigInt({ min: 0n, max: 2n ** 42n })),
  lastMs: fc.bigInt({ min: 0n, max: 2n ** 42n }),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }),
  attributes: fc
    .tuple(fc.constantFrom(0, CODEC_GZIP), fc.subarray([8, 16, 32]))
    .map(([codec, bits]) => bits.reduce((sum, bit) => sum | bit, codec)),
  records: fc.array(record, { maxLength: 6 }),
});

describe('an answer to a fetch', () => {
  it('says what the client makes of it, of any records', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(batch, { maxLength: 4 }), { maxLength: 3 }),
        fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 9n })), { maxLength: 2 }),
        async (partitions, aborted) => {
          const all = answerBytes(
            partitions.map((batches) => Buffer.concat(batches.map(batchBytes))),
            aborted,
          );
          const ours = await byUs(all);
          expect(told(ours)).toEqual(told(await byClient(all)));
          for (const message of messagesOf(ours)) {
            expect(message).toBeInstanceOf(FetchedMessage);
            const { key, value, headers } = message;
            const fetched = message as FetchedMessage;
            expect(fetched.keyText).toBe(key?.toString('utf8'));
            expect(fetched.valueText).toBe(value?.toString('utf8'));
            for (const name of [...Object.keys(headers ?? {}), 'not there'])
              expect(fetched.header(name)).toEqual(Object.hasOwn(headers ?? {}, name) ? headers?.[name] : undefined);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('has headers under any name', async () => {
    const [value, other] = [Buffer.from('1'), Buffer.from('2')];
    const headers = (['__proto__', 'toString', '__proto__'] as const).map(
      (name, at) => [name, at > 1 ? other : value] as const,
    );
    const one: WrittenRecord = { offset: 0, sinceMs: 0, key: null, value: null, headers };
    const written = { firstOffset: 0n, firstMs: 0n, lastMs: 0n, producerId: -1n, attributes: 0, records: [one] };
    const [message] = messagesOf(await byUs(answerBytes([batchBytes(written)])));
    expect(Object.entries(message?.headers ?? {})).toEqual([
      ['__proto__', [value, other]],
      ['toString', value],
    ]);
    expect((message as FetchedMessage).header('__proto__')).toEqual([value, other]);
  });

  it('ends where its size ends, in the middle of a batch', async () => {
    const written = { firstOffset: 7n, firstMs: 1_000n, lastMs: 2_000n, producerId: -1n, attributes: 0 };
    const one: WrittenRecord = { offset: 0, sinceMs: 1, key: null, value: Buffer.from('{"a":1}'), headers: [] };
    const log = Buffer.concat(
      [7n, 8n].map((firstOffset) => batchBytes({ ...written, firstOffset, records: [one, { ...one, offset: 1 }] })),
    );
    for (let end = 17; end <= log.length; end++) {
      const cut = answerBytes([log.subarray(0, end)]);
      expect(told(await byUs(cut))).toEqual(told(await byClient(cut)));
    }
  });

  it('is left to the client where it is in the format of before Kafka 0.11, or its numbers are beyond ours', async () => {
    const value = Buffer.from('{"old":true}');
    const message = Buffer.concat([
      ...[int(4, 0), int(1, 1), int(1, 0), int64(1_000n), int(4, -1), int(4, value.length), value],
    ]);
    const old = answerBytes([Buffer.concat([int64(3n), int(4, message.length), message])]);
    const [read] = messagesOf(await byUs(old));
    expect(read).not.toBeInstanceOf(FetchedMessage);
    expect(read?.value).toEqual(value);
    const late: WrittenRecord = { offset: 0, sinceMs: 5, key: null, value, headers: [] };
    const far = answerBytes([
      batchBytes({
        ...{ firstOffset: 0n, firstMs: 2n ** 62n, lastMs: 0n, producerId: -1n, attributes: 0 },
        records: [late],
      }),
    ]);
    expect(messagesOf(await byUs(far)).map(({ timestamp }) => timestamp)).toEqual([String(2n ** 62n + 5n)]);
  });

  it('fails as the client fails where a codec is not known or what is packed is no such thing', async () => {
    const written = { firstOffset: 0n, firstMs: 0n, lastMs: 0n, producerId: -1n };
    const one: WrittenRecord = { offset: 0, sinceMs: 0, key: null, value: Buffer.from('x'), headers: [] };
    const packed = batchBytes({ ...written, attributes: CODEC_GZIP, records: [one] });
    packed.fill(0, 61);
    const reasonOf = async (decode: typeof byUs): Promise<unknown> =>
      decode(answerBytes([packed])).then(
        () => undefined,
        (error: unknown) => String(error),
      );
    expect(await reasonOf(byUs)).toBe(await reasonOf(byClient));
    expect(await reasonOf(byUs)).toBeDefined();
  });
});
