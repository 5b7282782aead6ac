/** `stepdown playbook promote`: from observing to enforcing, after a backtest that must stay within the playbook's caps. */
import type { Command } from 'commander';
import { promote } from '../../respond/playbook/promotion.js';
import { StepdownError } from '../../runtime/errors.js';
import type { CommandLine, Runner } from '../command-line.js';
import { EXIT } from '../exit.js';
import { reasonOption } from '../options.js';
import { countsText } from './counts-text.js';
import { benignHarmedBy, type History, playHistory } from './history.js';
import { configuredPlaybook, readOverrides, self, writeOverrides } from './overrides-file.js';
import { silenceOf } from './silence.js';

interface Options {
  telemetry?: string;
  labels?: string;
  agents?: string;
  withoutBacktest?: boolean;
  reason: string;
  for?: string;
  owner?: string;
}

export function addPlaybookPromote(playbook: Command, run: Runner): void {
  playbook
    .command('promote')
    .description('let a playbook act, for some agents or all, where a backtest shows that it stays within its caps')
    .argument('<id>', 'the id of the playbook')
    .option('--telemetry <file>', 'recorded telemetry to play to it first')
    .option('--labels <file>', 'labels of the runs: then no run without an attack may be hurt')
    .option('--agents <names>', 'only for these, comma-separated; `*` is any run of characters. Default: all')
    .option('--without-backtest', 'promote it unseen')
    .option('--for <duration>', 'go back to what the file says after this time')
    .option('--owner <name>', 'who answers for it; default: you')
    .addOption(reasonOption())
    .addHelpText(
      'after',
      '\nExample:\n  stepdown playbook promote indirect-injection --telemetry recorded.jsonl.gz --agents "pilot-*" --reason "two quiet weeks"',
    )
    .action(
      run(async (cli, id: string, options: Options) => {
        const found = configuredPlaybook(cli, id);
        const history = await backtested(cli, options);
        const refused = history === undefined ? [] : objections(history, id);
        if (refused.length > 0) {
          cli.show({ playbook: id, promoted: false, objections: refused, counts: history?.playbooks[id] }, () =>
            [`${id} is not promoted:`, ...refused.map((each) => `  ${each}`)].join('\n'),
          );
          return EXIT.problems;
        }
        const agents = options.agents?.split(',').map((name) => name.trim());
        const text = promote(readOverrides(cli), {
          playbookId: found.id,
          mode: 'enforce',
          ...(agents === undefined ? {} : { agents }),
          reason: options.reason,
          owner: options.owner ?? self(),
          ...(options.for === undefined ? {} : { expiresAtMs: cli.nowMs() + cli.length(options.for, '--for') }),
        });
        const { file, running, said } = writeOverrides(cli, text);
        const counts = history?.playbooks[id];
        const silence = history === undefined ? undefined : silenceOf(history, found);
        cli.show({ playbook: id, promoted: true, agents, overrides: file, running, counts, silence }, () =>
          [
            ...(counts === undefined ? [] : [countsText({ [id]: counts }, cli.terminal)]),
            ...(silence === undefined ? [] : [silence]),
            `${id} enforces${agents === undefined ? '' : ` for ${agents.join(', ')}`}, set in ${file}. ${said}`,
          ].join('\n\n'),
        );
        return EXIT.ok;
      }),
    );
}

async function backtested(cli: CommandLine, options: Options): Promise<History | undefined> {
  if (options.telemetry !== undefined)
    return playHistory(cli, {
      telemetry: options.telemetry,
      mode: 'enforce',
      ...(options.labels === undefined ? {} : { labels: options.labels }),
    });
  if (options.withoutBacktest === true) return undefined;
  throw new StepdownError('usage', 'a playbook is promoted on what it would have done', {
    mend: 'give --telemetry with a recording, or --without-backtest',
  });
}

/** What speaks against it, in words. */
function objections(history: History, id: string): string[] {
  const found: string[] = [];
  if (history.summary.events === 0) found.push('the recording holds no events, so it shows nothing');
  const count = history.playbooks[id];
  if (count !== undefined && count.beyondLimits > 0)
    found.push(
      `it would have gone beyond its caps ${count.beyondLimits} times of ${count.contractions} (${count.atOnce} targets at once); raise the caps or narrow its condition`,
    );
  const harmed = benignHarmedBy(history, id);
  if (harmed.length > 0)
    found.push(`it would have hurt ${harmed.length} runs without an attack: ${harmed.slice(0, 5).join(', ')}`);
  return found;
}
