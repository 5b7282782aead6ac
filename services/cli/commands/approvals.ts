/** `stepdown approvals`: calls that wait for a person. */
import { type Command, Option } from 'commander';
import type { Approval } from '../../../schemas/approval.js';
import type { Runner } from '../command-line.js';
import { limitOption, reasonOption } from '../options.js';
import { relative } from '../time.js';

export function addApprovals(program: Command, run: Runner): void {
  const approvals = program.command('approvals').description('calls that wait for a person');

  approvals
    .command('list', { isDefault: true })
    .description('approvals that wait; with --state others')
    .addOption(
      new Option('--state <state>', 'only these')
        .choices(['pending', 'approved', 'denied', 'expired'])
        .default('pending'),
    )
    .addOption(limitOption())
    .addHelpText('after', '\nExample:\n  stepdown approvals list')
    .action(
      run(async (cli, options: { state: string; limit: number }) => {
        const engine = await cli.engine();
        const found = await engine.list<Approval>('/v1/approvals', { state: options.state }, options.limit);
        const nowMs = cli.nowMs();
        cli.rows(
          [
            { title: 'ID', value: ({ id }) => id.slice(0, 12), whole: true },
            { title: 'STATE', value: ({ state }) => state, whole: true },
            { title: 'AGENT', value: ({ agentId }) => agentId, min: 10 },
            { title: 'TOOL', value: ({ tool }) => tool, min: 10 },
            { title: 'ARGUMENTS', value: ({ argumentsPreview }) => argumentsPreview ?? '–', min: 16 },
            {
              title: 'WAITS FOR',
              value: ({ state, by, consents }) =>
                state !== 'pending'
                  ? '–'
                  : by?.filter((group) => !consents?.some(({ as }) => as === group)).join(', ') || 'anyone',
            },
            { title: 'WHY', value: ({ reason }) => reason, min: 16 },
            {
              title: 'EXPIRES',
              value: ({ state, expiresAtMs }) => (state === 'pending' ? relative(expiresAtMs, nowMs) : '–'),
              align: 'right',
              whole: true,
            },
          ],
          found,
          options.state === 'pending' ? 'No call waits for a person.' : `No approval is ${options.state}.`,
        );
      }),
    );

  for (const [verb, done, text] of [
    ['approve', 'approved', 'let the call run, once, with these arguments'],
    ['deny', 'denied', 'refuse the call'],
  ] as const) {
    approvals
      .command(verb)
      .description(text)
      .argument('<id>', 'its id, or the beginning of it')
      .addOption(reasonOption())
      .addHelpText('after', `\nExample:\n  stepdown approvals ${verb} 77c0 --reason "asked the owner"`)
      .action(
        run(async (cli, id: string, options: { reason: string }) => {
          const engine = await cli.engine();
          const { id: whole, tool } = await engine.one<Approval>('/v1/approvals', id);
          const answer = await engine.post(
            `/v1/approvals/${encodeURIComponent(whole)}/${verb}`,
            { reason: options.reason },
            'answering an approval',
          );
          cli.show(answer, () =>
            (answer as Approval).state === 'pending'
              ? `Noted. The call of ${tool} waits for the others.`
              : `The call of ${tool} is ${done}.`,
          );
        }),
      );
  }
}
