/** `stepdown pause` and `resume`: break glass. While paused no new contraction takes effect; what stands goes on. */
import type { Command } from 'commander';
import type { Runner } from '../command-line.js';
import { reasonOption } from '../options.js';

export function addPause(program: Command, run: Runner): void {
  for (const [verb, description, done] of [
    [
      'pause',
      'stop all new effects (break glass); detection goes on',
      'Paused: nothing new is restricted until `stepdown resume`.',
    ],
    ['resume', 'end a pause', 'Resumed: playbooks in enforce mode act again.'],
  ] as const) {
    program
      .command(verb)
      .description(description)
      .addOption(reasonOption())
      .addHelpText('after', `\nExample:\n  stepdown ${verb} --reason "incident call 4711"`)
      .action(
        run(async (cli, options: { reason: string }) => {
          const engine = await cli.engine();
          const answer = await engine.post(`/v1/${verb}`, { reason: options.reason }, `\`${verb}\``);
          cli.show(answer ?? { paused: verb === 'pause' }, () => done);
        }),
      );
  }
}
