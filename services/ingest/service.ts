/** Takes telemetry in over OTLP/HTTP and from the streams of `ingest.sources`, and files on request. */
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { createInspector, type Inspector } from '../inspect/inspect-text.js';
import { READ_ON_TOGETHER_MS } from '../inspect/read-on.js';
import { WaitingShare } from '../inspect/waiting-share.js';
import type { Clock } from '../runtime/clock.js';
import type { Config } from '../runtime/config.js';
import type { Drivers } from '../runtime/drivers.js';
import type { Log } from '../runtime/log.js';
import { userNames } from '../runtime/pseudonyms.js';
import type { Service } from '../runtime/service.js';
import { Intake } from './intake.js';
import { RecordTooLarge } from '../runtime/stream/too-large.js';
import type { AnyOutgoing } from '../runtime/stream/types.js';
import { OtlpHttpSource } from './sources/otlp-http.js';
import type { Source, SourceFacts } from './sources/source.js';
import { openSource } from './sources/table.js';

export interface IngestParts {
  config: Config;
  drivers: Pick<Drivers, 'stream' | 'store'>;
  log: Log;
  clock: Clock;
  /** Shared with other services so that a text is read once. */
  inspector?: Inspector;
}

export interface Ingest extends Service {
  /** For sources that are not running all the time: files, dead letters that are tried again. */
  readonly intake: Intake;
  /** `http://127.0.0.1:4318`; undefined while it does not listen. */
  readonly endpoint: string | undefined;
  /** Undefined where the receiver is switched off. */
  readonly counters: OtlpHttpSource['counters'] | undefined;
  /** Of every source in `ingest.sources`: how far it is, what it took, what troubles it. */
  sources(): SourceFacts[];
}

/** The intake that the configuration describes. */
export function createIntake(
  config: Config,
  inspector: Inspector = createInspector({ keepText: config.ingest.keepContent }),
): Intake {
  return new Intake({
    inspector,
    tenant: config.tenant,
    latenessMs: config.ingest.latenessMs,
    skewMs: config.ingest.skewMs,
    userNames: userNames(config),
    keepContent: config.ingest.keepContent,
    keepLetters: config.ingest.deadletterContent,
    agentNames: agentNames(config),
  });
}

/** How long what comes in may wait for slower readers. */
export function waitingShare({ detect }: Config): WaitingShare {
  return new WaitingShare({
    share: detect.inspection.deep.waitPercent / 100,
    savedMs: READ_ON_TOGETHER_MS,
    nowMs: () => performance.now(),
  });
}

/** As the enforcement point for Entra finds them, the other way round: one list for both directions. */
export function agentNames(config: Config): ReadonlyMap<string, string> {
  return new Map(
    config.enforce.points.flatMap((point) =>
      point.type === 'entra'
        ? point.agents.map(({ agent, servicePrincipal }): [string, string] => [servicePrincipal.toLowerCase(), agent])
        : [],
    ),
  );
}

export function createIngest({ config, drivers, log, clock, inspector }: IngestParts): Ingest {
  const intake = createIntake(config, inspector);
  const { otlp } = config.ingest;
  let source: OtlpHttpSource | undefined;
  let streams: Source[] = [];
  const share = waitingShare(config);
  const append = async (records: readonly AnyOutgoing[]): Promise<unknown> => {
    const read = [...(await share.spend((withinMs) => intake.readOn(records, withinMs)))];
    for (;;) {
      try {
        return await drivers.stream.append(read);
      } catch (error) {
        const at = error instanceof RecordTooLarge ? read.indexOf(error.record) : -1;
        const large = read[at];
        if (large === undefined || large.topic === 'deadletter') throw error;
        // Its source must not wait for ever for what the stream can never take.
        log.error({ err: error, topic: large.topic, key: large.key }, 'a record is too large and is set aside');
        read[at] = intake.tooLarge(large, error as RecordTooLarge, clock.now());
      }
    }
  };
  const startStreams = async (): Promise<void> => {
    const parts = {
      intake,
      append,
      store: drivers.store,
      log,
      now: () => clock.now(),
      eventTime: clock.kind === 'event',
    };
    for (const each of config.ingest.sources) {
      const made = await openSource(each, parts);
      streams.push(made);
      await made.start();
    }
  };
  const stopStreams = async (): Promise<void> => {
    const running = streams;
    streams = [];
    await Promise.all(running.map((each) => each.stop()));
  };
  return {
    name: 'ingest',
    intake,
    get endpoint() {
      if (!source) return undefined;
      const { address, port, family } = source.address;
      return `${otlp.tls.cert === undefined ? 'http' : 'https'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
    },
    get counters() {
      return source?.counters;
    },
    sources: () => streams.map((each) => each.facts()),
    facts: () => ({ sources: streams.map((each) => each.facts()) }),
    async start() {
      if (streams.length === 0)
        await startStreams().catch(async (error: unknown) => {
          await stopStreams();
          throw error;
        });
      if (!otlp.enabled || source) return;
      const { cert, key } = otlp.tls;
      const made = new OtlpHttpSource({
        host: otlp.host,
        port: otlp.port,
        token: otlp.token,
        tls:
          cert !== undefined && key !== undefined
            ? { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
            : undefined,
        maxBodyBytes: otlp.maxBodyBytes,
        maxPendingBytes: otlp.maxPendingBytes,
        intake,
        append,
        log,
        now: () => clock.now(),
        eventTime: clock.kind === 'event',
      });
      await made.start();
      source = made;
    },
    async stop() {
      const running = source;
      source = undefined;
      await Promise.all([running?.stop(), stopStreams()]);
    },
    unready() {
      return !otlp.enabled || source ? undefined : 'the OTLP receiver does not listen';
    },
  };
}
