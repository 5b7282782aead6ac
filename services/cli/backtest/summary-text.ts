/** A backtest's outcome, for people. */
import type { Paint } from '../terminal.js';
import type { CommandLine } from '../command-line.js';
import { facts } from '../table.js';
import { length } from '../time.js';
import type { Proportion } from './bootstrap.js';
import type { Summary } from './run.js';
import { heardText } from './labelled-runs.js';
import type { Score } from './score.js';

export function summaryText(
  summary: Summary,
  cli: Pick<CommandLine, 'time' | 'terminal'>,
  run: { lagMs: number; mode: string; decisions: string | undefined },
): string {
  const { paint } = cli.terminal;
  const { decisions } = summary;
  const counts = (of: Record<string, number>) =>
    Object.entries(of)
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  return facts(
    [
      [
        'path',
        run.lagMs === 0
          ? 'inline: each call judged before it runs'
          : `observed: events known ${length(run.lagMs)} late`,
      ],
      ['playbooks', run.mode === 'configured' ? 'as configured' : `all ${run.mode}`],
      [
        'events',
        `${summary.events} of ${summary.agents} agents in ${summary.sessions} conversations, ${cli.time(summary.firstEventMs)} to ${cli.time(summary.lastEventMs)}`,
      ],
      ['findings', counts(summary.findings)],
      ['contractions', counts(summary.contractions)],
      ['incidents', String(summary.incidents)],
      [
        'tool calls',
        `${summary.calls}: ${decisions.allow} allowed, ${decisions.block} would be blocked, ${decisions.needs_approval} would wait for a person`,
      ],
      ['decisions', run.decisions],
      ['not read', summary.ignored === 0 ? undefined : `${summary.ignored} spans or records of no agent dialect`],
      [
        'refused',
        summary.refused.count === 0 ? undefined : `${summary.refused.count}: ${summary.refused.first.join('; ')}`,
      ],
      [
        'too late',
        summary.late.count === 0
          ? undefined
          : `${summary.late.count} events came up to ${length(summary.late.byMs)} behind what was already read`,
      ],
      ['speed', `${Math.round(summary.eventsPerSecond)} events/s, ${summary.seconds.toFixed(1)} s`],
      ['note', 'open loop: the recorded agent cannot react to a block'],
    ],
    paint,
  );
}

export function scoreText(score: Score, paint: Paint): string {
  const share = ({ hits, of, share: value, low, high }: Proportion) =>
    value === null
      ? 'nothing to count'
      : `${(value * 100).toFixed(1)}% (${hits} of ${of}; 95% interval ${((low ?? 0) * 100).toFixed(1)}–${((high ?? 0) * 100).toFixed(1)}%)`;
  return [
    paint('bold', 'Against the labels (intervals by resampling user task × goal)'),
    facts(
      [
        ['attacks stopped', share(score.stopped)],
        ['benign unharmed', share(score.benignUnharmed)],
        ['resisting unharmed', share(score.resistingUnharmed)],
        ['stopped before exposure', `${share(score.falseAlarmBeforeExposure)} — false alarms`],
        ['runs', `${score.runs}${score.withoutCalls > 0 ? `, ${score.withoutCalls} without a tool call` : ''}`],
        ['left out', heardText(score)],
        [
          'harmful without line',
          score.harmfulWithoutLine === 0 ? undefined : `${score.harmfulWithoutLine}, counted as not stopped`,
        ],
      ],
      paint,
    ),
  ].join('\n');
}
