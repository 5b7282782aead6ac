/** What a command may say and ask of the world; tests give their own. */
import type { Readable, Writable } from 'node:stream';

export const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
} as const;
export type Style = keyof typeof STYLES;
export type Paint = (style: Style, text: string) => string;

export interface Terminal {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Columns; `undefined` where the output is no terminal. */
  width: number | undefined;
  /** Whether stderr shows progress. */
  interactive: boolean;
  paint: Paint;
}

export const plain: Paint = (_style, text) => text;
export const coloured: Paint = (style, text) => {
  const [on, off] = STYLES[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};

/** The process's own. `hasColors` heeds NO_COLOR, FORCE_COLOR and TERM (Node, tty.WriteStream). */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    stdin,
    stdout,
    stderr,
    width: stdout.isTTY ? stdout.columns : undefined,
    interactive: stderr.isTTY === true,
    paint: stdout.isTTY && stdout.hasColors() ? coloured : plain,
  };
}
