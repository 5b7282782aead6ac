/** `stepdown playbook`: which playbooks there are, whether they are right, and which may act. */
import { type Command, Option } from 'commander';
import { declaredPoints } from '../../enforce/points/declare.js';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { type Diagnostic, describeDiagnostic, hasErrors } from '../../respond/playbook/diagnostic.js';
import { loadPlaybooks } from '../../respond/playbook/load.js';
import { promote } from '../../respond/playbook/promotion.js';
import { type CompiledPlaybook, settingAt } from '../../respond/playbook/types.js';
import { printable } from '../../runtime/printable.js';
import type { CommandLine, Runner } from '../command-line.js';
import { EXIT } from '../exit.js';
import { reasonOption } from '../options.js';
import { addPlaybookDiff } from '../playbook/diff.js';
import { addPlaybookDocuments } from '../playbook/documents.js';
import { addPlaybookExcept } from '../playbook/except.js';
import { addPlaybookNew } from '../playbook/new.js';
import { configuredPlaybook, readOverrides, self, writeOverrides } from '../playbook/overrides-file.js';
import { asRunning, runningPlaybooks } from '../playbook/running.js';
import { addPlaybookPromote } from '../playbook/promote.js';
import { addPlaybookSimulate } from '../playbook/simulate.js';
import { addPlaybookTest } from '../playbook/test.js';
import { startingPlaybooks } from '../../respond/playbook/files/last-good.js';
import { withCorrelations } from '../../respond/playbook/files/beside.js';
import { configuredPlaybooks } from '../../respond/playbook/files/configured.js';

export function addPlaybook(program: Command, run: Runner): void {
  const playbook = program.command('playbook').description('list, check, test and promote playbooks');

  playbook
    .command('list', { isDefault: true })
    .description('playbooks with the mode they run in')
    .addHelpText('after', '\nExample:\n  stepdown playbook list')
    .action(
      run(async (cli) => {
        const nowMs = cli.nowMs();
        const { playbooks, diagnostics } = startingPlaybooks(cli.config, { nowMs, findingTypes: FINDING_TYPES });
        const inFiles = playbooks.map((each) => ({
          id: each.id,
          title: each.title,
          version: each.version,
          mode: settingAt(each, nowMs).mode,
          agents: settingAt(each, nowMs).agents?.names,
          since: overridden(each, nowMs),
          file: each.file,
        }));
        const { rows, differing } = asRunning(inFiles, await runningPlaybooks(cli));
        cli.rows(
          [
            { title: 'PLAYBOOK', value: ({ id }) => id, whole: true },
            { title: 'VERSION', value: ({ version }) => String(version), align: 'right' },
            {
              title: 'MODE',
              value: ({ mode, agents }) => (agents === undefined ? mode : `${mode} (${agents.join(', ')})`),
              whole: true,
              paint: (text, { mode }, paint) => paint(mode === 'enforce' ? 'yellow' : 'dim', text),
            },
            { title: 'BY', value: ({ since }) => since ?? 'as it ships', min: 12 },
            { title: 'TITLE', value: ({ title }) => title, min: 20 },
          ],
          rows,
          'No playbooks.',
        );
        if (cli.terminal.interactive && !cli.json)
          cli.note(`Modes and parameters are set in ${cli.config.respond.overrides}.`);
        if (differing.length > 0)
          cli.note(
            `The running engine has ${differing.join(', ')} otherwise than the files say now: shown is what runs. A faulty file keeps its last good form.`,
          );
        say(cli, diagnostics);
        return hasErrors(diagnostics) ? EXIT.problems : EXIT.ok;
      }),
    );

  playbook
    .command('check')
    .description('read playbooks and say what is wrong with them, each fault with its place')
    .argument('[path...]', 'files or folders; default: the configured ones')
    .addHelpText('after', '\nExample:\n  stepdown playbook check playbooks/')
    .action(
      run((cli, paths: string[]) => {
        const { playbooks, diagnostics } =
          paths.length === 0
            ? configuredPlaybooks(cli.config, {
                nowMs: cli.nowMs(),
                findingTypes: FINDING_TYPES,
                points: declaredPoints(cli.config),
              })
            : loadPlaybooks(withCorrelations(paths), {
                overrides: cli.config.respond.overrides,
                listsOnly: true,
                nowMs: cli.nowMs(),
                findingTypes: FINDING_TYPES,
                points: declaredPoints(cli.config),
              });
        const numberOf = (wanted: string): number => diagnostics.filter(({ severity }) => severity === wanted).length;
        cli.show({ playbooks: playbooks.map(({ id }) => id), diagnostics }, () =>
          [
            ...diagnostics.map((each) => printable(describeDiagnostic(each))),
            `${counted(playbooks.length, 'playbook is', 'playbooks are')} right, ${counted(numberOf('error'), 'error', 'errors')}, ${counted(numberOf('warning'), 'warning', 'warnings')}.`,
          ].join('\n'),
        );
        return hasErrors(diagnostics) ? EXIT.problems : EXIT.ok;
      }),
    );

  addPlaybookNew(playbook, run);
  addPlaybookTest(playbook, run);
  addPlaybookDiff(playbook, run);
  addPlaybookPromote(playbook, run);
  addPlaybookSimulate(playbook, run);

  for (const [verb, description] of [
    ['enforce', 'let a playbook act'],
    ['observe', 'let a playbook only record what it would do'],
  ] as const) {
    playbook
      .command(verb)
      .description(description)
      .argument('<name>', 'the id of the playbook')
      .addOption(reasonOption().makeOptionMandatory(false).default('promoted from the command line'))
      .addOption(new Option('--for <duration>', 'go back to what the file says after this time'))
      .option('--owner <name>', 'who answers for it; default: you')
      .addHelpText(
        'after',
        `\nIt is written into the overrides file; a running engine takes it up at once.\n\nExample:\n  stepdown playbook ${verb} indirect-injection --reason "two weeks of observing, no false alarm"`,
      )
      .action(
        run((cli, name: string, options: { reason: string; for?: string; owner?: string }) => {
          const found = configuredPlaybook(cli, name);
          const before = readOverrides(cli);
          const after = promote(before, {
            playbookId: found.id,
            mode: verb,
            reason: options.reason,
            owner: options.owner ?? self(),
            ...(options.for === undefined ? {} : { expiresAtMs: cli.nowMs() + cli.length(options.for, '--for') }),
          });
          const { file, running, said } = writeOverrides(cli, after);
          cli.show(
            { playbook: found.id, mode: verb, overrides: file, running },
            () => `${found.id} is set to ${verb} in ${file}. ${said}`,
          );
        }),
      );
  }
  addPlaybookExcept(playbook, run);
  addPlaybookDocuments(playbook, run);
}

function overridden(playbook: CompiledPlaybook, nowMs: number): string | undefined {
  const { override } = playbook;
  return override !== undefined && nowMs < override.expiresAtMs ? `${override.owner}: ${override.reason}` : undefined;
}

function say(cli: CommandLine, diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) cli.note(printable(describeDiagnostic(diagnostic)));
}

function counted(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
