/** `stepdown up`: the engine, in this process, until it is told to stop. */
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Ready } from '../../main.js';
import { createLog } from '../../runtime/log.js';
import type { CommandLine, Runner } from '../command-line.js';
import { tokenPath } from '../engine-client.js';
import { invocation } from '../invocation.js';
import { untilTold } from '../until-told.js';

export function addUp(program: Command, run: Runner): void {
  program
    .command('up')
    .description('watch agents: receive telemetry, detect, respond, decide')
    .addHelpText(
      'after',
      '\nSIGTERM or SIGINT stops it in order; contractions stay, and go on when it comes back. A second signal ends it at once.\nSIGHUP reads playbooks and overrides again.\n\nExample:\n  stepdown up --config stepdown.yaml',
    )
    .action(
      run(async (cli) => {
        // Loaded when it is needed: most commands only talk to an engine, and should answer at once.
        const { up } = await import('../../main.js');
        const log = createLog(cli.config);
        await untilTold(
          () => up(cli.config, { log }),
          ({ ready }) => cli.show(ready, () => welcome(ready, cli)),
          log,
        );
      }),
    );
}

function welcome(ready: Ready, cli: CommandLine): string {
  const { paint } = cli.terminal;
  const { observe, enforce, off } = ready.playbooks;
  return [
    `${paint('green', 'Stepdown is ready')} (${Math.round(ready.startedInMs)} ms).`,
    ...(ready.otlpUrl === undefined
      ? []
      : [
          `  telemetry  ${ready.otlpUrl}   set OTEL_EXPORTER_OTLP_ENDPOINT to it, and OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
        ]),
    `  API        ${ready.gatewayUrl}   guard an agent's tools with \`stepdown/guard\``,
    `  tokens     ${tokenPath(cli.config)} for people, ${join(ready.dataDir, 'agent-token')} for the guard`,
    `  playbooks  ${observe} observe, ${enforce} enforce${off > 0 ? `, ${off} off` : ''}${enforce === 0 ? `   nothing is restricted until \`${invocation()} playbook enforce NAME\`` : ''}`,
    `  data       ${ready.dataDir}`,
    `Next: ${['tail', 'doctor', 'agents list'].map((command) => `${invocation()} ${command}`).join(', ')}`,
  ].join('\n');
}
