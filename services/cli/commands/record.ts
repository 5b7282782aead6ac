/** `stepdown record`: the telemetry that the engine keeps, as a recording for backtest, diff, promote and except. */
import { createWriteStream } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Command } from 'commander';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { matchesAnyGlob } from '../../policy/glob.js';
import { WallClock } from '../../runtime/clock.js';
import { hasContent } from '../../runtime/content.js';
import { openDrivers } from '../../runtime/drivers.js';
import { StepdownError } from '../../runtime/errors.js';
import { silentLog } from '../../runtime/log.js';
import type { Stream } from '../../runtime/stream/types.js';
import type { CommandLine, Runner } from '../command-line.js';
import { EXIT } from '../exit.js';

const PAGE = 1_000;

interface Options {
  since: string;
  agents?: string;
}

export interface Recorded {
  events: number;
  /** Of them without what was said, since it is not kept or not kept as long. */
  bare: number;
}

export function addRecord(program: Command, run: Runner): void {
  program
    .command('record')
    .description('write the telemetry that the engine keeps to a file, for backtest, diff, promote and except')
    .argument('<file>', '.jsonl or .jsonl.gz; - for standard output')
    .option('--since <duration>', 'how far back', '7d')
    .option('--agents <names>', 'only of these, comma-separated; `*` is any run of characters')
    .addHelpText(
      'after',
      '\nThe engine may run meanwhile. The file holds what people and tools wrote, and is for you alone (mode 0600). What is kept, and how long:\n`retention.telemetry`, `retention.content` and `ingest.keepContent`.\n\nExample:\n  stepdown record --since 7d recorded.jsonl.gz\n  stepdown backtest --telemetry recorded.jsonl.gz',
    )
    .action(
      run(async (cli, file: string, options: Options) => {
        const sinceMs = cli.nowMs() - cli.length(options.since, '--since');
        const names = options.agents?.split(',').map((name) => name.trim());
        const drivers = await openDrivers(cli.config, silentLog(), new WallClock(), { readOnly: true });
        const recorded: Recorded = { events: 0, bare: 0 };
        try {
          const fits = ({ timeMs, agent }: TelemetryEvent) =>
            timeMs >= sinceMs && (names === undefined || matchesAnyGlob(names, agent.id));
          const lines = linesOf(drivers.stream, fits, recorded);
          if (file === '-') for await (const line of lines) cli.terminal.stdout.write(line);
          else await written(lines, file);
        } finally {
          await drivers.close();
        }
        if (file !== '-') tell(cli, file, options.since, recorded);
        return recorded.events === 0 ? EXIT.notFound : EXIT.ok;
      }),
    );
}

function tell(cli: CommandLine, file: string, since: string, recorded: Recorded): void {
  cli.show({ file, ...recorded }, () =>
    [
      `${recorded.events} events of the last ${since} are in ${file}.`,
      ...(recorded.bare === 0
        ? []
        : [
            `${recorded.bare} of them are kept without content: detectors that read texts say nothing of those (retention.content, ingest.keepContent).`,
          ]),
    ].join('\n'),
  );
}

async function* linesOf(
  stream: Stream,
  fits: (event: TelemetryEvent) => boolean,
  recorded: Recorded,
): AsyncGenerator<string> {
  for (const { partition, start, end } of await stream.state('telemetry')) {
    for (let from = start; from < end;) {
      const records = await stream.read('telemetry', { partition, from, limit: PAGE });
      for (const { value } of records) {
        if (!fits(value)) continue;
        recorded.events += 1;
        if (!hasContent(value)) recorded.bare += 1;
        yield `${JSON.stringify(asSent(value))}\n`;
      }
      const last = records.at(-1);
      if (last === undefined) break;
      from = last.offset + 1;
    }
  }
}

/** Without what reading it made of it: a backtest reads it anew, with what there is then. */
function asSent(event: TelemetryEvent): object {
  const { inspections: _, replyTo: __, streamKey: ___, ...rest } = event;
  return rest;
}

async function written(lines: AsyncIterable<string>, file: string): Promise<void> {
  const out: Writable = createWriteStream(file, { mode: 0o600 });
  try {
    if (file.endsWith('.gz')) await pipeline(Readable.from(lines), createGzip(), out);
    else await pipeline(Readable.from(lines), out);
  } catch (error) {
    if (error instanceof StepdownError) throw error;
    throw new StepdownError('driver-unavailable', `${file} cannot be written`, { place: { file }, cause: error });
  }
}
