/** `stepdown precision`: how often detectors and playbooks were right, by the verdicts people gave. */
import type { Command } from 'commander';
import type { Incident } from '../../../schemas/incident.js';
import { precisionOf } from '../../gateway/precision.js';
import type { CommandLine, Runner } from '../command-line.js';
import { limitOption } from '../options.js';

export function addPrecision(program: Command, run: Runner): void {
  program
    .command('precision')
    .description('how often each detector and playbook was right, by the verdicts people gave')
    .addOption(limitOption(5_000))
    .addHelpText('after', '\nVerdicts are given with `stepdown incidents close`.\n\nExample:\n  stepdown precision')
    .action(
      run(async (cli: CommandLine, options: { limit: number }) => {
        const engine = await cli.engine();
        const rows = precisionOf(await engine.list<Incident>('/v1/incidents', {}, options.limit));
        const percent = (share: number | null) => (share === null ? '–' : `${Math.round(share * 100)}%`);
        cli.rows(
          [
            { title: 'OF', value: ({ kind }) => kind, whole: true },
            { title: 'NAME', value: ({ name }) => name, min: 20 },
            { title: 'PRECISION', value: ({ precision }) => percent(precision), align: 'right', whole: true },
            {
              title: '95%',
              value: ({ low, high }) => (low === null ? '–' : `${percent(low)}–${percent(high)}`),
              whole: true,
            },
            { title: 'TRUE', value: (row) => String(row.true), align: 'right' },
            { title: 'FALSE', value: (row) => String(row.false), align: 'right' },
            { title: 'BENIGN', value: (row) => String(row.benign), align: 'right' },
            { title: 'UNJUDGED', value: (row) => String(row.unjudged), align: 'right' },
          ],
          rows,
          'No incidents, so nothing to judge by.',
        );
      }),
    );
}
