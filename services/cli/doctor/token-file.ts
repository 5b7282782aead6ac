/** Whether the operator's token can be read by others. */
import { existsSync, statSync } from 'node:fs';
import { type Check, ok, problem } from './finding.js';

export function tokenFileCheck(path: string): Check[] {
  if (!existsSync(path)) return [];
  const mode = statSync(path).mode & 0o777;
  return [
    (mode & 0o077) === 0
      ? ok('token file', path)
      : problem(
          'token file',
          `${path} can be read by others (mode ${mode.toString(8)})`,
          'run chmod 600 on it and revoke the token',
        ),
  ];
}
