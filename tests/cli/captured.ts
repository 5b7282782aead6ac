/** Runs one command line in this process and keeps what it says. */
import { Readable, Writable } from 'node:stream';
import type { ExitCode } from '../../services/cli/exit.js';
import { runCommandLine } from '../../services/cli/program.js';
import { plain, type Terminal } from '../../services/cli/terminal.js';

export interface Said {
  code: ExitCode;
  out: string;
  err: string;
}

export function captured(options: Partial<Terminal> = {}): {
  terminal: Terminal;
  out: () => string;
  err: () => string;
} {
  const parts = { out: '', err: '' };
  const sink = (name: keyof typeof parts) =>
    new Writable({
      write: (chunk, _encoding, done) => {
        parts[name] += String(chunk);
        done();
      },
    });
  const terminal: Terminal = {
    stdin: Readable.from([]),
    stdout: sink('out'),
    stderr: sink('err'),
    width: undefined,
    interactive: false,
    paint: plain,
    ...options,
  };
  return { terminal, out: () => parts.out, err: () => parts.err };
}

export async function stepdown(args: readonly string[], options: Partial<Terminal> = {}): Promise<Said> {
  const { terminal, out, err } = captured(options);
  const code = await runCommandLine(args, terminal);
  return { code, out: out(), err: err() };
}
