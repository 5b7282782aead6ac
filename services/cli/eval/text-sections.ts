/** The report's part on labelled texts. Pure. */
import { PROMPT_TRAINED_WITH } from '../../inspect/models/prompt/reader.js';
import { printable } from '../../runtime/printable.js';
import { type Block, heading, list, table, text } from './document.js';
import { reliabilityFigure, rocFigure } from './figures.js';
import { percent, shareText } from './outcome-text.js';
import { TARGETS } from './targets.js';
import { bySource, type TextSet } from './text-set.js';

export function textSections(sets: readonly TextSet[]): Block[] {
  return sets.flatMap((set) => {
    const rate = 0.01;
    const sources = bySource(set, rate);
    const items = set.texts.map(({ positive, score }) => ({ probability: score, right: positive }));
    const cut = (words: string): string => printable(words.replaceAll(/\s+/g, ' ').slice(0, 160));
    const worst = [...set.texts].filter(({ positive }) => positive).sort((a, b) => a.score - b.score);
    const loudest = [...set.texts].filter(({ positive }) => !positive).sort((a, b) => b.score - a.score);
    const seen = sources
      .map(({ source }) => source)
      .filter((source) => PROMPT_TRAINED_WITH.has(source.split('/', 1)[0] as string));
    return [
      heading(2, `Texts: ${set.name}`),
      text(
        `${set.texts.length} texts, ${set.skipped} not read; ${(set.chars / 1e6 / Math.max(set.seconds, 1e-9)).toFixed(1)} million characters a second. Each source of attacks is measured at the threshold that 1% of the other sources’ clean texts reach, or its own where no other has any (target ${percent(TARGETS.directFound)}).`,
      ),
      ...(set.roleless.count === 0
        ? []
        : [
            text(
              `${set.roleless.count} texts name no role and were read as \`${set.roleless.role}\`; --text-role says another. A request is honest in a user’s words and planted in a tool’s result: the role decides.`,
            ),
          ]),
      ...(seen.length === 0
        ? []
        : [
            text(
              `The shipped prompt model was trained with texts of ${seen.map(printable).join(', ')}: what it reaches on them says nothing of sources it has not seen. docs/semantic-inspection.md tells what it reaches on each of them when it is left out of training.`,
            ),
          ]),
      table(
        ['source of attacks', 'attacks', 'AUC', 'recall at 1% FPR of the others', 'own clean texts flagged there'],
        sources.map(({ source, separation: { roc, positives, recallAt }, flaggedClean, clean }) => [
          source,
          String(positives),
          roc.auc === null ? '–' : roc.auc.toFixed(4),
          recallAt[0] === undefined ? '–' : shareText(recallAt[0].recall),
          clean === 0 ? 'has none' : `${flaggedClean} of ${clean}`,
        ]),
      ),
      rocFigure(
        `roc-${set.name}`,
        `${set.name}: attacks against clean, by source of attacks`,
        sources.map(({ source, separation }) => ({ name: source, separation })),
      ),
      reliabilityFigure(`reliability-${set.name}`, `${set.name}: said and was so`, [{ name: set.name, items }]),
      heading(3, 'Gallery'),
      list([
        ...worst
          .slice(0, 6)
          .map(({ source, score, text: words }) => `missed (${score.toFixed(2)}, ${source}): ${cut(words)}`),
        ...loudest
          .slice(0, 6)
          .filter(({ score }) => score >= 0.5)
          .map(({ source, score, text: words }) => `clean, flagged (${score.toFixed(2)}, ${source}): ${cut(words)}`),
      ]),
    ];
  });
}
