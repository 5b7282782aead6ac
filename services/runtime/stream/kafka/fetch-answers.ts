/**
 * What a broker answers to a fetch, read without making anything of a message that nobody asks for: kafkajs 2.2.4 makes a
 * dozen objects and big integers of each, which is more work than parsing its JSON, and keeps them as long as the message
 * waits. Only the newest answer it knows (version 11, every broker since 2.3) and the message format of Kafka 0.11 on are
 * read here; whatever else comes, or cannot be read so, is left to the client's own way.
 */
import compression from 'kafkajs/src/protocol/message/compression/index.js';
import answer, { type FetchAnswer, type FetchedPartition } from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import { type FetchedBatch, FetchedMessage } from './fetched-message.js';
import { RecordBytes } from './record-bytes.js';

/** Record batch: https://kafka.apache.org/documentation/#recordbatch */
const MAGIC = 2;
const MAGIC_AT = 16;
/** Offset and length of a batch, which its length does not count. */
const PLACE_BYTES = 12;
/** From there to its records. */
const HEAD_BYTES = 45;
/** The least that the client takes for a batch; what is left when the answer's size ends in one is less, or not whole. */
const LEAST_BYTES = 49;
const CODEC = 0x07;
const KNOWN_CODECS = 4;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** Of a record, at the least: its length and six parts of it. */
const LEAST_RECORD_BYTES = 7;

/** Said where an answer is to be read in the client's own way. */
class NotForUs extends Error {}

let mended = false;

/** Once per process; does nothing where the client is built otherwise. */
export function mendFetchAnswers(): void {
  if (mended) return;
  mended = true;
  const { decode } = answer;
  if (typeof decode !== 'function' || typeof compression.lookupCodecByAttributes !== 'function') return;
  answer.decode = async (bytes) => {
    try {
      return await fetchAnswer(bytes);
    } catch (error) {
      // Bytes that end where something should be read are a range error.
      if (error instanceof NotForUs || error instanceof RangeError) return decode(bytes);
      throw error;
    }
  };
}

async function fetchAnswer(bytes: Buffer): Promise<FetchAnswer> {
  const reader = new RecordBytes(bytes);
  const clientSideThrottleTime = reader.int32();
  const [errorCode, sessionId] = [reader.int16(), reader.int32()];
  const responses: FetchAnswer['responses'] = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topicName = reader.text();
    const partitions: FetchedPartition[] = [];
    for (let count = reader.int32(); count > 0; count--) {
      partitions.push({
        partition: reader.int32(),
        errorCode: reader.int16(),
        highWatermark: String(reader.int64()),
        lastStableOffset: String(reader.int64()),
        lastStartOffset: String(reader.int64()),
        abortedTransactions: reader.array(() => ({
          producerId: String(reader.int64()),
          firstOffset: String(reader.int64()),
        })),
        preferredReadReplica: reader.int32(),
        messages: await messagesOf(reader),
      });
    }
    responses.push({ topicName, partitions });
  }
  // The broker has not slowed this answer down but expects us to wait before the next one: as the client's own way has it.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

async function messagesOf(reader: RecordBytes): Promise<FetchedMessage[]> {
  const size = reader.int32();
  if (size <= 0) return [];
  const { bytes } = reader;
  const end = reader.at + size;
  if (end > bytes.length || bytes[reader.at + MAGIC_AT] !== MAGIC) throw new NotForUs();
  const messages: FetchedMessage[] = [];
  let at = reader.at;
  while (at + LEAST_BYTES <= end) {
    if (bytes[at + MAGIC_AT] !== MAGIC) throw new NotForUs();
    const next = at + PLACE_BYTES + bytes.readInt32BE(at + 8);
    // The answer's size has ended in the middle of it.
    if (next > end) break;
    if (next < at + PLACE_BYTES + HEAD_BYTES + 4) throw new NotForUs();
    await readBatch(bytes, at, next, messages);
    at = next;
  }
  reader.at = end;
  return messages;
}

async function readBatch(bytes: Buffer, begin: number, end: number, into: FetchedMessage[]): Promise<void> {
  const attributes = bytes.readInt16BE(begin + 21);
  const head = {
    firstOffset: exact(bytes.readBigInt64BE(begin)),
    firstTimestampMs: exact(bytes.readBigInt64BE(begin + 27)),
    appendedAtMs: attributes & APPEND_TIME ? exact(bytes.readBigInt64BE(begin + 35)) : undefined,
    isControl: (attributes & CONTROL) !== 0,
    producerId: String(bytes.readBigInt64BE(begin + 43)),
    inTransaction: (attributes & TRANSACTIONAL) !== 0,
  };
  const count = bytes.readInt32BE(begin + PLACE_BYTES + HEAD_BYTES);
  const at = begin + PLACE_BYTES + HEAD_BYTES + 4;
  if ((attributes & CODEC) > KNOWN_CODECS) throw new NotForUs();
  const codec = compression.lookupCodecByAttributes(attributes);
  if (codec === null) {
    readRecords({ ...head, bytes }, new RecordBytes(bytes, at), { end, count }, into);
    return;
  }
  const plain = await codec.decompress(bytes.subarray(at, end));
  readRecords({ ...head, bytes: plain }, new RecordBytes(plain), { end: plain.length, count }, into);
}

function readRecords(
  batch: FetchedBatch,
  reader: RecordBytes,
  { end, count }: { end: number; count: number },
  into: FetchedMessage[],
): void {
  for (let left = count; left > 0; left--) {
    const length = reader.varint();
    if (!(length >= LEAST_RECORD_BYTES - 1) || reader.at + length > end) throw new NotForUs();
    const message = new FetchedMessage(batch, reader, reader.at + length);
    if (!message.isWhole) throw new NotForUs();
    into.push(message);
  }
}

function exact(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new NotForUs();
  return number;
}
