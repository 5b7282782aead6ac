/** `stepdown findings`: what detectors said. */
import { type Command, Option } from 'commander';
import { SEVERITIES } from '../../../schemas/common.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Runner } from '../command-line.js';
import { limitOption } from '../options.js';
import { paintSeverity } from '../palette.js';

export function addFindings(program: Command, run: Runner): void {
  program
    .command('findings')
    .description('findings, newest first')
    .option('--agent <id>', 'only of this agent')
    .option('--session <id>', 'only of this session')
    .option('--type <name>', 'only of this type, e.g. injection.indirect')
    .addOption(new Option('--severity <severity>', 'only of this severity').choices(SEVERITIES))
    .addOption(limitOption())
    .addHelpText('after', '\nExample:\n  stepdown findings --agent billing --type taint.sink')
    .action(
      run(
        async (cli, options: { agent?: string; session?: string; type?: string; severity?: string; limit: number }) => {
          const engine = await cli.engine();
          const { agent, session, type, severity, limit } = options;
          const found = await engine.list<Finding>('/v1/findings', { agent, session, type, severity }, limit);
          cli.rows(
            [
              { title: 'TIME', value: ({ timeMs }) => cli.time(timeMs), whole: true },
              {
                title: 'SEVERITY',
                value: (row) => row.severity,
                whole: true,
                paint: (text, row, paint) => paintSeverity(row.severity, text, paint),
              },
              { title: 'CONF', value: ({ confidence }) => confidence.toFixed(2), align: 'right', whole: true },
              { title: 'TYPE', value: (row) => row.type, min: 12 },
              { title: 'AGENT', value: ({ agentId }) => agentId, min: 10 },
              { title: 'SESSION', value: ({ sessionId }) => sessionId, min: 10 },
              { title: 'TITLE', value: ({ title }) => title, min: 20 },
            ],
            found,
            'No findings.',
          );
        },
      ),
    );
}
