/** Takes telemetry in over OTLP/HTTP, and files on request. */
import { readFile } from 'node:fs/promises';
import { createInspector, type Inspector } from '../inspect/inspect-text.js';
import type { Clock } from '../runtime/clock.js';
import type { Config } from '../runtime/config.js';
import type { Drivers } from '../runtime/drivers.js';
import type { Log } from '../runtime/log.js';
import { userNames } from '../runtime/pseudonyms.js';
import type { Service } from '../runtime/service.js';
import { Intake } from './intake.js';
import { OtlpHttpSource } from './sources/otlp-http.js';

export interface IngestParts {
  config: Config;
  drivers: Pick<Drivers, 'stream'>;
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
  });
}

export function createIngest({ config, drivers, log, clock, inspector }: IngestParts): Ingest {
  const intake = createIntake(config, inspector);
  const { otlp } = config.ingest;
  let source: OtlpHttpSource | undefined;
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
    async start() {
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
        append: (records) => drivers.stream.append(records),
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
      await running?.stop();
    },
    unready() {
      return !otlp.enabled || source ? undefined : 'the OTLP receiver does not listen';
    },
  };
}
