/** `stepdown audit`: who did what, and why; and whether anybody changed it since. */
import type { Command } from 'commander';
import type { AuditEntry } from '../../../schemas/audit.js';
import type { Runner } from '../command-line.js';
import { EXIT } from '../exit.js';
import { collect, limitOption } from '../options.js';

interface Verification {
  ok: boolean;
  intact: number;
  amended: number;
  unsealed: number;
  faults: { fault: string; partition: number; offset: number; entryId?: string; text: string }[];
  anchors: string[];
}

export function addAudit(program: Command, run: Runner): void {
  const audit = program.command('audit').description('who did what, and why; and whether it is as it was written');

  audit
    .command('list', { isDefault: true })
    .description('manual acts and changes of what is enforced, newest first')
    .option('--by <name>', 'only by this principal')
    .option('--act <name>', 'only of this kind, e.g. contraction.lift')
    .option('--subject <id>', 'only about this contraction, incident, approval …')
    .addOption(limitOption())
    .addHelpText('after', '\nExample:\n  stepdown audit list --act contraction.lift')
    .action(
      run(async (cli, options: { by?: string; act?: string; subject?: string; limit: number }) => {
        const engine = await cli.engine();
        const { by, act, subject, limit } = options;
        cli.rows(
          [
            { title: 'TIME', value: ({ atMs }) => cli.time(atMs), whole: true },
            { title: 'BY', value: (row) => row.by, min: 10 },
            { title: 'ACT', value: (row) => row.act, whole: true },
            { title: 'SUBJECT', value: (row) => row.subject, min: 12 },
            { title: 'OUTCOME', value: ({ outcome }) => outcome, min: 10 },
            { title: 'REASON', value: ({ reason }) => reason, min: 20 },
          ],
          await engine.list<AuditEntry>('/v1/audit', { by, act, subject }, limit),
          'No entries.',
        );
      }),
    );

  audit
    .command('verify')
    .description('check the keyed hash chain over all entries that are kept; exit code 1 where one was changed')
    .option('--anchor <anchor>', 'a head that was kept outside; the chain must contain it; several times', collect)
    .addHelpText('after', '\nExample:\n  stepdown audit verify --anchor "$(cat last-months-head)"')
    .action(
      run(async (cli, options: { anchor?: string[] }) => {
        const engine = await cli.engine();
        const anchors = (options.anchor ?? []).map((anchor) => `anchor=${encodeURIComponent(anchor)}`).join('&');
        const found = await engine.get<Verification>(`/v1/audit/verify${anchors === '' ? '' : `?${anchors}`}`);
        cli.show(found, () => {
          const lines = found.faults.map(
            ({ fault, partition, offset, entryId, text }) =>
              `${fault}  audit/${partition}@${offset}${entryId === undefined ? '' : ` ${entryId}`}: ${text}`,
          );
          const amended = found.amended === 0 ? '' : `, ${found.amended} of them changed by forgetting a user`;
          const unsealed = found.unsealed === 0 ? '' : `; ${found.unsealed} not sealed yet`;
          lines.push(`${found.ok ? 'Intact' : 'NOT intact'}: ${found.intact} entries as sealed${amended}${unsealed}.`);
          if (found.ok && found.anchors.length > 0)
            lines.push('Keep this head outside, to show later that nothing was cut off:', ...found.anchors);
          return lines.join('\n');
        });
        return found.ok ? EXIT.ok : EXIT.problems;
      }),
    );

  audit
    .command('head')
    .description('the newest seal, to be kept outside: one line a partition')
    .addHelpText('after', '\nExample:\n  stepdown audit head >> /mnt/worm/stepdown-heads')
    .action(
      run(async (cli) => {
        const engine = await cli.engine();
        const { items } = await engine.get<{ items: { anchor: string }[] }>('/v1/audit/head');
        cli.show(items, () => items.map(({ anchor }) => anchor).join('\n') || 'Nothing is sealed yet.');
      }),
    );
}
