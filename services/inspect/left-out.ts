/** What a verdict says of readers that were not asked because whoever wanted it could not wait, or that did not answer. */
import type { Read } from './inspect-text.js';
import type { DeepAnswer } from './models/deep/reader.js';

export const DEEP_NOT_ASKED = 'the deep text model was not asked';
export const JUDGE_NOT_ASKED = 'the judge was not asked';

export function isLeftOut(unread: string | undefined): boolean {
  return unread !== undefined && (unread.includes(DEEP_NOT_ASKED) || unread.includes(JUDGE_NOT_ASKED));
}

const DEEP_FULL = 'the deep text model had too much to read';
const DEEP_FAILED = 'the deep text model failed';

/** Of windows that the deep text model left unread; without a reason its budget was spent. */
export function deepLeft(windows: number, why: DeepAnswer['left']): string {
  if (why === undefined) return `${windows} windows were left out by the deep text model's budget`;
  const reason = why === 'queue' ? DEEP_FULL : `${DEEP_FAILED}: ${why.failed}`;
  return `${windows} windows were left out: ${reason}`;
}

/** Whether the same text, asked about again, may be read better: a spent budget would be spent again. */
export function isWorthAsking(unread: string | undefined): boolean {
  return isLeftOut(unread) || unread?.includes(DEEP_FULL) === true || unread?.includes(DEEP_FAILED) === true;
}

export function withUnread(read: Read, reason: string): Read {
  return { ...read, unread: read.unread === undefined ? reason : `${read.unread}; ${reason}` };
}
