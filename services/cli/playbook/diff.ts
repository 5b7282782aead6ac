/** `stepdown playbook diff`: what another version of playbooks would have done with the same history. */
import { type Command, Option } from 'commander';
import type { CommandLine, Runner } from '../command-line.js';
import type { DecisionLine } from '../backtest/decision-line.js';
import { printable } from '../../runtime/printable.js';
import { scoreText } from '../backtest/summary-text.js';
import { countsText } from './counts-text.js';
import { type History, playHistory } from './history.js';

interface Changed {
  before: DecisionLine;
  after: DecisionLine;
}
/** Changed answers that are printed. */
const SHOWN = 20;

export function addPlaybookDiff(playbook: Command, run: Runner): void {
  playbook
    .command('diff')
    .description('play the same history to two versions and show what changes')
    .argument('<before>', 'a file or folder of playbooks')
    .argument('<after>', 'another version of it')
    .requiredOption('--telemetry <file>', '.jsonl or .jsonl.gz of recorded telemetry')
    .option('--labels <file>', 'labels of the runs: also attacks stopped and benign runs unharmed, of both')
    .addOption(new Option('--mode <mode>').choices(['enforce', 'configured']).default('enforce'))
    .addHelpText('after', '\nExample:\n  stepdown playbook diff playbooks/ mine/ --telemetry recorded.jsonl.gz')
    .action(
      run(
        async (
          cli,
          before: string,
          after: string,
          options: { telemetry: string; labels?: string; mode: 'enforce' },
        ) => {
          const [old, fresh] = [
            await playHistory(cli, { ...options, playbooks: [before] }),
            await playHistory(cli, { ...options, playbooks: [after] }),
          ];
          const changed = changedAnswers(old, fresh);
          cli.show(
            {
              before: { playbooks: old.playbooks, score: old.score },
              after: { playbooks: fresh.playbooks, score: fresh.score },
              changed: changed.map((each) => ({ ...each.after, decisionBefore: each.before.decision })),
            },
            () => text(cli, old, fresh, changed),
          );
        },
      ),
    );
}

/** Both replays write a line for each call, in the same order of first evidence but not of writing. */
function changedAnswers(before: History, after: History): Changed[] {
  const key = ({ traceId, spanId, toolCallId, tool, time }: DecisionLine) =>
    JSON.stringify([traceId, spanId, toolCallId, tool, time]);
  const known = new Map(before.lines.map((line) => [key(line), line]));
  return after.lines.flatMap((line) => {
    const old = known.get(key(line));
    return old !== undefined && old.decision !== line.decision ? [{ before: old, after: line }] : [];
  });
}

function text(cli: CommandLine, before: History, after: History, changed: readonly Changed[]): string {
  const { paint } = cli.terminal;
  const answers = changed
    .slice(0, SHOWN)
    .map(({ before: old, after: fresh }) =>
      printable(
        `  ${fresh.time}  ${fresh.agentId}  ${fresh.tool}: ${old.decision} → ${fresh.decision} (${fresh.decision === 'allow' ? old.reason : fresh.reason})`,
      ),
    );
  const scores = [before.score, after.score].flatMap((score, at) =>
    score === undefined ? [] : [`${paint('bold', at === 0 ? 'before' : 'after')}\n${scoreText(score, paint)}`],
  );
  return [
    `${paint('bold', 'before')}\n${countsText(before.playbooks, cli.terminal)}`,
    `${paint('bold', 'after')}\n${countsText(after.playbooks, cli.terminal)}`,
    `${paint('bold', `${changed.length} of ${after.lines.length} calls are answered otherwise`)}${changed.length > 0 ? `\n${answers.join('\n')}` : ''}${changed.length > SHOWN ? `\n  … and ${changed.length - SHOWN} more (--json shows all)` : ''}`,
    ...scores,
  ].join('\n\n');
}
