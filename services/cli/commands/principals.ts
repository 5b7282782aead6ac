/** `stepdown principals`: who may ask the engine what. A token is shown once, when it is made. */
import { type Command, Option } from 'commander';
import type { Principal } from '../../../schemas/principal.js';
import type { Runner } from '../command-line.js';
import { notRunning } from '../engine-client.js';
import { collect } from '../options.js';

export function addPrincipals(program: Command, run: Runner): void {
  const principals = program.command('principals').description('who may ask the engine what');

  principals
    .command('list', { isDefault: true })
    .description('principals; tokens are never shown')
    .addHelpText('after', '\nExample:\n  stepdown principals list')
    .action(
      run(async (cli) => {
        const engine = await cli.engine();
        // Principals are loaded by an engine that runs; an empty list would be a lie.
        if (!engine.live) throw notRunning('listing principals needs a running engine');
        const found = await engine.list<Principal>('/v1/principals', {}, 1_000);
        cli.rows(
          [
            { title: 'ID', value: ({ id }) => id, whole: true },
            { title: 'NAME', value: ({ name }) => name, min: 10 },
            { title: 'ROLE', value: ({ role }) => role, whole: true },
            { title: 'AGENTS', value: ({ agents }) => agents.join(', ') || '–', min: 10 },
            {
              title: 'APPROVES AS',
              value: ({ role, soc, owns }) =>
                role === 'admin'
                  ? 'owner, soc'
                  : [...(soc === true ? ['soc'] : []), ...(owns ?? []).map((glob) => `owner of ${glob}`)].join(', ') ||
                    '–',
            },
            { title: 'SINCE', value: ({ createdAtMs }) => cli.time(createdAtMs), whole: true },
            { title: 'REVOKED', value: ({ revokedAtMs }) => (revokedAtMs === undefined ? '–' : cli.time(revokedAtMs)) },
          ],
          found,
          'No principals.',
        );
      }),
    );

  principals
    .command('add')
    .description('make a principal and show its token, once')
    .argument('<name>')
    .addOption(
      new Option('--role <role>', 'what it may do')
        .choices(['viewer', 'responder', 'author', 'admin', 'agent'])
        .makeOptionMandatory(),
    )
    .option('--agent <glob>', 'for role agent: which agents it speaks for; may be given several times', collect)
    .option('--soc', 'it belongs to the security team: may approve where a playbook asks for `by: soc`')
    .option('--owns <glob>', 'agents it answers for: may approve where `by: owner` is asked; several times', collect)
    .addHelpText(
      'after',
      "\nExample:\n  stepdown principals add billing-prod --role agent --agent 'billing-*'\n  stepdown principals add ann --role responder --soc --owns 'billing-*'",
    )
    .action(
      run(async (cli, name: string, options: { role: string; agent?: string[]; soc?: boolean; owns?: string[] }) => {
        const engine = await cli.engine();
        const made = await engine.post<{ id?: string; token?: string; principal?: { id: string } }>(
          '/v1/principals',
          {
            name,
            role: options.role,
            agents: options.agent ?? [],
            ...(options.soc === undefined ? {} : { soc: true }),
            ...(options.owns === undefined ? {} : { owns: options.owns }),
          },
          'adding a principal',
        );
        cli.show(made, () =>
          `${made.token ?? ''}\nPrincipal ${made.id ?? made.principal?.id ?? name} (${options.role}). The token is not shown again.`.trim(),
        );
      }),
    );

  principals
    .command('revoke')
    .description('take a principal its token; it is refused from now on')
    .argument('<id>')
    .addHelpText('after', '\nExample:\n  stepdown principals revoke 3f9a21c07be4d518')
    .action(
      run(async (cli, id: string) => {
        const engine = await cli.engine();
        const answer = await engine.delete(`/v1/principals/${encodeURIComponent(id)}`, 'revoking a principal');
        cli.show(answer ?? { id }, () => `Principal ${id} is revoked.`);
      }),
    );
}
