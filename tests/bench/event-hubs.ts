/**
 * Receiving from an event hub: our source, from the wire to events handed to the stream, and to events that are durable in
 * the embedded one, beside the vendor's bare client that only parses the same records. The hub runs in a process of its own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventHubConsumerClient, earliestEventPosition } from '@azure/event-hubs';
import { createIntake } from '../../services/ingest/service.js';
import { EventHubsSource } from '../../services/ingest/sources/event-hubs.js';
import type { SourceConfigOf } from '../../services/ingest/sources/source.js';
import { WallClock } from '../../services/runtime/clock.js';
import { type Config, loadConfig } from '../../services/runtime/config.js';
import { openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import type { AnyOutgoing } from '../../services/runtime/stream/types.js';

const PARTITIONS = 4;
const BATCH = 200;

interface Hub {
  connectionString: string;
  records: number;
  child: ChildProcess;
}

async function openHub(file: string): Promise<Hub> {
  const child = fork(join(import.meta.dirname, 'event-hubs-service.js'), [file, String(PARTITIONS)], {
    execArgv: ['--max-old-space-size=2048'],
  });
  const said = await new Promise<{ connectionString: string; records: number }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { connectionString: string; records: number }));
    child.once('exit', (code) => reject(new Error(`the hub ended with ${code}`)));
  });
  return { ...said, child };
}

/** Milliseconds from the first record to the last, so that connecting does not count. */
async function bare({ connectionString, records }: Hub): Promise<number> {
  const client = new EventHubConsumerClient('$Default', connectionString);
  let seen = 0;
  let begun = 0;
  let spans = 0;
  let ended: (ms: number) => void;
  const done = new Promise<number>((resolve) => (ended = resolve));
  const subscription = client.subscribe(
    {
      processEvents: async (events) => {
        if (events.length > 0 && begun === 0) begun = performance.now();
        for (const { body } of events)
          spans += (JSON.parse((body as Buffer).toString()) as { resourceSpans: unknown[] }).resourceSpans.length;
        seen += events.length;
        if (seen === records) ended(performance.now() - begun);
      },
      processError: async (error) => {
        throw error;
      },
    },
    {
      startPosition: earliestEventPosition,
      maxBatchSize: BATCH,
      maxWaitTimeInSeconds: 1,
      prefetchCount: 3 * BATCH,
      skipParsingBodyAsJson: true,
    },
  );
  const ms = await done;
  if (spans === 0) throw new Error('nothing read');
  await subscription.close();
  await client.close();
  return ms;
}

async function ours(hub: Hub, config: Config, durable: boolean): Promise<{ ms: number; events: number }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'stepdown-bench-hub-'));
  const drivers = await openDrivers(loadConfig({ env: {}, overrides: { dataDir } }), silentLog(), new WallClock());
  const source = new EventHubsSource(
    loadConfig({
      env: {},
      overrides: {
        ingest: {
          sources: [
            { type: 'eventhubs', connectionString: hub.connectionString, maxBatch: BATCH, prefetch: 3 * BATCH },
          ],
        },
      },
    }).ingest.sources[0] as SourceConfigOf<'eventhubs'>,
    {
      intake: createIntake(config),
      append: async (records: readonly AnyOutgoing[]) => {
        begun ||= performance.now();
        if (durable) await drivers.stream.append(records);
      },
      store: drivers.store,
      log: silentLog(),
      now: () => Date.now(),
      eventTime: false,
    },
  );
  let begun = 0;
  await source.start();
  while (source.facts().records < hub.records) await new Promise((resolve) => setTimeout(resolve, 2));
  const ms = performance.now() - begun;
  const { events } = source.facts();
  await source.stop();
  await drivers.close();
  rmSync(dataDir, { recursive: true, force: true });
  return { ms, events };
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

export async function benchEventHubs(file: string, config: Config, rounds = 3): Promise<void> {
  const hub = await openHub(file);
  try {
    const times = { bare: [] as number[], decoded: [] as number[], durable: [] as number[] };
    let events = 0;
    await bare(hub);
    for (let round = 0; round < rounds; round++) {
      times.bare.push(await bare(hub));
      times.decoded.push((await ours(hub, config, false)).ms);
      const whole = await ours(hub, config, true);
      times.durable.push(whole.ms);
      events = whole.events;
    }
    const rate = (ms: number): string => Math.round(hub.records / (ms / 1_000)).toLocaleString('en');
    const [plain, decoded, durable] = [median(times.bare), median(times.decoded), median(times.durable)];
    console.log(
      `event hubs      ${rate(decoded)} records/s received and decoded (${events} events of ${hub.records} records)`,
    );
    console.log(
      `                ${(plain / decoded).toFixed(3)} of the bare client at ${rate(plain)} records/s (aim ≥ 0.6); ${(plain / durable).toFixed(3)} made durable in the embedded stream, an fsync each time`,
    );
  } finally {
    hub.child.disconnect();
  }
}
