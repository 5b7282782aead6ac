/** Small records for the suites: ticks, told apart by their time and, where a text is wanted, by their tenant. */
import type { Signal, SignalOf } from '../../schemas/signal.js';
import type { StreamRecord, Outgoing, Stream, SubscribeOptions } from '../../services/runtime/stream/types.js';

export function tick(timeMs: number, tenant = 't'): SignalOf<'tick'> {
  return { kind: 'tick', tenant, timeMs };
}

export function outgoing(timeMs: number, key = 'k', tenant = 't'): Outgoing<'signals'> {
  return { topic: 'signals', key, value: tick(timeMs, tenant) };
}

export function timesOf(records: readonly { value: Signal }[]): number[] {
  return records.map(({ value }) => value.timeMs);
}

/** Reads a topic with a group until as many records came as are wanted, then stops. */
export async function consume(
  stream: Stream,
  wanted: number,
  options: Partial<SubscribeOptions<'signals'>> & { commit?: boolean } = {},
): Promise<StreamRecord<'signals'>[]> {
  const got: StreamRecord<'signals'>[] = [];
  const { commit = false, group = 'g', ...rest } = options;
  let subscription: Awaited<ReturnType<Stream['subscribe']>> | undefined;
  await new Promise<void>((resolve, reject) => {
    stream
      .subscribe({
        topic: 'signals',
        group,
        from: 'earliest',
        ...rest,
        handler: async (records) => {
          got.push(...records);
          const last = records.at(-1);
          if (commit && last !== undefined)
            await stream.commit({ group, topic: 'signals', partition: last.partition, offset: last.offset });
          if (got.length >= wanted) resolve();
        },
        onError: reject,
      })
      .then((opened) => {
        subscription = opened;
        if (wanted === 0) resolve();
      }, reject);
  });
  await subscription?.stop();
  return got;
}
