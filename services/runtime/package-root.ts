/** Where this package lies, from the compiled files as well as from the sources: its playbooks ship beside them. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StepdownError } from './errors.js';

/** The nearest folder above this file that holds a `package.json`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    const parent = dirname(folder);
    if (parent === folder) {
      throw new StepdownError('not-found', 'the installed package has no package.json', {
        mend: 'install stepdown again',
      });
    }
    folder = parent;
  }
}

/** The folder of the playbooks that ship. */
export function shippedPlaybooks(): string {
  return join(packageRoot(), 'playbooks');
}

/** The version of the installed package. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return version;
}
