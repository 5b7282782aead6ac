/**
 * The audit stream's seals: a keyed hash chain beside the records. Pure.
 *
 * leaf = HMAC-SHA-256(key, entry), mac = HMAC-SHA-256(key, previous mac, partition, ordinal, offset, time, entry's id, leaf)
 *
 * Who can write the store but has not the key can neither change, drop, insert nor reorder a sealed entry unseen. What
 * a chain alone cannot show is that its end was cut off together with the entries: for that the newest seal (the
 * *head*) is kept outside from time to time and given back as an *anchor*.
 *
 * Forgetting a user changes entries that name the person. Before it does, an amendment is written that names the entry's
 * old and new leaf under the key; the old leaf stays in the chain.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AuditEntry } from '../../schemas/audit.js';
import { canonicalJson } from '../runtime/canonical-json.js';

/** What the first seal of a partition follows. */
export const GENESIS = '0'.repeat(64);

export interface Seal {
  partition: number;
  offset: number;
  /** 1 for the first of its partition. */
  ordinal: number;
  entryId: string;
  leaf: string;
  previous: string;
  mac: string;
  sealedAtMs: number;
}

export interface Amendment {
  entryId: string;
  before: string;
  after: string;
  mac: string;
}

export interface Sealed {
  offset: number;
  value: AuditEntry;
}

export type AuditFault =
  'entry-changed' | 'entry-missing' | 'seal-missing' | 'seal-forged' | 'chain-broken' | 'anchor-missed';

export interface AuditFinding {
  fault: AuditFault;
  partition: number;
  offset: number;
  entryId?: string;
  text: string;
}

function hmac(key: Uint8Array, ...parts: string[]): string {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(`${Buffer.byteLength(part)}:${part},`);
  return mac.digest('hex');
}

/** `what` separates the uses of one key. */
export const leafOf = (key: Uint8Array, entry: AuditEntry): string => hmac(key, 'leaf', canonicalJson(entry));

function macOf(key: Uint8Array, seal: Omit<Seal, 'mac'>): string {
  const { previous, partition, ordinal, offset, sealedAtMs, entryId, leaf } = seal;
  return hmac(key, 'seal', previous, ...[partition, ordinal, offset, sealedAtMs].map(String), entryId, leaf);
}

/** The seal of an entry behind the newest seal of its partition; `undefined` before the first. */
export function sealOf(
  key: Uint8Array,
  previous: Pick<Seal, 'ordinal' | 'mac'> | undefined,
  at: { partition: number; offset: number; nowMs: number },
  entry: AuditEntry,
): Seal {
  const bare = {
    partition: at.partition,
    offset: at.offset,
    ordinal: (previous?.ordinal ?? 0) + 1,
    entryId: entry.id,
    leaf: leafOf(key, entry),
    previous: previous?.mac ?? GENESIS,
    sealedAtMs: at.nowMs,
  };
  return { ...bare, mac: macOf(key, bare) };
}

export function amendmentOf(key: Uint8Array, before: AuditEntry, after: AuditEntry): Amendment {
  const bare = { entryId: before.id, before: leafOf(key, before), after: leafOf(key, after) };
  return { ...bare, mac: hmac(key, 'amendment', bare.entryId, bare.before, bare.after) };
}

function isGenuine(key: Uint8Array, { entryId, before, after, mac }: Amendment): boolean {
  return same(mac, hmac(key, 'amendment', entryId, before, after));
}

const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));

/** `partition:ordinal:mac`: a head as it is kept outside. */
export const anchorOf = ({ partition, ordinal, mac }: Pick<Seal, 'partition' | 'ordinal' | 'mac'>): string =>
  `${partition}:${ordinal}:${mac}`;

/** `undefined`: it is none. */
export function readAnchor(text: string): Pick<Seal, 'partition' | 'ordinal' | 'mac'> | undefined {
  const match = /^(\d{1,9}):(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim());
  return match === null
    ? undefined
    : { partition: Number(match[1]), ordinal: Number(match[2]), mac: match[3] as string };
}

