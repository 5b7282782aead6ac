/** Drivers whose work shows in traces: a batch is a trace, what it writes and reads are its parts. */
import type { Drivers } from '../driver-set.js';
import type { Store } from '../store/types.js';
import type { Stream } from '../stream/types.js';
import type { Tracing } from './tracing.js';

export function tracedDrivers(drivers: Drivers, tracing: Tracing): Drivers {
  if (!tracing.on) return drivers;
  const { checkpoint } = drivers;
  return {
    ...drivers,
    stream: tracedStream(drivers.stream, tracing),
    store: tracedStore(drivers.store, tracing),
    // Whatever else a checkpoint can do stays as it is.
    checkpoint: new Proxy(checkpoint, {
      get: (target, name) => {
        if (name === 'commit')
          return async (unit: Parameters<typeof checkpoint.commit>[0]) =>
            tracing.part(
              {
                name: 'checkpoint',
                attributes: { 'stepdown.outputs': unit.outputs.length, 'stepdown.writes': unit.writes.length },
              },
              async () => target.commit(unit),
            );
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    }),
    close: () => drivers.close(),
  };
}

function tracedStream(stream: Stream, tracing: Tracing): Stream {
  return {
    append: async (records) =>
      tracing.part(
        { name: 'append', kind: 'producer', attributes: { 'messaging.batch.message_count': records.length } },
        async () => stream.append(records),
      ),
    subscribe: async (options) =>
      stream.subscribe({
        ...options,
        handler: async (records) =>
          tracing.span(
            {
              name: `process ${options.topic}`,
              kind: 'consumer',
              attributes: {
                'messaging.operation.type': 'process',
                'messaging.destination.name': options.topic,
                'messaging.consumer.group.name': options.group,
                'messaging.batch.message_count': records.length,
                ...(records[0] === undefined
                  ? {}
                  : { 'messaging.destination.partition.id': String(records[0].partition) }),
              },
            },
            async () => options.handler(records),
          ),
      }),
    commit: async (position) => stream.commit(position),
    read: async (topic, options) => stream.read(topic, options),
    state: async (topic, group) => stream.state(topic, group),
    close: async () => stream.close(),
  };
}

function tracedStore(store: Store, tracing: Tracing): Store {
  const part = async <T>(operation: string, size: number, run: () => Promise<T>): Promise<T> =>
    tracing.part(
      {
        name: `store ${operation}`,
        kind: 'client',
        attributes: { 'db.operation.name': operation, 'db.operation.batch.size': size },
      },
      run,
    );
  return {
    get: async (keys) => part('get', keys.length, async () => store.get(keys)),
    write: async (writes) => part('write', writes.length, async () => store.write(writes)),
    scan: async (prefix, options) => part('scan', 1, async () => store.scan(prefix, options)),
    texts: async (prefix, options) => part('scan', 1, async () => store.texts(prefix, options)),
    reserve: async (request) => part('reserve', 1, async () => store.reserve(request)),
    release: async (key, holder) => part('release', 1, async () => store.release(key, holder)),
    close: async () => store.close(),
  };
}
