/** What a verdict says of readers that were not asked because whoever wanted it could not wait. */
import type { Read } from './inspect-text.js';

export const DEEP_NOT_ASKED = 'the deep text model was not asked';
export const JUDGE_NOT_ASKED = 'the judge was not asked';

export function isLeftOut(unread: string | undefined): boolean {
  return unread !== undefined && (unread.includes(DEEP_NOT_ASKED) || unread.includes(JUDGE_NOT_ASKED));
}

export function withUnread(read: Read, reason: string): Read {
  return { ...read, unread: read.unread === undefined ? reason : `${read.unread}; ${reason}` };
}
