/**
 * What is to change in Sentinel's incident so that it tells what ours does. Pure.
 *
 * The analyst's work is theirs: who has it, what it is called and whether it is being worked on stay as they are. Severity
 * only rises. It is closed there where a person judged it here, or where it turned out to be part of another one; that it
 * fell silent is a comment, since nobody has judged it yet.
 */
import { shortHash } from '../../../runtime/hash.js';
import { severityRank } from '../../record.js';
import type { Severity } from '../../../../schemas/common.js';
import type { Incident, TimelineEntry } from '../../../../schemas/incident.js';
import { severityName } from '../alerting.js';
import { type RemoteIncident, writable } from './remote-incident.js';
import { classificationOf } from './verdict.js';

export const LABEL = 'Stepdown';

/** The properties to PUT; `undefined`: nothing is to change. */
export function changedProperties(incident: Incident, remote: RemoteIncident): Record<string, unknown> | undefined {
  const changes: Record<string, unknown> = {};
  if (!labelled(remote.properties['labels']))
    changes['labels'] = [...list(remote.properties['labels']), { labelName: LABEL, labelType: 'User' }];
  if (remote.status !== 'Closed') {
    const there = remote.severity.toLowerCase() as Severity;
    if (severityRank(incident.severity) > severityRank(there)) changes['severity'] = severityName(incident.severity);
    Object.assign(changes, closing(incident));
  }
  return Object.keys(changes).length === 0 ? undefined : { ...writable(remote.properties), ...changes };
}

function closing({ verdict, mergedInto }: Incident): Record<string, unknown> {
  if (verdict !== undefined) {
    const { classification, reason } = classificationOf(verdict.value);
    return {
      status: 'Closed',
      classification,
      classificationReason: reason,
      classificationComment: `${verdict.by}: ${verdict.reason}`.slice(0, 1_000),
    };
  }
  if (mergedInto !== undefined)
    return {
      status: 'Closed',
      classification: 'Undetermined',
      classificationComment: `Belongs to the same attack as ${mergedInto}; it goes on there.`,
    };
  return {};
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const labelled = (labels: unknown): boolean =>
  list(labels).some((label) => (label as { labelName?: unknown } | null)?.labelName === LABEL);

/** Kinds of lines that are worth an analyst's attention by themselves. */
const NEWS: ReadonlySet<TimelineEntry['kind']> = new Set([
  'contraction',
  'revert',
  'verdict',
  'page',
  'note',
  'decision',
]);
const MAX_COMMENT = 8_000;

export interface CommentMark {
  version: number;
  /** Of each line that was told, eight digits; lines come in by the time of what happened, not of what was learned. */
  lines: readonly string[];
}

function lineMark({ atMs, kind, text }: TimelineEntry): string {
  return shortHash(String(atMs), kind, text).slice(0, 8);
}

/** What happened since the last comment, as one; `undefined`: nothing worth one. `shown` masks what must not leave. */
export function commentFor(
  incident: Incident,
  told: CommentMark | undefined,
  shown: (text: string) => string,
): string | undefined {
  const known = new Set(told?.lines);
  const fresh = incident.timeline.filter((entry) => !known.has(lineMark(entry)));
  const news = fresh.filter(({ kind }) => NEWS.has(kind));
  if (news.length === 0) return undefined;
  const others = fresh.length - news.length;
  const lines = news.map(({ atMs, text }) => `- ${new Date(atMs).toISOString()} ${shown(text)}`);
  const rest = others === 0 ? '' : `\n- and ${others} finding(s) and attempt(s)`;
  const head = `Stepdown, version ${incident.version}, ${incident.status}, ${incident.mode === 'enforce' ? 'enforcing' : 'observing'}:`;
  const body = `${head}\n${lines.join('\n')}${rest}`;
  const foot = `\n\nRead it: stepdown incidents show ${incident.id}`;
  return body.length + foot.length <= MAX_COMMENT
    ? body + foot
    : `${body.slice(0, MAX_COMMENT - foot.length - 14)}… [truncated]${foot}`;
}

export function commentMark(incident: Incident): CommentMark {
  return { version: incident.version, lines: incident.timeline.map(lineMark) };
}
