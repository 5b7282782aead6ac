/** What `stepdown simulate` does. */
import { configuredEngine, configuredInspector } from '../backtest/configured.js';
import type { CommandLine } from '../command-line.js';
import { facts, table } from '../table.js';
import { length } from '../time.js';
import { type Found, simulate, type SimulationResult } from './run.js';

export interface SimulateArguments {
  agents: number;
  days: number;
  seed: number;
  each: number;
}

export async function runSimulate(cli: CommandLine, options: SimulateArguments): Promise<void> {
  const result = simulate({
    ...options,
    ...configuredEngine(cli, { mode: 'enforce' })(),
    inspector: await configuredInspector(cli),
    onDay: (day, events) => {
      if (cli.terminal.interactive) cli.terminal.stderr.write(`\r\u001b[Kday ${day + 1}, ${events} events`);
    },
  });
  if (cli.terminal.interactive) cli.terminal.stderr.write('\r\u001b[K');
  cli.show(result, () => simulationText(result, cli));
}

export function simulationText(result: SimulationResult, cli: Pick<CommandLine, 'terminal'>): string {
  const { falseAlarms } = result;
  const counts = (of: Record<string, number>): string =>
    Object.entries(of)
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  const columns = [
    { title: 'anomaly', value: (row: Found) => row.title },
    { title: 'found', value: (row: Found) => `${row.found} of ${row.injected}` },
    { title: 'after, median', value: (row: Found) => median(row.delaysMs) },
    { title: 'after, latest', value: (row: Found) => latest(row.delaysMs) },
    { title: 'first seen by', value: (row: Found) => counts(row.first) },
  ];
  return [
    table(columns, result.anomalies, cli.terminal),
    facts(
      [
        ['fleet', `${result.agents} agents, ${result.days} days, seed ${result.seed}: ${result.events} events`],
        ['refused', result.refused === 0 ? undefined : String(result.refused)],
        [
          'false alarms',
          `${falseAlarms.total} findings outside anything injected in ${falseAlarms.agentDays} agent-days: ${falseAlarms.perAgentDay.toFixed(3)} an agent-day; ${falseAlarms.confident} with confidence from 0.5`,
        ],
        ['by type', counts(falseAlarms.byType)],
        ['by blueprint', counts(falseAlarms.byBlueprint)],
        [
          'incidents',
          `${result.incidents.total}, ${result.incidents.outside} of them outside anything injected: ${counts(result.incidents.outsideByPlaybook)}`,
        ],
        [
          'baseline',
          `${result.baselineBytes.median} bytes of JSON an agent (median), ${result.baselineBytes.largest} at most`,
        ],
        ['speed', `${Math.round(result.events / result.seconds)} events/s, ${result.seconds.toFixed(1)} s`],
      ],
      cli.terminal.paint,
    ),
  ].join('\n\n');
}

function median(delays: readonly number[]): string {
  const sorted = [...delays].sort((a, b) => a - b);
  return sorted.length === 0 ? '–' : length(sorted[sorted.length >> 1] ?? 0);
}

const latest = (delays: readonly number[]): string => (delays.length === 0 ? '–' : length(Math.max(...delays)));
