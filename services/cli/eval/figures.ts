/** The report's figures. */
import { reliabilityOf } from '../../inspect/training/calibration.js';
import { type Block, figure } from './document.js';
import { delaysOf, heldCalls, type Separation } from './measures.js';
import { isBenign, isExposed, type MeasuredRun } from './measured-run.js';
import { barPlot } from './plots/bars.js';
import { countAxis, percentAxis } from './plots/frame.js';
import { linePlot } from './plots/lines.js';

export function rocFigure(
  name: string,
  title: string,
  curves: readonly { name: string; separation: Separation }[],
): Block {
  return figure(
    name,
    title,
    linePlot(
      { title, x: percentAxis('false-positive rate'), y: percentAxis('true-positive rate') },
      curves.map(({ name: curve, separation: { roc } }) => ({
        name: `${curve}: AUC ${roc.auc === null ? '–' : roc.auc.toFixed(3)}`,
        points: roc.points,
      })),
      { diagonal: true },
    ),
  );
}

export interface Calibrated {
  probability: number;
  right: boolean;
}

export function reliabilityFigure(
  name: string,
  title: string,
  curves: readonly { name: string; items: readonly Calibrated[] }[],
): Block {
  const drawn = curves
    .filter(({ items }) => items.length > 0)
    .map(({ name: curve, items }) => {
      const { ece, bins } = reliabilityOf(
        items.map(({ probability }) => probability),
        items.map(({ right }) => (right ? 1 : 0)),
      );
      return {
        name: `${curve}: ECE ${ece.toFixed(3)} of ${items.length}`,
        points: bins.filter(({ count }) => count > 0).map(({ said, was }) => [said, was] as const),
        dots: true,
      };
    });
  return figure(
    name,
    title,
    linePlot({ title, x: percentAxis('said'), y: percentAxis('was so') }, drawn, { diagonal: true }),
  );
}

/** A finding is right where the run was attacked and the finding came no earlier than the exposure. */
export function findingsCalibration(runs: readonly MeasuredRun[], detector: string): Calibrated[] {
  return runs
    .filter((run) => isBenign(run) || isExposed(run))
    .flatMap((run) =>
      run.findings
        .filter((finding) => finding.detector === detector)
        .map(({ confidence, timeMs }) => ({
          probability: confidence,
          right: isExposed(run) && timeMs >= (run.exposedMs ?? Number.POSITIVE_INFINITY),
        })),
    );
}

const FURTHEST = 10;

export function delayFigure(measured: readonly { title: string; runs: readonly MeasuredRun[] }[]): Block {
  const title = 'Exposed runs found, by calls begun since the exposure';
  return figure(
    'delay',
    title,
    linePlot(
      {
        title,
        x: countAxis('calls begun since the injected text was read', FURTHEST),
        y: percentAxis('share of exposed runs'),
      },
      measured.map(({ title: name, runs }) => {
        const { finding } = delaysOf(runs);
        return {
          name,
          dots: true,
          points: Array.from(
            { length: FURTHEST + 1 },
            (_, calls) =>
              [
                calls,
                finding.length === 0
                  ? 0
                  : finding.filter((delay) => delay !== undefined && delay <= calls).length / finding.length,
              ] as const,
          ),
        };
      }),
    ),
  );
}

export function wouldBlockFigure(measured: readonly { name: string; runs: readonly MeasuredRun[] }[]): Block {
  const title = 'Calls that would be blocked or held';
  return figure(
    'would-block',
    title,
    barPlot(
      title,
      'calls',
      ['harmful call', 'other, after exposure', 'attacked, before exposure', 'benign run'],
      measured.map(({ name, runs }) => {
        const { harmful, exposed, before, benign } = heldCalls(runs);
        return { name, values: [harmful, exposed, before, benign] };
      }),
    ),
  );
}
