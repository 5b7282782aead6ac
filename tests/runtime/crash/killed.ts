/** Starts a compiled child and kills it, without a word of warning, some time after its first sign of life. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Ended {
  /** The lines it wrote before it was gone. */
  lines: string[];
  killed: boolean;
}

/** @param afterMs from its first line on; `Infinity` lets it end by itself */
export function runAndKill(compiled: string, script: string, args: readonly string[], afterMs: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [join(compiled, 'tests/runtime/crash', script), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    let trouble = '';
    let timer: NodeJS.Timeout | undefined;
    child.stderr?.on('data', (chunk: Buffer) => (trouble += chunk.toString()));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (afterMs < Infinity) timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal !== 'SIGKILL' && code !== 0) reject(new Error(`the child ended with ${code}: ${trouble}`));
      // A line that was cut off was not said.
      else resolve({ lines: text.split('\n').slice(0, -1), killed: signal === 'SIGKILL' });
    });
  });
}
