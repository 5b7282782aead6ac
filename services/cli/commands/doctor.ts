/** `stepdown doctor`: what is wrong here, and how to mend it. The checks are in ../doctor/. */
import type { Command } from 'commander';
import type { Runner } from '../command-line.js';
import { examine } from '../doctor/examination.js';
import type { Check } from '../doctor/finding.js';
import { EXIT } from '../exit.js';
import { table } from '../table.js';
import type { Style } from '../terminal.js';

const STYLE: Record<Check['status'], Style> = { ok: 'green', warning: 'yellow', problem: 'red' };

export function addDoctor(program: Command, run: Runner): void {
  program
    .command('doctor')
    .description('look for what is wrong: configuration, files, playbooks, Kafka, Redis, sources, the running engine')
    .addHelpText(
      'after',
      '\nEach finding says how to mend it. Exit code 1 where there is a problem. In Redis it writes one document of its own and\ndeletes it; else nothing is changed.\n\nExample:\n  stepdown doctor --config stepdown.yaml',
    )
    .action(
      run(async (cli) => {
        const checks = await examine(cli);
        cli.show(checks, () =>
          table(
            [
              { title: 'CHECK', value: ({ check }) => check, whole: true },
              {
                title: 'STATUS',
                value: ({ status }) => status,
                whole: true,
                paint: (text, { status }, paint) => paint(STYLE[status], text),
              },
              {
                title: 'DETAIL',
                value: ({ detail, mend }) => (mend === undefined ? detail : `${detail}: ${mend}`),
                min: 40,
              },
            ],
            checks,
            // A cut-off mend helps nobody: details keep their whole length.
            { ...cli.terminal, width: undefined },
          ),
        );
        return checks.some(({ status }) => status === 'problem') ? EXIT.problems : EXIT.ok;
      }),
    );
}
