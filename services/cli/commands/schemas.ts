/** `stepdown schemas`: the JSON Schemas of everything that is printed with --json, for editors and other languages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { StepdownError } from '../../runtime/errors.js';
import { packageRoot } from '../../runtime/package-root.js';
import type { Runner } from '../command-line.js';

export function addSchemas(program: Command, run: Runner): void {
  program
    .command('schemas')
    .description('list the JSON Schemas, or print one')
    .argument('[name]', 'e.g. Incident')
    .addHelpText('after', '\nExample:\n  stepdown schemas Incident')
    .action(
      run((cli, name: string | undefined) => {
        const folder = join(packageRoot(), 'schemas', 'json');
        const names = readdirSync(folder)
          .filter((file) => file.endsWith('.json'))
          .map((file) => file.replace(/(\.schema)?\.json$/, ''));
        if (name === undefined) {
          cli.show(names, () => names.join('\n'));
          return;
        }
        const found = names.find((known) => known.toLowerCase() === name.toLowerCase());
        if (found === undefined)
          throw new StepdownError('not-found', `there is no schema ${JSON.stringify(name)}`, {
            mend: `one of ${names.join(', ')}`,
          });
        const file = readdirSync(folder).find((each) => each.replace(/(\.schema)?\.json$/, '') === found);
        cli.print(readFileSync(join(folder, file ?? ''), 'utf8').trimEnd());
      }),
    );
}
