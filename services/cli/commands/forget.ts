/** `stepdown forget --user`: removes what is kept of a person. */
import type { Command } from 'commander';
import type { Runner } from '../command-line.js';

/** What the API says of it. */
interface Forgotten {
  pseudonym: string;
  lifted: number;
  documents: number;
  records: Record<string, number>;
  remaining: { where: string; why: string }[];
}

export function addForget(program: Command, run: Runner): void {
  program
    .command('forget')
    .description('remove what is kept of a user: ids become a pseudonym, texts go')
    .requiredOption('--user <id>', 'the user id, as telemetry names it')
    .option('--reason <text>', 'why; kept in the audit stream', 'requested by the user')
    .addHelpText('after', '\nExample:\n  stepdown forget --user emma@contoso.example')
    .action(
      run(async (cli, options: { user: string; reason: string }) => {
        const engine = await cli.engine();
        const answer = await engine.delete<Forgotten>(
          `/v1/users/${encodeURIComponent(options.user)}`,
          'forgetting a user',
          { reason: options.reason },
        );
        cli.show(answer, () =>
          [
            `The user is ${answer.pseudonym} from now on.`,
            `Restrictions lifted: ${answer.lifted}. Documents changed: ${answer.documents}. Records changed: ${
              Object.entries(answer.records)
                .map(([topic, count]) => `${count} of ${topic}`)
                .join(', ') || 'none'
            }.`,
            'What remains:',
            ...answer.remaining.map(({ where, why }) => `  ${where}: ${why}`),
          ].join('\n'),
        );
      }),
    );
}
