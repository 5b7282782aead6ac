/**
 * One table of the workspace as a sink. A send is one call: as many rows as fit, and the outcome is theirs.
 *
 * - 413: half the rows, and a single row with shorter fields, down to where nothing is left to cut.
 * - 400: the rows are halved until one stands alone. It is refused for good only where another row proves that the rule
 *   takes rows now: a stream that was misconfigured must not cost a single one. Until then it is tried again.
 * - Everything else is tried again: someone will mend it, and the outbox keeps it.
 */
import type { RecordValues, TableKind, TableRecord } from '../record.js';
import type { Delivery, SendOutcome, Sink } from '../sink.js';
import { fitting } from './batch.js';
import { streamName } from './column.js';
import type { Ingestion, Upload } from './ingestion.js';
import type { RedactionPolicy } from './redaction.js';
import { type Row, rowOf } from './rows.js';
import { TABLES } from './tables.js';
import { jsonBytes, MAX_FIELD_BYTES, MIN_FIELD_BYTES } from './truncation.js';

export interface TableSinkOptions {
  ingestion: Ingestion;
  redaction: RedactionPolicy;
  product: { version: string };
  publicUrl?: string;
  now: () => number;
}

const MAX_ROWS = 500;

export function tableSink<K extends TableKind>(name: string, kind: K, options: TableSinkOptions): Sink<K> {
  const stream = streamName(TABLES[kind]);
  const { ingestion, now, product, redaction, publicUrl } = options;
  const row = (delivery: Delivery<K>, maxFieldBytes: number): Row =>
    rowOf(recordOf(kind, delivery.value), delivery.before, {
      sentAtMs: now(),
      version: product.version,
      redaction,
      maxFieldBytes,
      ...(publicUrl === undefined ? {} : { publicUrl }),
    });

  /** A single row that is too large as it stands, with less and less of its long fields. */
  const squeezed = async (delivery: Delivery<K>, first: Upload): Promise<Upload> => {
    let answer = first;
    for (let limit = MAX_FIELD_BYTES / 4; answer.kind === 'too-large' && limit >= MIN_FIELD_BYTES; limit /= 4)
      answer = await ingestion.upload(stream, [row(delivery, Math.floor(limit))]);
    return answer;
  };

  /** The first row was refused alone. It is at fault where the next one is taken, and it is refused still. */
  const provenBad = async ([first, another]: readonly Row[]): Promise<boolean> => {
    if (first === undefined || another === undefined) return false;
    if ((await ingestion.upload(stream, [another])).kind !== 'taken') return false;
    return (await ingestion.upload(stream, [first])).kind === 'refused';
  };

  return {
    name,
    takes: kind,
    maxBatch: MAX_ROWS,
    async send(batch): Promise<SendOutcome> {
      const [first] = batch;
      if (first === undefined) return { kind: 'success' };
      const rows = batch.map((delivery) => row(delivery, MAX_FIELD_BYTES));
      let take = fitting(rows.map(jsonBytes));
      for (;;) {
        let answer = await ingestion.upload(stream, rows.slice(0, take));
        if (answer.kind === 'too-large' && take === 1) answer = await squeezed(first, answer);
        if (answer.kind === 'taken') return { kind: 'success', settled: take };
        if (answer.kind === 'later')
          return {
            kind: 'retryable',
            reason: answer.reason,
            ...(answer.afterMs === undefined ? {} : { afterMs: answer.afterMs }),
          };
        if (take > 1) {
          take = Math.ceil(take / 2);
          continue;
        }
        if (answer.kind === 'too-large') return { kind: 'failure', reason: answer.reason, settled: 1 };
        return (await provenBad(rows))
          ? { kind: 'failure', reason: answer.reason, settled: 1 }
          : { kind: 'retryable', reason: answer.reason };
      }
    },
    async close() {
      // Connections are the client's pool; nothing is held here.
    },
  };
}

function recordOf<K extends TableKind>(kind: K, value: RecordValues[K]): TableRecord {
  return { kind, value } as Extract<TableRecord, { kind: K }>;
}
