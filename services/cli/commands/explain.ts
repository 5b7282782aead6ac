/** `stepdown explain`: why something was done about an event, an incident or a contraction, and why something was not. */
import type { Command } from 'commander';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import type { Explained } from '../../gateway/api/explain.js';
import { configuredPlaybooks } from '../../respond/playbook/files/configured.js';
import { StepdownError } from '../../runtime/errors.js';
import type { CommandLine, Runner } from '../command-line.js';
import type { EngineClient } from '../engine-client.js';
import { EXIT } from '../exit.js';
import { explanationText, quietText, type Subject } from '../explanation-text.js';

export function addExplain(program: Command, run: Runner): void {
  program
    .command('explain')
    .description('why something was done about an event, finding, incident or contraction, and why something was not')
    .argument('<id>', 'of an event, a finding, an incident or a contraction; a beginning does for the last three')
    .addHelpText(
      'after',
      `
Each playbook that listens is shown with what it asked and what it saw: its trigger, mode, hours, condition part by
part, exceptions, allowlist, cooldown, caps. What passed is marked PASS, what held it back FAIL. They are the values of
that moment, kept with the finding, whatever the playbooks say now.

Example:
  stepdown explain 5f2c`,
    )
    .action(
      run(async (cli, id: string) => {
        const engine = await cli.engine();
        const subject = await subjectOf(engine, id);
        cli.show(subject, () =>
          subject.explanations.length === 0 && subject.findings.length === 0
            ? quietText(subject, listeners(cli), cli)
            : explanationText(subject, listeners(cli), cli),
        );
        return subject.kind === 'nothing' ? EXIT.notFound : EXIT.ok;
      }),
    );
}

/** The engine looks an id up, for the API and here alike. */
async function subjectOf(engine: EngineClient, id: string): Promise<Subject> {
  try {
    return await engine.get<Explained>(`/v1/explain/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error instanceof StepdownError && error.code === 'not-found')
      return { kind: 'nothing', id, findings: [], explanations: [] };
    throw error;
  }
}

/** Playbooks as they are now, for saying that none listens. */
function listeners(cli: CommandLine): (type: string) => string[] {
  const { playbooks } = configuredPlaybooks(cli.config, { nowMs: cli.nowMs(), findingTypes: FINDING_TYPES });
  return (type) =>
    playbooks
      .filter(({ shipped: { trigger } }) => trigger.kind === 'finding' && trigger.matches(type))
      .map(({ id }) => id);
}
