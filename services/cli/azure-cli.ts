/** Calls the user's own `az`: no shell, no credentials of ours, its words shown as they are. */
import { spawn } from 'node:child_process';
import { StepdownError } from '../runtime/errors.js';

/** What it printed. Throws `not-found` where there is no `az`, `input-refused` where it says no. */
export async function runAz(args: readonly string[], program = 'az'): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'ENOENT'
          ? new StepdownError('not-found', 'the Azure CLI is not installed', {
              mend: 'install it, or deploy the rendered azuredeploy.json in the portal',
              cause,
            })
          : new StepdownError('driver-unavailable', `az could not be run: ${cause.message}`, { cause }),
      ),
    );
    child.on('close', (code, signal) => {
      if (code === 0) resolve(out);
      else
        reject(
          new StepdownError(
            'input-refused',
            `az ended with ${code ?? signal ?? 'nothing'}: ${err.trim().slice(-2_000) || 'no reason given'}`,
          ),
        );
    });
  });
}
