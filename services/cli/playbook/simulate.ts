/** `stepdown playbook simulate`: an attack played to the whole configured set, and what each playbook makes of it. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Contraction } from '../../../schemas/contraction.js';
import type { TestStep } from '../../../schemas/playbook-test.js';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { playbookPaths } from '../../respond/playbook/files/configured.js';
import { loadPlaybooks } from '../../respond/playbook/load.js';
import { type SimulatedMoment, simulate } from '../../respond/playbook/rehearsal.js';
import type { CompiledPlaybook } from '../../respond/playbook/types.js';
import { StepdownError } from '../../runtime/errors.js';
import { printable } from '../../runtime/printable.js';
import type { CommandLine, Runner } from '../command-line.js';
import { explanationText } from '../explanation-text.js';
import { controlText } from '../control-text.js';
import { length } from '../time.js';

interface Options {
  test?: string;
  mode: 'enforce' | 'observe' | 'configured';
  why?: boolean;
}

export function addPlaybookSimulate(playbook: Command, run: Runner): void {
  playbook
    .command('simulate')
    .description('play an attack to all configured playbooks together and show what each does')
    .argument('<scenario>', 'the id of a playbook: its tests are the attacks')
    .option('--test <name>', 'which of its tests, or the beginning of its name; default: the first')
    .addOption(
      new Option('--mode <mode>', 'configured: as promoted; enforce: every playbook acts')
        .choices(['enforce', 'observe', 'configured'])
        .default('configured'),
    )
    .option('--why', 'also what every playbook asked and saw')
    .addHelpText('after', '\nExample:\n  stepdown playbook simulate indirect-injection --mode enforce --why')
    .action(
      run((cli, id: string, options: Options) => {
        const { playbooks, correlations } = loadPlaybooks(playbookPaths(cli.config), {
          findingTypes: FINDING_TYPES,
          overrides: cli.config.respond.overrides,
          ...(options.mode === 'configured' ? {} : { mode: options.mode }),
        });
        const scenario = scenarioOf(playbooks, id, options.test);
        const moments = simulate(playbooks, correlations, scenario);
        cli.show({ scenario: scenario.test.name, moments }, () =>
          text(cli, scenario.test.name, moments, options.why === true),
        );
      }),
    );
}

function scenarioOf(playbooks: readonly CompiledPlaybook[], id: string, name: string | undefined) {
  const of = playbooks.find((each) => each.id === id);
  if (of === undefined)
    throw new StepdownError('not-found', `there is no playbook ${JSON.stringify(id)}`, {
      mend: 'see `stepdown playbook list`',
    });
  const timelines = of.tests.filter(({ timeline }) => timeline !== undefined);
  const test = timelines.find((each) => name === undefined || each.name.startsWith(name));
  if (test === undefined)
    throw new StepdownError('not-found', `${id} has no such timeline`, {
      mend: timelines.length === 0 ? 'it has none' : `it has: ${timelines.map((each) => each.name).join('; ')}`,
    });
  return { of, test };
}

function stepText({ finding, call, session, alert, verdict, person }: TestStep): string {
  if (finding)
    return `finding ${finding.type}${finding.times === undefined ? '' : ` × ${finding.times}`}, ${Math.round((finding.confidence ?? 0.95) * 100)}% sure`;
  if (call) return `call of ${call.tool}`;
  if (session) return `session ${session}`;
  if (alert) return `alert ${alert.title ?? alert.id} ${alert.state}`;
  if (verdict) return `a person says: ${verdict}`;
  return person ? `a person: ${person}` : 'time passes';
}

function text(cli: CommandLine, name: string, moments: readonly SimulatedMoment[], why: boolean): string {
  const { paint } = cli.terminal;
  const startMs = moments[0]?.nowMs ?? 0;
  const known = new Map<string, Contraction['state']>();
  const blocks = moments.map(({ step, nowMs, answer, contractions, explanations }) => {
    const changes = contractions.flatMap((each) => {
      if (known.get(each.id) === each.state) return [];
      known.set(each.id, each.state);
      const what = `${each.playbook?.id ?? 'by hand'} on ${each.target.type}:${each.target.id}: ${each.controls.map(controlText).join('; ')}`;
      return [
        `    ${each.state}${each.endReason === undefined ? '' : ` (${each.endReason})`}${each.mode === 'observe' ? ', observing' : ''}  ${what}`,
      ];
    });
    const reasons = why
      ? explanationText({ kind: 'event', id: '', findings: [], explanations }, () => [], cli)
          .split('\n')
          .map((line) => `    ${line}`)
      : [];
    return [
      `${paint('bold', `+${length(nowMs - startMs)}`)}  ${stepText(step)}${answer === undefined ? '' : ` → ${answer}`}`,
      ...changes,
      ...(why && explanations.length > 0 ? reasons : []),
    ]
      .map((line) => printable(line))
      .join('\n');
  });
  return [paint('bold', printable(name)), ...blocks].join('\n');
}
