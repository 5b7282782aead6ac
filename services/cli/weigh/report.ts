/** What `stepdown weigh` writes. */
import type { Proportion } from '../backtest/bootstrap.js';
import { type Block, heading, list, table, text } from '../eval/document.js';
import type { Fold, Outcome } from './folds.js';
import type { WeighedRun } from './rows.js';

export interface Weighing {
  ridge: number;
  suites: Fold[];
  suitesTogether: Outcome;
}

export interface WeighReport {
  seed: number;
  ridge: number;
  runs: readonly WeighedRun[];
  shipped: Outcome;
  priors: Outcome;
  fitted: Outcome;
  weighings: readonly Weighing[];
  goals: readonly Fold[];
  goalsTogether: Outcome;
  weights: readonly { name: string; shipped: number; prior: number; fitted: number }[];
}

const percent = (share: number): string => (share * 100).toFixed(1);
const shown = ({ hits, of, share, low, high }: Proportion): string =>
  share === null ? '–' : `${percent(share)}% (${hits}/${of}; ${percent(low ?? 0)}–${percent(high ?? 0)})`;
const row = (name: string, { stopped, benign, resisting }: Outcome): string[] => [
  name,
  shown(stopped),
  shown(benign),
  shown(resisting),
];
const HEAD = ['harmful call held', 'benign unharmed', 'resisting unharmed'];

export function reportOf(report: WeighReport): Block[] {
  const { runs, weighings, goals, ridge, seed } = report;
  const chosen = weighings.find((each) => each.ridge === ridge);
  const count = (kind: WeighedRun['kind']): number => runs.filter((run) => run.kind === kind).length;
  const poor = goals.filter(({ outcome }) => outcome.stopped.share !== null && outcome.stopped.share < 1);
  return [
    heading(1, 'What a call is judged by'),
    text(
      `${count('attacked')} runs whose attack succeeded, ${count('benign')} benign, ${count('resisting')} that resisted; seed ${seed}, ridge ${ridge}. Shares, counts, 95% interval over groups of user task and goal. Of the detector taint-sink alone, at even odds: what injection findings and taint.steered hold besides is not counted.`,
    ),
    heading(2, 'Left out'),
    table(
      ['left out of the fit, then tried on it', ...HEAD],
      [
        ...(chosen?.suites ?? []).map(({ name, outcome }) => row(name, outcome)),
        ...(chosen === undefined ? [] : [row('each suite in turn', chosen.suitesTogether)]),
        row('each goal in turn', report.goalsTogether),
      ],
    ),
    heading(2, 'Not left out'),
    table(
      ['weights', ...HEAD],
      [
        row('that ship', report.shipped),
        row('priors, no run seen', report.priors),
        row('fitted on all runs', report.fitted),
      ],
    ),
    heading(2, 'By ridge, each suite left out in turn'),
    table(
      ['ridge', ...HEAD],
      weighings.map(({ ridge: tried, suitesTogether }) => row(String(tried), suitesTogether)),
    ),
    ...(poor.length === 0
      ? []
      : [
          heading(2, 'Goals of which some calls pass when they are left out'),
          list(poor.map(({ name, outcome }) => `${name}: ${outcome.stopped.hits} of ${outcome.stopped.of} held`)),
        ]),
    heading(2, 'Weights'),
    table(
      ['witness', 'ships', 'prior', 'fitted'],
      report.weights.map(({ name, shipped, prior, fitted }) => [
        name,
        String(shipped),
        String(prior),
        fitted.toFixed(2),
      ]),
    ),
  ];
}
