/**
 * Which incident there is which of ours, kept in the store: `forward/sentinel/<sink>/link/<incident id>`. A link without a
 * name is one that waits for its rule; incidents of other engines on the same workspace have none here and are left alone.
 */
import { keyPart } from '../../../../schemas/entity.js';
import type { CommentMark } from './changes.js';
import type { Verdict } from './verdict.js';

export interface Link {
  schemaVersion: 1;
  tenant: string;
  incidentId: string;
  /** The GUID of the incident there. */
  name?: string;
  /** As it was when it was last looked at by the way back. */
  seenEtag?: string;
  told?: CommentMark;
  comments: number;
  /** The last verdict that went either way. */
  verdict?: Verdict;
}

const prefix = (sink: string): string => `forward/sentinel/${keyPart(sink)}/`;

export function linkKey(sink: string, incidentId: string): string {
  return `${prefix(sink)}link/${keyPart(incidentId)}`;
}

export function pollKey(sink: string): string {
  return `${prefix(sink)}poll`;
}

/** How far the way back has looked. */
export interface PollMark {
  schemaVersion: 1;
  /** `lastModifiedTimeUtc` of the newest incident seen, milliseconds. */
  sinceMs: number;
}
