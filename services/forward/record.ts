/** What can be forwarded: the nouns that leave, each with the id and the version that name one state of it. Pure. */
import type { Approval } from '../../schemas/approval.js';
import { SEVERITIES, type Severity } from '../../schemas/common.js';
import type { Contraction } from '../../schemas/contraction.js';
import type { Decision } from '../../schemas/decision.js';
import type { Finding } from '../../schemas/finding.js';
import type { Incident } from '../../schemas/incident.js';
import type { Topic } from '../../schemas/topics.js';
import { shortHash } from '../runtime/hash.js';

export interface RecordValues {
  incident: Incident;
  finding: Finding;
  contraction: Contraction;
  decision: Decision;
  approval: Approval;
}
export type RecordKind = keyof RecordValues;
export const RECORD_KINDS = [
  'incident',
  'finding',
  'contraction',
  'decision',
  'approval',
] as const satisfies readonly RecordKind[];

/** A union over kinds, so that kind and value always agree. */
export type ForwardRecord = { [K in RecordKind]: { kind: K; value: RecordValues[K] } }[RecordKind];
export type RecordOf<K extends RecordKind> = Extract<ForwardRecord, { kind: K }>;

/** Kinds that are kept as rows of tables; what waits for a person is asked, and told in the audit stream. */
export type TableKind = Exclude<RecordKind, 'approval'>;
export type TableRecord = Extract<ForwardRecord, { kind: TableKind }>;

/** The topic that carries each kind. */
export const TOPIC_OF = {
  incident: 'incidents',
  finding: 'signals',
  contraction: 'contractions',
  decision: 'decisions',
  approval: 'approvals',
} as const satisfies Record<RecordKind, Topic>;

/** Kinds of which there is one state only: told once, and then nothing of it needs to be remembered. */
const ONCE: ReadonlySet<RecordKind> = new Set(['finding', 'decision']);

export function toldOnce(kind: RecordKind): boolean {
  return ONCE.has(kind);
}

/** Which state of the noun this is; a later one is higher. */
export function versionOf(record: ForwardRecord): number {
  if (record.kind === 'approval') return versionOfApproval(record.value);
  return record.kind === 'incident' || record.kind === 'contraction' ? record.value.version : 1;
}

/** An approval changes by agreement after agreement, then by the answer; that it was taken up is no news. */
function versionOfApproval({ state, consents = [] }: Approval): number {
  return state === 'pending' ? 1 + consents.length : DECIDED;
}
/** More than there are groups that can agree. */
const DECIDED = 100;

/** The same for every repeat of the same state. */
export function recordId(record: ForwardRecord): string {
  return toldOnce(record.kind) ? record.value.id : `${record.value.id}:${versionOf(record)}`;
}

/**
 * What of a contraction is worth a new row: renewals of its lease and attempts at what it blocks make versions by the
 * minute, and say nothing that an incident's row does not.
 */
export function contractionDigest({ state, mode, maxAtMs, endReason, paged, controls, effects }: Contraction): string {
  return shortHash(
    state,
    mode,
    String(maxAtMs),
    endReason ?? '',
    String(paged ?? false),
    JSON.stringify(controls),
    effects.map((effect) => `${effect.id}=${effect.state}`).join(','),
  );
}

/** What of a record is worth telling again; `undefined`: every version is. */
export function newsOf(record: ForwardRecord): string | undefined {
  return record.kind === 'contraction' ? contractionDigest(record.value) : undefined;
}

export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
