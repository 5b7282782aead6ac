/**
 * Drivers that count what goes through them. What is appended is known for what it is (a finding, a contraction, a
 * decision), so that every service is measured without knowing of it.
 */
import { type Checkpoint, type Unit } from '../checkpoint/types.js';
import type { Drivers } from '../driver-set.js';
import { StepdownError } from '../errors.js';
import type { Store } from '../store/types.js';
import type { AnyOutgoing, Stream } from '../stream/types.js';
import { type Metrics, secondsSince } from './metrics.js';

export function measuredDrivers(drivers: Drivers, metrics: Metrics): Drivers {
  return {
    ...drivers,
    stream: measuredStream(drivers.stream, metrics),
    store: measuredStore(drivers.store, metrics),
    checkpoint: measuredCheckpoint(drivers.checkpoint, metrics),
    close: () => drivers.close(),
  };
}

function measuredStream(stream: Stream, metrics: Metrics): Stream {
  return {
    append: async (records) => {
      const begunAt = performance.now();
      try {
        const places = await stream.append(records);
        metrics.observe('appendSeconds', {}, secondsSince(begunAt));
        countRecords(records, metrics);
        return places;
      } catch (error) {
        metrics.add('appendFailures', { code: codeOf(error) });
        throw error;
      }
    },
    subscribe: async (options) => {
      const { topic, group } = options;
      return stream.subscribe({
        ...options,
        handler: async (records) => {
          const begunAt = performance.now();
          await options.handler(records);
          metrics.observe('handleSeconds', { topic, group }, secondsSince(begunAt));
          metrics.add('handled', { topic, group }, records.length);
        },
      });
    },
    commit: async (position) => stream.commit(position),
    read: async (topic, options) => stream.read(topic, options),
    state: async (topic, group) => stream.state(topic, group),
    close: async () => stream.close(),
  };
}

function measuredStore(store: Store, metrics: Metrics): Store {
  const timed = async <T>(operation: string, call: () => Promise<T>): Promise<T> => {
    const begunAt = performance.now();
    try {
      const result = await call();
      metrics.observe('storeSeconds', { operation }, secondsSince(begunAt));
      return result;
    } catch (error) {
      metrics.add('storeFailures', { operation, code: codeOf(error) });
      throw error;
    }
  };
  return {
    get: async (keys) => timed('get', async () => store.get(keys)),
    write: async (writes) => timed('write', async () => store.write(writes)),
    scan: async (prefix, options) => timed('scan', async () => store.scan(prefix, options)),
    texts: async (prefix, options) => timed('scan', async () => store.texts(prefix, options)),
    reserve: async (request) => timed('reserve', async () => store.reserve(request)),
    release: async (key, holder) => timed('release', async () => store.release(key, holder)),
    close: async () => store.close(),
  };
}

function measuredCheckpoint(checkpoint: Checkpoint, metrics: Metrics): Checkpoint {
  return {
    atomic: checkpoint.atomic,
    commit: async (unit) => {
      const group = groupOf(unit);
      const begunAt = performance.now();
      try {
        const outcome = await checkpoint.commit(unit);
        metrics.observe('checkpointSeconds', { group }, secondsSince(begunAt));
        metrics.add('checkpoints', { group, result: outcome.ok ? 'ok' : 'lost' });
        if (outcome.ok) countRecords(unit.outputs, metrics);
        return outcome;
      } catch (error) {
        metrics.add('checkpoints', { group, result: 'failed' });
        throw error;
      }
    },
    ...claimsOf(checkpoint),
  };
}

/** Passed on as they are: they are asked when partitions move, not while work is done. */
function claimsOf(checkpoint: Checkpoint): Pick<Checkpoint, 'claim' | 'holds' | 'putBack' | 'beginEpoch'> {
  return {
    ...(checkpoint.claim && { claim: checkpoint.claim.bind(checkpoint) }),
    ...(checkpoint.holds && { holds: checkpoint.holds.bind(checkpoint) }),
    ...(checkpoint.putBack && { putBack: checkpoint.putBack.bind(checkpoint) }),
    ...(checkpoint.beginEpoch && { beginEpoch: checkpoint.beginEpoch.bind(checkpoint) }),
  };
}

/** A worker's group, without the partition that it may be of. */
function groupOf({ position, timers }: Unit): string {
  const name = position?.group ?? timers.done[0]?.owner ?? timers.set[0]?.owner ?? timers.cancel[0]?.owner ?? 'none';
  return name.replace(/\/\d+$/, '');
}

function codeOf(error: unknown): string {
  return error instanceof StepdownError ? error.code : 'internal';
}

function countRecords(records: readonly AnyOutgoing[], metrics: Metrics): void {
  for (const record of records) {
    metrics.add('appended', { topic: record.topic });
    switch (record.topic) {
      case 'signals': {
        if (record.value.kind !== 'finding') break;
        const { detector, severity } = record.value.finding;
        metrics.add('findings', { detector, severity });
        break;
      }
      case 'contractions': {
        if (record.value.kind !== 'contraction') break;
        const { playbook, state, mode } = record.value.contraction;
        metrics.add('contractionChanges', { playbook: playbook?.name ?? 'manual', state, mode });
        break;
      }
      case 'incidents':
        if (record.value.version === 1)
          metrics.add('incidents', { severity: record.value.severity, mode: record.value.mode });
        break;
      case 'decisions':
        metrics.add('decisions', { verdict: record.value.verdict, action: record.value.action.kind });
        break;
      case 'deadletter':
        metrics.add('deadLetters', { code: record.value.reason.code });
        break;
      case 'telemetry':
      case 'approvals':
      case 'audit':
        break;
    }
  }
}
