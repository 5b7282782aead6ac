/** The engine's own log, on standard error. Secrets are never in it, whoever logs what. */
import { hostname } from 'node:os';
import { trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from './config.js';
import { prettyLine } from './pretty-line.js';

export type Log = Logger;

/** Names of fields whose values are removed wherever they stand up to three levels deep. */
export const SECRET_FIELDS: readonly string[] = [
  'token',
  'secret',
  'password',
  'authorization',
  'cookie',
  'apiKey',
  'connectionString',
  'clientSecret',
  'privateKey',
  'pseudonymKey',
];
const PATHS = SECRET_FIELDS.flatMap((name) =>
  ['', '*.', '*.*.', '*.*.*.'].flatMap((depth) =>
    [name, name.toLowerCase(), capital(name)].map((spelling) => `${depth}${spelling}`),
  ),
);

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export interface LogOptions {
  /** Where lines go. Default: standard error, written at once, so that the last words before an end are not lost. */
  destination?: DestinationStream;
}

/** A log as the configuration wants it. Levels and formats: see `log` in docs/configuration.md. */
export function createLog(config: Pick<Config, 'log' | 'timezone'>, options: LogOptions = {}): Log {
  const out = options.destination ?? pino.destination({ fd: 2, sync: true });
  const destination: DestinationStream =
    config.log.format === 'json' ? out : { write: (line: string) => out.write(prettyLine(line, config.timezone)) };
  return pino(
    {
      level: config.log.level,
      // Of many processes, which one says so; of many pieces of work, which one it is about.
      base: config.log.format === 'json' ? { instance: `${hostname()}/${process.pid}` } : null,
      mixin: spanIds,
      redact: { paths: [...new Set(PATHS)], censor: '[hidden]' },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    },
    destination,
  );
}

/** Where this work is traced, its ids, so that log and trace are found from each other. */
function spanIds(): { traceId?: string; spanId?: string } {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId };
}

/** A log that says nothing, for tests and libraries. */
export function silentLog(): Log {
  return pino({ level: 'silent' });
}
