/** An event hub on loopback, sources that read it into a store of their own, and what they have stored. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DeadLetter } from '../../../schemas/deadletter.js';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { EventHubsSource, type Patience } from '../../../services/ingest/sources/event-hubs.js';
import type { SourceConfigOf, SourceParts } from '../../../services/ingest/sources/source.js';
import { loadConfig } from '../../../services/runtime/config.js';
import type { StepdownError } from '../../../services/runtime/errors.js';
import { silentLog } from '../../../services/runtime/log.js';
import { EventHubsPeer, type PeerOptions } from '../../peers/event-hubs.js';
import { openFixture, type SqliteFixture } from '../../runtime/sqlite/fixture.js';
import { testIntake } from '../receiver.js';

/** Shorter patience than a real network wants, so that a test of a failure takes no minute. */
export const PATIENCE = {
  retry: { maxRetries: 1, retryDelayInMs: 50, timeoutInMs: 1_000 },
  firstPauseMs: 50,
  longestPauseMs: 200,
  drainMs: 300,
  closeMs: 200,
  silenceMs: 2_000,
};

const OWNERSHIP_MS = 600;

export class Rig {
  readonly peer: EventHubsPeer;
  readonly drivers: SqliteFixture;
  readonly sources: EventHubsSource[] = [];
  /** Of the next appends: what they throw. */
  refusals: StepdownError[] = [];

  private constructor(peer: EventHubsPeer, drivers: SqliteFixture) {
    this.peer = peer;
    this.drivers = drivers;
  }

  static async start(options: PeerOptions = {}): Promise<Rig> {
    const rig = new Rig(new EventHubsPeer(options), await openFixture());
    await rig.peer.start();
    return rig;
  }

  async source(
    more: Record<string, unknown> = {},
    parts: Partial<SourceParts> = {},
    patience: Partial<Patience> = {},
  ): Promise<EventHubsSource> {
    const config = loadConfig({
      env: {},
      overrides: {
        ingest: {
          sources: [
            {
              type: 'eventhubs',
              name: 'hub',
              connectionString: this.peer.connectionString,
              ...more,
            },
          ],
        },
      },
    });
    const source = new EventHubsSource(
      // Shorter than a configuration may say: several tests wait for it to run out.
      { ...(config.ingest.sources[0] as SourceConfigOf<'eventhubs'>), ownershipMs: OWNERSHIP_MS },
      {
        intake: testIntake({ keepLetters: true }),
        append: async (records) => {
          const refusal = this.refusals.shift();
          if (refusal) throw refusal;
          return this.drivers.drivers.stream.append(records);
        },
        store: this.drivers.drivers.store,
        log: silentLog(),
        now: () => Date.now(),
        eventTime: false,
        ...parts,
      },
      { ...PATIENCE, ...patience },
    );
    this.sources.push(source);
    await source.start();
    return source;
  }

  /** Puts prompts into a partition; their texts tell the order. */
  send(partition: number, from: number, count: number): void {
    for (let index = from; index < from + count; index++)
      this.peer.append(partition, {
        body: JSON.stringify({ kind: 'prompt', agent: { id: `a${partition}` }, text: `p${partition}-${index}` }),
      });
  }

  async stored(): Promise<TelemetryEvent[]> {
    return (await this.drivers.drivers.stream.read('telemetry', { from: 0, limit: 100_000 })).map(({ value }) => value);
  }

  async letters(): Promise<DeadLetter[]> {
    return (await this.drivers.drivers.stream.read('deadletter', { from: 0, limit: 1_000 })).map(({ value }) => value);
  }

  /** Each text once, in the order in which it was stored first. */
  async texts(): Promise<string[]> {
    const ids = new Map((await this.stored()).map((event) => [event.id, event]));
    return [...ids.values()].map((event) => (event.kind === 'prompt' ? (event.text ?? '') : event.kind));
  }

  async until(done: () => boolean | Promise<boolean>, what: string, withinMs = 15_000): Promise<void> {
    for (const deadline = performance.now() + withinMs; !(await done()); await pause(15))
      if (performance.now() > deadline)
        throw new Error(`not ${what}: ${JSON.stringify(this.sources.map((source) => source.facts()))}`);
  }

  async untilTexts(count: number): Promise<void> {
    await this.until(async () => (await this.texts()).length >= count, `${count} events`);
  }

  /** Until the first `count` records of each of so many partitions are stored. */
  async untilAll(count: number, partitions: number, withinMs: number): Promise<void> {
    await this.until(
      async () => new Set(await this.texts()).size >= count * partitions,
      `${count} of each partition`,
      withinMs,
    );
  }

  async end(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.stop()));
    await this.peer.stop();
    await this.drivers.remove();
  }
}
