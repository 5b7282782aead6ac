/** `stepdown ingest`: telemetry from a file or standard input into the engine. */
import type { Command } from 'commander';
import { printable } from '../../runtime/printable.js';
import { Progress } from '../backtest/progress.js';
import type { Runner } from '../command-line.js';
import { readEngineFile } from '../../runtime/engine-file.js';
import { EXIT } from '../exit.js';

export function addIngest(program: Command, run: Runner): void {
  program
    .command('ingest')
    .description('feed telemetry from a file or standard input (-) to the engine')
    .argument(
      '<file>',
      '.jsonl or .jsonl.gz of OTLP requests, as a Collector writes them, of native events, or of Azure records',
    )
    .option('--follow', 'go on with what is written to the file later, also when it is rotated')
    .addHelpText(
      'after',
      '\nA running engine gets the lines over its own interfaces. With none running they go into its data directory, with the place\nreached in the file, and are acted on when it starts.\n\nExample:\n  stepdown ingest traces.jsonl --follow',
    )
    .action(
      run(async (cli, file: string, options: { follow?: boolean }) => {
        const { intoEngine, intoStore } = await import('../feeding.js');
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
