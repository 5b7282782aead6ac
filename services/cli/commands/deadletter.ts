/** `stepdown deadletter`: what could not be read, and trying it again. */
import type { Command } from 'commander';
import type { DeadLetter } from '../../../schemas/deadletter.js';
import { printable } from '../../runtime/printable.js';
import type { Runner } from '../command-line.js';
import { limitOption } from '../options.js';
import { facts } from '../table.js';

export function addDeadletter(program: Command, run: Runner): void {
  const deadletter = program.command('deadletter').description('what could not be read');

  deadletter
    .command('list', { isDefault: true })
    .description('dead letters, newest first')
    .addOption(limitOption())
    .addHelpText('after', '\nExample:\n  stepdown deadletter list --limit 20')
    .action(
      run(async (cli, options: { limit: number }) => {
        const engine = await cli.engine();
        const found = await engine.list<DeadLetter>('/v1/deadletter', {}, options.limit);
        cli.rows(
          [
            { title: 'ID', value: ({ id }) => id.slice(0, 12), whole: true },
            { title: 'TIME', value: ({ atMs }) => cli.time(atMs), whole: true },
            { title: 'SOURCE', value: ({ source }) => source, min: 12 },
            { title: 'CODE', value: ({ reason }) => reason.code, min: 10 },
            {
              title: 'REASON',
              value: ({ reason }) => `${reason.pointer === undefined ? '' : `${reason.pointer}: `}${reason.text}`,
              min: 20,
            },
            { title: 'KEPT', value: ({ redacted }) => (redacted ? 'redacted' : 'whole'), whole: true },
          ],
          found,
          'No dead letters.',
        );
      }),
    );

  deadletter
    .command('show')
    .description('one dead letter with what is kept of it')
    .argument('<id>', 'its id, or the beginning of it')
    .addHelpText('after', '\nExample:\n  stepdown deadletter show 1d0f')
    .action(
      run(async (cli, id: string) => {
        const engine = await cli.engine();
        const letter = await engine.one<DeadLetter>('/v1/deadletter', id);
        cli.show(
          letter,
          () =>
            `${facts(
              [
                ['id', letter.id],
                ['time', cli.time(letter.atMs)],
                ['source', letter.source],
                ['reason', `${letter.reason.code}: ${letter.reason.text}`],
                ['place', letter.reason.pointer],
                ['format', letter.format],
                [
                  'kept',
                  letter.redacted ? 'redacted; set ingest.deadletterContent to keep what comes next whole' : 'whole',
                ],
              ],
              cli.terminal.paint,
            )}${letter.payload === undefined ? '' : `\n\n${printableJson(letter.payload)}`}`,
        );
      }),
    );

  deadletter
    .command('retry')
    .description('read a dead letter again; needs one that was kept whole')
    .argument('<id>', 'its id, or the beginning of it')
    .addHelpText('after', '\nExample:\n  stepdown deadletter retry 1d0f')
    .action(
      run(async (cli, id: string) => {
        const engine = await cli.engine();
        const { id: whole } = await engine.one<DeadLetter>('/v1/deadletter', id);
        const answer = await engine.post(
          `/v1/deadletter/${encodeURIComponent(whole)}/retry`,
          {},
          'retrying a dead letter',
        );
        cli.show(answer ?? { id: whole }, () => `Dead letter ${whole} was read again.`);
      }),
    );
}

function printableJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).split('\n').map(printable).join('\n');
}
