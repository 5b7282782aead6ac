/** `stepdown playbook new`: a draft to begin from, or one that would have met an incident, checked and tested at once. */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Incident } from '../../../schemas/incident.js';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { describeDiagnostic } from '../../respond/playbook/diagnostic.js';
import { playbookFromIncident, templatePlaybook } from '../../respond/playbook/draft.js';
import { compilePlaybooks } from '../../respond/playbook/load.js';
import { testPlaybook } from '../../respond/playbook/rehearsal.js';
import { StepdownError } from '../../runtime/errors.js';
import { packageRoot } from '../../runtime/package-root.js';
import type { Runner } from '../command-line.js';
import { EXIT } from '../exit.js';

export function addPlaybookNew(playbook: Command, run: Runner): void {
  playbook
    .command('new')
    .description('write a draft of a playbook')
    .argument('<id>', 'its id; letters, digits, dots, dashes')
    .option('--from-incident <id>', 'propose one that would have met this incident')
    .option('--out <file>', 'where to write it; default: ID.yaml here')
    .addHelpText(
      'after',
      '\nExample:\n  stepdown playbook new mail-after-injection\n  stepdown playbook new like-yesterday --from-incident 5f2c',
    )
    .action(
      run(async (cli, id: string, options: { fromIncident?: string; out?: string }) => {
        const file = resolve(options.out ?? `${id}.yaml`);
        if (existsSync(file))
          throw new StepdownError('usage', `${file} is there already`, { mend: 'give another --out' });
        const schema = relative(dirname(file), join(packageRoot(), 'schemas', 'json', 'playbook.json'));
        const text =
          options.fromIncident === undefined
            ? templatePlaybook(id, schema)
            : playbookFromIncident(
                id,
                await (await cli.engine()).one<Incident>('/v1/incidents', options.fromIncident),
                schema,
              );
        const { playbooks, diagnostics } = compilePlaybooks([{ file, text }], undefined, {
          findingTypes: FINDING_TYPES,
        });
        const [made] = playbooks;
        if (made === undefined)
          throw new StepdownError('usage', diagnostics.map(describeDiagnostic).join('; '), {
            mend: 'choose another id',
          });
        writeFileSync(file, text);
        const results = made.tests.map((test) => testPlaybook(made, test));
        const failed = results.filter(({ passed }) => !passed);
        cli.show({ file, playbook: made.id, diagnostics, results }, () =>
          [
            ...diagnostics.map(describeDiagnostic),
            `${file} is written; ${results.length - failed.length} of its ${results.length} tests pass.`,
            ...failed.flatMap(({ test, faults }) =>
              faults.map(({ expected, got }) => `  ${test}: expected ${expected}, got ${got}`),
            ),
            `Next: stepdown playbook check ${file}, then test it, then play it to your history: stepdown backtest --telemetry … --playbooks ${file}`,
          ].join('\n'),
        );
        return failed.length > 0 ? EXIT.problems : EXIT.ok;
      }),
    );
}
