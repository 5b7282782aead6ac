/** The label of a benign run, but for what is changed. */
import type { Label } from '../../../services/cli/backtest/score.js';

export const label = (traceId: string, changes: Partial<Label> = {}): Label => ({
  traceId,
  userTask: 'u',
  injectionTask: null,
  attack: false,
  succeeded: false,
  utility: true,
  exposure: null,
  harmful: null,
  ...changes,
});
