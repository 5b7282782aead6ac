/** `stepdown playbook except`: a scoped exception that expires, with a backtest of what else it would hide. */
import type { Command } from 'commander';
import type { Incident } from '../../../schemas/incident.js';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { describeDiagnostic, hasErrors } from '../../respond/playbook/diagnostic.js';
import { readSources } from '../../respond/playbook/files/read.js';
import { playbookPaths } from '../../respond/playbook/files/configured.js';
import { compilePlaybooks } from '../../respond/playbook/load.js';
import { addException } from '../../respond/playbook/promotion.js';
import { StepdownError } from '../../runtime/errors.js';
import type { CommandLine, Runner } from '../command-line.js';
import { reasonOption } from '../options.js';
import { playHistory } from './history.js';
import { configuredPlaybook, readOverrides, self, writeOverrides } from './overrides-file.js';

const DEFAULT_FOR = '30d';

interface Options {
  incident: string;
  playbook?: string;
  when?: string;
  for: string;
  reason: string;
  owner?: string;
  telemetry?: string;
  dryRun?: boolean;
}

export function addPlaybookExcept(playbook: Command, run: Runner): void {
  playbook
    .command('except')
    .description('let a playbook leave alone what made an incident, for a while')
    .requiredOption('--incident <id>', 'the incident that was a false alarm')
    .option('--playbook <id>', "which of the incident's playbooks; default: the first")
    .option('--when <condition>', 'the condition instead of the proposed one (finding type and agent)')
    .option('--for <duration>', 'how long', DEFAULT_FOR)
    .option('--owner <name>', 'who answers for it; default: you')
    .option('--telemetry <file>', 'recorded telemetry: also say what else it would hide')
    .option('--dry-run', 'write nothing')
    .addOption(reasonOption())
    .addHelpText(
      'after',
      '\nExample:\n  stepdown playbook except --incident 5f2c --for 14d --telemetry recorded.jsonl.gz --reason "the handbook gives orders"',
    )
    .action(
      run(async (cli, options: Options) => {
        const engine = await cli.engine();
        const incident = await engine.one<Incident>('/v1/incidents', options.incident);
        const id = options.playbook ?? incident.exception?.playbookId ?? incident.playbooks[0]?.id;
        if (id === undefined)
          throw new StepdownError('conflict', 'no playbook acted in this incident', {
            mend: 'name one with --playbook',
          });
        const found = configuredPlaybook(cli, id);
        const exception = {
          playbookId: found.id,
          when: options.when ?? incident.exception?.when ?? conditionOf(incident),
          reason: options.reason,
          owner: options.owner ?? self(),
          expiresAtMs: cli.nowMs() + cli.length(options.for, '--for'),
        };
        const text = addException(readOverrides(cli), exception);
        mustCompile(cli, text);
        const hidden = options.telemetry === undefined ? undefined : await hides(cli, options.telemetry, id, text);
        const written = options.dryRun === true ? undefined : writeOverrides(cli, text);
        cli.show({ exception, hidden, overrides: written?.file }, () =>
          [
            `${id} does nothing where ${exception.when}, until ${cli.time(exception.expiresAtMs)}.`,
            ...(hidden === undefined
              ? ['What else it hides was not asked: give --telemetry.']
              : [
                  `In the recording it hides ${hidden.before - hidden.after} of ${hidden.before} contractions of this playbook, and answers ${hidden.calls === 1 ? 'one call' : `${hidden.calls} calls`} otherwise.`,
                ]),
            ...alsoActed(incident, id, options.playbook),
            written === undefined ? 'Nothing was written.' : `Written to ${written.file}. ${written.said}`,
          ].join('\n'),
        );
      }),
    );
}

/** Which others acted in the incident, where nobody said which was meant: it goes on for them. */
function alsoActed({ playbooks }: Incident, id: string, named: string | undefined): string[] {
  const others = playbooks.filter((each) => each.id !== id).map((each) => each.id);
  return named !== undefined || others.length === 0
    ? []
    : [
        `In this incident ${others.join(', ')} acted too, and still would: an exception for one of them is made with --playbook.`,
      ];
}

/** Scoped to what made the incident: the finding's type and the agent. */
function conditionOf({ findings }: Incident): string {
  const [finding] = findings;
  if (finding === undefined)
    throw new StepdownError('conflict', 'the incident has no finding to except', { mend: 'give --when' });
  return `finding.type == ${JSON.stringify(finding.type)} && agent.id == ${JSON.stringify(finding.agentId)}`;
}

function sourcesWith(cli: CommandLine, overrides: string) {
  const { sources } = readSources(playbookPaths(cli.config));
  return compilePlaybooks(
    sources,
    { file: cli.config.respond.overrides, text: overrides },
    { findingTypes: FINDING_TYPES },
  );
}

function mustCompile(cli: CommandLine, overrides: string): void {
  const { diagnostics } = sourcesWith(cli, overrides);
  if (hasErrors(diagnostics))
    throw new StepdownError(
      'playbook-invalid',
      diagnostics
        .filter(({ severity }) => severity === 'error')
        .map(describeDiagnostic)
        .join('; '),
      {
        mend: 'mend the condition: --when',
      },
    );
}

/** The same history with and without the exception. */
async function hides(
  cli: CommandLine,
  telemetry: string,
  id: string,
  overrides: string,
): Promise<{ before: number; after: number; calls: number }> {
  const before = await playHistory(cli, { telemetry, mode: 'enforce' });
  const after = await playHistory(cli, { telemetry, mode: 'enforce', overrides });
  const decisions = new Map(
    before.lines.map((line) => [JSON.stringify([line.traceId, line.spanId, line.time, line.tool]), line.decision]),
  );
  return {
    before: before.playbooks[id]?.contractions ?? 0,
    after: after.playbooks[id]?.contractions ?? 0,
    calls: after.lines.filter((line) => {
      const old = decisions.get(JSON.stringify([line.traceId, line.spanId, line.time, line.tool]));
      return old !== undefined && old !== line.decision;
    }).length,
  };
}
