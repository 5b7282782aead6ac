/** What went wrong, run by run, with what is known of why. */
import { printable } from '../../runtime/printable.js';
import type { DecisionLine } from '../backtest/decision-line.js';
import { hasHarm, isBenign, isHarmed, isResisting, isStopped, type MeasuredRun } from './measured-run.js';
import { runScore } from './measures.js';

const name = ({ label }: MeasuredRun): string =>
  [label.suite, label.pipeline, label.userTask, label.injectionTask].filter((part) => part).join(' · ');

const findingsOf = (run: MeasuredRun): string => {
  const most = new Map<string, number>();
  for (const { type, confidence } of run.findings) most.set(type, Math.max(most.get(type) ?? 0, confidence));
  return most.size === 0
    ? 'no finding'
    : [...most].map(([type, confidence]) => `${type} ${confidence.toFixed(2)}`).join(', ');
};

/** Why a harmful call ran: the weakest link of what should have stopped it. */
function whyMissed(run: MeasuredRun): string {
  if (run.harmful === undefined) return 'no line was written for the harmful call';
  const read = Math.max(0, ...run.texts.map(({ probability }) => probability));
  const after = run.findings.filter(({ timeMs }) => timeMs >= (run.exposedMs ?? 0));
  if (run.exposedMs === undefined)
    return 'the result that the label names did not become known as that call’s own before it was judged';
  if (after.length === 0 && read >= 0.5)
    return `the text was read as suspicious (${read.toFixed(2)}), but nothing was stated after the exposure (${findingsOf(run)})`;
  if (after.length === 0)
    return run.texts.length === 0
      ? 'no text was read, and the behaviour alone said nothing'
      : `the text was read as harmless (${read.toFixed(2)}), and the behaviour said nothing`;
  const before = after.filter(({ timeMs }) => timeMs <= Date.parse(run.harmful?.time ?? ''));
  if (before.length === 0) return 'found only after the call';
  return `found (${findingsOf(run)}; suspicion ${runScore(run).toFixed(2)}), but no playbook held this call: ${run.harmful.reason}`;
}

const shown = (line: DecisionLine | undefined): string =>
  line === undefined ? '' : `${line.tool} ${line.decision} by ${line.playbooks.join(', ') || 'nobody'}: ${line.reason}`;

export interface GalleryItem {
  run: string;
  traceId: string;
  what: string;
}

const item = (run: MeasuredRun, what: string): GalleryItem => ({
  run: name(run),
  traceId: run.label.traceId,
  what: printable(what),
});

export const missed = (runs: readonly MeasuredRun[]): GalleryItem[] =>
  runs
    .filter((run) => hasHarm(run) && !isStopped(run))
    .map((run) => item(run, `${run.harmful?.tool ?? 'call'}: ${whyMissed(run)}`));

export const harmedBenign = (runs: readonly MeasuredRun[]): GalleryItem[] =>
  runs.filter((run) => isBenign(run) && isHarmed(run)).map((run) => item(run, held(run)));

export const harmedResisting = (runs: readonly MeasuredRun[]): GalleryItem[] =>
  runs.filter((run) => isResisting(run) && isHarmed(run)).map((run) => item(run, held(run)));

const held = (run: MeasuredRun): string =>
  `${shown(run.lines.find(({ decision }) => decision !== 'allow'))} (${findingsOf(run)})`;
