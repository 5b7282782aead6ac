/**
 * What a store has lost that it had answered, written again by the one owner who knows what stood there. A document whose
 * version is lower than the one that its sole writer wrote last has gone back; whoever else claims meanwhile raises the
 * version of the log's document, and then nothing is touched.
 */
import type { Schedule } from '../schedule/types.js';
import type { Store, Write, WriteOutcome } from '../store/types.js';
import type { Claim } from './types.js';
import type { Lately, WrittenLately } from './written-lately.js';

/** What this process knows of an owner. */
export interface Held {
  claim: Claim;
  lately: WrittenLately;
  /** A unit that was logged under this claim and is not finished, as it was written. */
  log: string | undefined;
}

export interface PutBack {
  claim: Claim;
  held: Held;
  /** Of the log's document. */
  key: string;
  /** What is logged where nothing is to be finished. */
  empty: string;
}

/** The versions that documents have now which were gone, and timers with them. */
export async function putBack(
  { store, schedule }: { store: Pick<Store, 'get' | 'write'>; schedule: Pick<Schedule, 'set' | 'cancel'> },
  { claim, held, key, empty }: PutBack,
): Promise<Map<string, number>> {
  const versions = new Map<string, number>();
  const { lately } = held;
  const [log] = await store.get([key]);
  if ((log?.version ?? 0) > claim.version) return versions;
  const { documents } = lately;
  const stored = documents.length === 0 ? [] : await store.get(documents.map((document) => document.key));
  const gone = documents.flatMap((document, index): Write[] => {
    const version = stored[index]?.version ?? 0;
    return isBehind(document, version) ? [writeOf(document, version)] : [];
  });
  if (gone.length === 0 && log?.version === claim.version) return versions;
  const [outcome] = await store.write([
    { key, value: undefined, json: held.log ?? empty, expectVersion: log?.version ?? 0 },
  ]);
  if (outcome?.ok !== true) return versions;
  claim.version = outcome.version;
  const outcomes = gone.length === 0 ? [] : await store.write(gone);
  for (const [index, write] of gone.entries()) {
    const written = outcomes[index];
    if (written?.ok !== true) continue;
    versions.set(write.key, written.version);
    lately.note({ key: write.key, json: write.json, version: written.version, seen: write.seen });
  }
  // Timers have no versions, so all that is known of them is said again; whoever fires one too many finds nothing to do.
  const { owner } = claim;
  const set = lately.timers.flatMap(([, timer]) => timer ?? []);
  const removed = lately.timers.flatMap(([id, timer]) => (timer === undefined ? [id] : []));
  if (removed.length > 0) await schedule.cancel(owner, removed);
  if (set.length > 0) await schedule.set(set);
  return versions;
}

/** Tries refused writes again that were refused because the store has gone back; `outcomes` and `again` are told how it went. */
export async function writtenAgain(
  store: Pick<Store, 'write'>,
  {
    writes,
    outcomes,
    held: { lately },
    again,
  }: { writes: readonly Write[]; outcomes: WriteOutcome[]; held: Held; again: Map<string, number> },
): Promise<void> {
  const refused = writes.flatMap((write, index): { write: Write; index: number }[] => {
    const outcome = outcomes[index];
    if (outcome === undefined || outcome.ok || outcome.reason !== 'version' || write.expectVersion === undefined)
      return [];
    const version = outcome.current?.version ?? 0;
    const known = lately.document(write.key);
    const gone = version < write.expectVersion || (known !== undefined && isBehind(known, version));
    return gone ? [{ write: { ...write, expectVersion: version }, index }] : [];
  });
  if (refused.length === 0) return;
  const second = await store.write(refused.map(({ write }) => write));
  for (const [at, { write, index }] of refused.entries()) {
    const outcome = second[at];
    if (outcome === undefined) continue;
    outcomes[index] = outcome;
    if (outcome.ok) again.set(write.key, outcome.version);
  }
}

/** Deleted documents have no version that could be compared: one that is there again has come back. */
function isBehind({ version, json }: Lately, stored: number): boolean {
  return json === undefined ? stored > 0 : stored < version;
}

function writeOf({ key, json, seen }: Lately, stored: number): Write {
  return {
    key,
    value: undefined,
    ...(json === undefined ? {} : { json }),
    expectVersion: stored,
    ...(seen === undefined ? {} : { seen }),
  };
}
