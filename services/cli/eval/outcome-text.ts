/** Shares and their intervals, as the report writes them. */
import type { Proportion } from '../backtest/bootstrap.js';

export const percent = (share: number | null, digits = 1): string =>
  share === null ? '–' : `${(share * 100).toFixed(digits)}%`;

/** `96.1% (74/77; 86.4–100.0)`: the share, the counts, the 95% interval. */
export const shareText = ({ hits, of, share, low, high }: Proportion): string =>
  share === null
    ? 'nothing to count'
    : `${percent(share)} (${hits}/${of}; ${((low ?? 0) * 100).toFixed(1)}–${((high ?? 0) * 100).toFixed(1)})`;

/** The measured share beside its target: whether the target is met by the share itself. */
export const against = (measured: Proportion, target: number | undefined): string =>
  target === undefined || measured.share === null
    ? shareText(measured)
    : `${shareText(measured)} ${measured.share >= target ? 'meets' : 'misses'} ${percent(target)}`;
