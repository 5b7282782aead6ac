/** A recording played to a set of playbooks, for commands that ask what they would have done. No effect on anything. */
import type { CommandLine } from '../command-line.js';
import { configuredEngine, configuredInspector, type EngineChoice } from '../backtest/configured.js';
import { ContainmentCount, type PlaybookCount } from '../backtest/containment-count.js';
import type { DecisionLine } from '../backtest/decision-line.js';
import { LabelledRuns, scoreOf } from '../backtest/labelled-runs.js';
import { readLabels } from '../backtest/labels-file.js';
import { Progress } from '../backtest/progress.js';
import { backtest, type Summary } from '../backtest/run.js';
import type { Label, Score } from '../backtest/score.js';

export interface HistoryOptions extends EngineChoice {
  telemetry: string;
  labels?: string;
}

export interface History {
  summary: Summary;
  playbooks: Record<string, PlaybookCount>;
  lines: DecisionLine[];
  labels: Label[] | undefined;
  score: Score | undefined;
}

export async function playHistory(cli: CommandLine, options: HistoryOptions): Promise<History> {
  const engine = configuredEngine(cli, options);
  const runs = options.labels === undefined ? undefined : new LabelledRuns(readLabels(options.labels));
  const lines: DecisionLine[] = [];
  const containment = new ContainmentCount(options.mode === 'enforce');
  const progress = new Progress(cli.terminal);
  try {
    const summary = await backtest({
      ...engine(),
      file: options.telemetry,
      inspector: await configuredInspector(cli),
      lagMs: 0,
      onLine: (line) => lines.push(line),
      onEvent: (event) => runs?.hear(event),
      onContraction: (contraction) => containment.take(contraction),
      onProgress: (soFar) => progress.show(soFar),
    });
    const heard = runs?.heard({ traces: options.telemetry, labels: options.labels ?? '' });
    return {
      summary,
      lines,
      labels: heard?.labels,
      playbooks: containment.counts(),
      score: heard === undefined ? undefined : scoreOf(heard, lines),
    };
  } finally {
    progress.clear();
  }
}

/** Runs without an attack in which a call was stopped because of this playbook. */
export function benignHarmedBy({ labels = [], lines }: History, playbook: string): string[] {
  const benign = new Set(
    labels.filter(({ attack, warmup }) => !attack && warmup !== true).map(({ traceId }) => traceId),
  );
  const harmed = lines.filter(
    ({ traceId, decision, playbooks }) =>
      traceId !== null && benign.has(traceId) && decision !== 'allow' && playbooks.includes(playbook),
  );
  return [...new Set(harmed.map(({ traceId }) => traceId ?? ''))];
}