export interface PartitionToVerify {
  partition: number;
  /** Whether the head is known; it stands apart from the seals. */
  headed: boolean;
  /** In order of their offsets, up to the head. */
  seals: readonly Seal[];
  /** What is kept of the topic, in order. */
  entries: readonly Sealed[];
  /** Retention takes only what was sealed before then: what is younger must be there. */
  keptSinceMs: number;
  amendments: ReadonlyMap<string, readonly Amendment[]>;
  anchors?: readonly Pick<Seal, 'partition' | 'ordinal' | 'mac'>[];
}

export interface Verified {
  partition: number;
  /** Entries that are there, sealed and unchanged. */
  intact: number;
  /** Of these, changed by forgetting a user. */
  amended: number;
  /** Behind the last seal: written moments ago, or while nothing sealed. */
  unsealed: number;
  head: Seal | undefined;
  faults: AuditFinding[];
}

export function verifyPartition(key: Uint8Array, of: PartitionToVerify): Verified {
  const { partition, seals, entries, keptSinceMs } = of;
  const faults: AuditFinding[] = [];
  const fault = (what: AuditFault, offset: number, text: string, entryId?: string): void => {
    faults.push({ fault: what, partition, offset, text, ...(entryId === undefined ? {} : { entryId }) });
  };

  let before: Seal | undefined;
  for (const seal of seals) {
    if (!same(seal.mac, macOf(key, seal)))
      fault('seal-forged', seal.offset, 'this seal was not made with the key', seal.entryId);
    // The oldest seal that is kept may follow one that retention dropped.
    else if (before !== undefined && (seal.previous !== before.mac || seal.ordinal !== before.ordinal + 1))
      fault('chain-broken', seal.offset, `it does not follow the seal before it, at offset ${before.offset}`);
    else if (before === undefined && seal.ordinal === 1 && seal.previous !== GENESIS)
      fault('chain-broken', seal.offset, 'the first seal follows something');
    before = seal;
  }
  const head = seals.at(-1);
  if (head !== undefined && !of.headed) fault('chain-broken', head.offset, 'the head of the chain is gone');

  const sealed = new Map(seals.map((seal) => [seal.offset, seal]));
  const present = new Set<number>();
  let intact = 0;
  let amended = 0;
  let unsealed = 0;
  for (const { offset, value } of entries) {
    present.add(offset);
    const seal = sealed.get(offset);
    if (seal === undefined) {
      if (head === undefined || offset > head.offset) unsealed += 1;
      else fault('seal-missing', offset, 'an entry that was never sealed stands among sealed ones', value.id);
      continue;
    }
    const leaf = leafOf(key, value);
    if (same(leaf, seal.leaf)) intact += 1;
    else if (reaches(key, of.amendments.get(seal.entryId) ?? [], seal.leaf, leaf)) {
      intact += 1;
      amended += 1;
    } else fault('entry-changed', offset, 'it is not what was sealed', seal.entryId);
  }
  const oldest = entries[0]?.offset ?? Infinity;
  for (const seal of seals)
    if (!present.has(seal.offset) && (seal.sealedAtMs > keptSinceMs || seal.offset > oldest))
      fault('entry-missing', seal.offset, 'it was sealed and is gone', seal.entryId);

  for (const anchor of of.anchors ?? []) {
    if (anchor.partition !== partition) continue;
    const seal = seals.find(({ ordinal }) => ordinal === anchor.ordinal);
    const first = seals[0];
    if (seal === undefined && first !== undefined && anchor.ordinal < first.ordinal) continue;
    if (seal === undefined || !same(seal.mac, anchor.mac))
      fault(
        'anchor-missed',
        seal?.offset ?? head?.offset ?? 0,
        seal === undefined
          ? `the chain ends before seal ${anchor.ordinal}, which was anchored outside`
          : `seal ${anchor.ordinal} is not the one that was anchored outside`,
      );
  }
  return { partition, intact, amended, unsealed, head, faults: faults.sort((a, b) => a.offset - b.offset) };
}

/** Whether genuine amendments lead from one leaf to the other: a second person may be forgotten later. */
function reaches(key: Uint8Array, amendments: readonly Amendment[], from: string, to: string): boolean {
  let leaf = from;
  for (const amendment of amendments) {
    if (amendment.before !== leaf || !isGenuine(key, amendment)) continue;
    leaf = amendment.after;
    if (leaf === to) return true;
  }
  return false;
}
