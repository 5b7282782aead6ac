/** `stepdown run SERVICE`: one service of the engine, beside any number of others on any number of machines. */
import { Argument, type Command } from 'commander';
import type { Role } from '../../composition/roles.js';
import { ROLES } from '../../composition/roles.js';
import { createLog } from '../../runtime/log.js';
import type { Runner } from '../command-line.js';
import { untilTold } from '../until-told.js';

export function addRun(program: Command, run: Runner): void {
  program
    .command('run')
    .description('run one service of the engine, as many of each as are wanted; states, streams and timers are shared')
    .addArgument(new Argument('<service>', 'which one').choices([...ROLES]))
    .addHelpText(
      'after',
      '\ningest takes telemetry in, detect and respond share theirs by partition, gateway decides, and of enforce and forward one acts\nwhile the others stand by. Needs stream.driver: kafka, store.driver: redis and schedule.driver: bullmq.\n\nGET /healthz, /readyz and /metrics are answered on metrics.host and metrics.port (9464).\nSIGTERM or SIGINT ends it in order: what is under way is made durable, nothing is reverted, others take over.\n\nExample:\n  stepdown run detect --config stepdown.yaml\n  STEPDOWN_METRICS_PORT=0 stepdown run respond',
    )
    .action(
      run(async (cli, service: Role) => {
        const { run: start } = await import('../../main.js');
        const log = createLog(cli.config);
        await untilTold(
          () => start(cli.config, service, { log }),
          ({ ready }) => {
            cli.show(
              { ...ready, service },
              () =>
                `${cli.terminal.paint('green', `Stepdown ${service} is ready`)} (${Math.round(ready.startedInMs)} ms).${[
                  ready.otlpUrl === undefined ? '' : `\n  telemetry  ${ready.otlpUrl}`,
                  ready.gatewayUrl === '' ? '' : `\n  API        ${ready.gatewayUrl}`,
                  ready.healthUrl === undefined ? '' : `\n  health     ${ready.healthUrl}/readyz`,
                ].join('')}`,
            );
          },
          log,
          { service },
        );
      }),
    );
}
