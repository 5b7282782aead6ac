/** What every command is given: the configuration, the engine, the terminal, and one way to print. */
import type { Command } from 'commander';
import { type Config, loadConfig } from '../runtime/config.js';
import { EngineClient, liveWire, type Wire } from './engine-client.js';
import type { ExitCode } from './exit.js';
import { parseLength } from './control-argument.js';
import { type Column, table } from './table.js';
import type { Terminal } from './terminal.js';
import { type TimeFormat, timeFormat } from './time.js';

/** The options every command has. */
export interface GlobalOptions {
  config?: string;
  dataDir?: string;
  timezone?: string;
  json?: boolean;
  verbose?: boolean;
}

export class CommandLine {
  readonly terminal: Terminal;
  readonly options: GlobalOptions;
  #config: Config | undefined;
  #time: TimeFormat | undefined;
  #engine: EngineClient | undefined;

  constructor(terminal: Terminal, options: GlobalOptions) {
    this.terminal = terminal;
    this.options = options;
  }

  get json(): boolean {
    return this.options.json === true;
  }

  /** Throws `config-invalid`. */
  get config(): Config {
    const { config: file, dataDir } = this.options;
    this.#config ??= loadConfig({
      ...(file === undefined ? {} : { file }),
      overrides: dataDir === undefined ? {} : { dataDir },
    });
    return this.#config;
  }

  get time(): TimeFormat {
    this.#time ??= timeFormat(this.options.timezone ?? this.config.timezone);
    return this.#time;
  }

  /** Milliseconds of a duration given to an option. Throws `usage`. */
  length(text: string, option: string): number {
    return parseLength(text, option);
  }

  nowMs(): number {
    return Date.now();
  }

  /** The running engine, else a view of what a stopped one left. */
  async engine(): Promise<EngineClient> {
    this.#engine ??= new EngineClient(liveWire(this.config) ?? (await stopped(this.config)));
    return this.#engine;
  }

  async close(): Promise<void> {
    await this.#engine?.close();
  }

  print(text: string): void {
    this.terminal.stdout.write(`${text}\n`);
  }

  note(text: string): void {
    this.terminal.stderr.write(`${text}\n`);
  }

  /** One JSON document with `--json`, else the text. */
  show(value: unknown, text: () => string): void {
    this.print(this.json ? JSON.stringify(value, undefined, 2) : text());
  }

  /** A list: a JSON array with `--json`, else a table, else a sentence. */
  rows<Row>(columns: readonly Column<Row>[], rows: readonly Row[], none: string): void {
    this.show(rows, () => (rows.length === 0 ? none : table(columns, rows, this.terminal)));
  }
}

/** Loaded when it is needed: it brings the drivers and the gateway with it. */
async function stopped(config: Config): Promise<Wire> {
  const { offlineWire } = await import('./offline-wire.js');
  return offlineWire(config);
}

type Handler<Args extends unknown[]> = (cli: CommandLine, ...args: Args) => Promise<ExitCode | void> | ExitCode | void;
export type Runner = <Args extends unknown[]>(handler: Handler<Args>) => (...args: [...Args, Command]) => Promise<void>;

/** Makes commander actions of handlers: builds the command line, closes it, and keeps the exit code. */
export function runner(terminal: Terminal, exit: (code: ExitCode) => void): Runner {
  return (handler) =>
    async (...args) => {
      const command = args.at(-1) as Command;
      const cli = new CommandLine(terminal, command.optsWithGlobals<GlobalOptions>());
      try {
        const code = await handler(...([cli, ...args.slice(0, -1)] as unknown as Parameters<typeof handler>));
        if (code !== undefined) exit(code);
      } finally {
        await cli.close();
      }
    };
}
