/** `stepdown ingest`: telemetry from a file or standard input into the engine. */
import type { Command } from 'commander';
import { createIntake } from '../../ingest/service.js';
import { readFileSource } from '../../ingest/sources/files.js';
import { WallClock } from '../../runtime/clock.js';
import { openDrivers } from '../../runtime/drivers.js';
import { silentLog } from '../../runtime/log.js';
import { printable } from '../../runtime/printable.js';
import { Progress } from '../backtest/progress.js';
import type { CommandLine, Runner } from '../command-line.js';
import { readToken } from '../engine-client.js';
import { type EngineFile, readEngineFile } from '../engine-file.js';
import { EXIT } from '../exit.js';
import { LineSender } from '../line-sender.js';
import { rawLine, RawLines } from '../raw-lines.js';

interface Taken {
  file: string;
  lines: number;
  refused: number;
  /** The first reasons, with their places. */
  reasons: string[];
  to: 'running' | 'stopped';
}

const FIRST_REASONS = 5;

export function addIngest(program: Command, run: Runner): void {
  program
    .command('ingest')
    .description('feed telemetry from a file or standard input (-) to the engine')
    .argument('<file>', '.jsonl or .jsonl.gz of OTLP requests, as a Collector writes them, or of native events')
    .option('--follow', 'go on with what is written to the file later, also when it is rotated')
    .addHelpText(
      'after',
      '\nA running engine gets the lines over its own interfaces. With none running they go into its data directory, with the place\nreached in the file, and are acted on when it starts.\n\nExample:\n  stepdown ingest traces.jsonl --follow',
    )
    .action(
      run(async (cli, file: string, options: { follow?: boolean }) => {
        const stop = new AbortController();
        const end = () => stop.abort();
        process.once('SIGINT', end).once('SIGTERM', end);
        const progress = new Progress(cli.terminal);
        const engine = readEngineFile(cli.config.dataDir);
        const common = {
          path: file,
          stdin: cli.terminal.stdin,
          signal: stop.signal,
          onProgress: progress.show.bind(progress),
          ...(options.follow ? { follow: true } : {}),
        };
        try {
          const taken =
            engine === undefined ? await intoStore(cli, file, common) : await intoEngine(cli, file, engine, common);
          progress.clear();
          cli.show(taken, () =>
            [
              `${taken.lines} lines of ${file} ${taken.to === 'running' ? 'were taken by the engine' : `lie in ${cli.config.dataDir} and are acted on by the next \`stepdown up\``}${taken.refused > 0 ? `; ${taken.refused} refused:` : '.'}`,
              ...taken.reasons.map((reason) => `  ${printable(reason)}`),
            ].join('\n'),
          );
          return taken.refused > 0 ? EXIT.problems : EXIT.ok;
        } finally {
          progress.clear();
          process.off('SIGINT', end).off('SIGTERM', end);
        }
      }),
    );
}

type Common = Pick<Parameters<typeof readFileSource>[0], 'path' | 'stdin' | 'signal' | 'onProgress' | 'follow'>;

async function intoStore(cli: CommandLine, file: string, common: Common): Promise<Taken> {
  const clock = new WallClock();
  const drivers = await openDrivers(cli.config, silentLog(), clock);
  const reasons: string[] = [];
  try {
    const read = await readFileSource({
      ...common,
      intake: createIntake(cli.config),
      store: drivers.store,
      now: () => clock.now(),
      append: async (records) => {
        for (const { topic, value } of records)
          if (topic === 'deadletter' && reasons.length < FIRST_REASONS)
            reasons.push(`${value.source}: ${value.reason.text}`);
        await drivers.stream.append(records);
      },
    });
    return { file, lines: read.lines, refused: read.refused, reasons, to: 'stopped' };
  } finally {
    await drivers.close();
  }
}

async function intoEngine(cli: CommandLine, file: string, engine: EngineFile, common: Common): Promise<Taken> {
  const sender = new LineSender({
    gatewayUrl: engine.gatewayUrl,
    otlpUrl: engine.otlpUrl,
    token: readToken(cli.config),
    otlpToken: cli.config.ingest.otlp.token,
  });
  const reasons: string[] = [];
  let refused = 0;
  const note = (count: number, reason: string | undefined): void => {
    refused += count;
    if (count > 0 && reasons.length < FIRST_REASONS) reasons.push(reason ?? 'refused');
  };
  const read = await readFileSource({
    ...common,
    intake: new RawLines(cli.config.tenant),
    now: () => cli.nowMs(),
    append: async (records) => {
      for (const { topic, value } of records) {
        if (topic === 'telemetry') {
          const outcome = await sender.send(rawLine(value));
          note(outcome.refused, outcome.reason);
        } else if (topic === 'deadletter') note(1, `${value.source}: ${value.reason.text}`);
      }
    },
  });
  return { file, lines: read.lines, refused, reasons, to: 'running' };
}
