/** `stepdown playbook`: which playbooks there are, whether they are right, and which may act. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { declaredPoints } from '../../enforce/points/declare.js';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { type Diagnostic, describeDiagnostic, hasErrors } from '../../respond/playbook/diagnostic.js';
import { loadPlaybooks } from '../../respond/playbook/load.js';
import { promote } from '../../respond/playbook/promotion.js';
import { testPlaybook } from '../../respond/playbook/rehearsal.js';
import { type CompiledPlaybook, settingAt } from '../../respond/playbook/types.js';
import { StepdownError } from '../../runtime/errors.js';
import { nearest } from '../../runtime/nearness.js';
import { printable } from '../../runtime/printable.js';
import type { CommandLine, Runner } from '../command-line.js';
import { readEngineFile } from '../../runtime/engine-file.js';
import { EXIT } from '../exit.js';
import { reasonOption } from '../options.js';
import { configuredPlaybooks, playbookPaths } from '../../respond/playbook/files/configured.js';

export function addPlaybook(program: Command, run: Runner): void {
  const playbook = program.command('playbook').description('list, check, test and promote playbooks');

  playbook
    .command('list', { isDefault: true })
    .description('playbooks with the mode they run in')
    .addHelpText('after', '\nExample:\n  stepdown playbook list')
    .action(
      run((cli) => {
        const nowMs = cli.nowMs();
        const { playbooks, diagnostics } = configuredPlaybooks(cli.config, { nowMs, findingTypes: FINDING_TYPES });
        const rows = playbooks.map((each) => ({
          id: each.id,
          title: each.title,
          version: each.version,
          mode: settingAt(each, nowMs).mode,
          since: overridden(each, nowMs),
          file: each.file,
        }));
        cli.rows(
          [
            { title: 'PLAYBOOK', value: ({ id }) => id, whole: true },
            { title: 'VERSION', value: ({ version }) => String(version), align: 'right' },
            {
              title: 'MODE',
              value: ({ mode }) => mode,
              whole: true,
              paint: (text, { mode }, paint) => paint(mode === 'enforce' ? 'yellow' : 'dim', text),
            },
            { title: 'BY', value: ({ since }) => since ?? 'as it ships', min: 12 },
            { title: 'TITLE', value: ({ title }) => title, min: 20 },
          ],
          rows,
          'No playbooks.',
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
            : loadPlaybooks(paths, {
                nowMs: cli.nowMs(),
                findingTypes: FINDING_TYPES,
                points: declaredPoints(cli.config),
              });
        cli.show({ playbooks: playbooks.map(({ id }) => id), diagnostics }, () =>
          [
            ...diagnostics.map((each) => printable(describeDiagnostic(each))),
            `${playbooks.length} playbooks are right, ${diagnostics.filter(({ severity }) => severity === 'error').length} errors, ${diagnostics.filter(({ severity }) => severity === 'warning').length} warnings.`,
          ].join('\n'),
        );
        return hasErrors(diagnostics) ? EXIT.problems : EXIT.ok;
      }),
    );

  playbook
    .command('test')
    .description('run the tests that stand in playbooks')
    .argument('[path...]', 'files or folders; default: the configured ones')
    .addHelpText('after', '\nExample:\n  stepdown playbook test playbooks/indirect-injection.yaml')
    .action(
      run((cli, paths: string[]) => {
        const { playbooks, correlations, diagnostics } = loadPlaybooks(
          paths.length === 0 ? playbookPaths(cli.config) : paths,
          {
            findingTypes: FINDING_TYPES,
          },
        );
        const results = playbooks.flatMap((each) =>
          each.tests.map((test) => ({ playbook: each.id, ...testPlaybook(each, test, correlations) })),
        );
        const failed = results.filter(({ passed }) => !passed);
        const untested = playbooks.filter(({ tests }) => tests.length === 0).map(({ id }) => id);
        cli.show({ results, untested, diagnostics }, () =>
          [
            ...diagnostics.map((each) => printable(describeDiagnostic(each))),
            ...results.flatMap(({ playbook: id, test, passed, faults }) => [
              printable(`${passed ? 'ok  ' : 'FAIL'} ${id}: ${test}`),
              ...faults.map(({ step, expected, got }) =>
                printable(`       step ${step + 1}: expected ${expected}, got ${got}`),
              ),
            ]),
            ...untested.map((id) => `none ${id} has no tests`),
            `${results.length - failed.length} passed, ${failed.length} failed.`,
          ].join('\n'),
        );
        return failed.length > 0 || hasErrors(diagnostics) ? EXIT.problems : EXIT.ok;
      }),
    );

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
          const { playbooks } = configuredPlaybooks(cli.config);
          const found = playbooks.find(({ id }) => id === name);
          if (found === undefined) {
            const meant = nearest(
              name,
              playbooks.map(({ id }) => id),
            );
            throw new StepdownError('not-found', `there is no playbook ${JSON.stringify(name)}`, {
              mend: meant === undefined ? 'see `stepdown playbook list`' : `did you mean ${meant}?`,
            });
          }
          const file = cli.config.respond.overrides;
          const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
          const after = promote(before, {
            playbookId: found.id,
            mode: verb,
            reason: options.reason,
            owner: options.owner ?? userInfo().username,
            ...(options.for === undefined ? {} : { expiresAtMs: cli.nowMs() + cli.length(options.for, '--for') }),
          });
          replaceFile(file, after);
          const engine = readEngineFile(cli.config.dataDir);
          cli.show(
            { playbook: found.id, mode: verb, overrides: file, running: engine !== undefined },
            () =>
              `${found.id} is set to ${verb} in ${file}.${engine === undefined ? ' It takes effect when the engine starts.' : ' The running engine takes it up.'}`,
          );
        }),
      );
  }
}

function overridden(playbook: CompiledPlaybook, nowMs: number): string | undefined {
  const { override } = playbook;
  return override !== undefined && nowMs < override.expiresAtMs ? `${override.owner}: ${override.reason}` : undefined;
}

function say(cli: CommandLine, diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) cli.note(printable(describeDiagnostic(diagnostic)));
}

/** Whole or not at all: an engine that watches the file never reads half of it. */
function replaceFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}
