/**
 * What we hold at one place in the directory, as sets: pure. A place (a *slot*) is read as a set of elements: the members of a
 * group, the scopes of a grant, whether an account is `enabled`. Several effects may want things there at once (*claims*); what
 * is left of them decides, and what comes back is the inverse of our own change applied to what is there now.
 *
 * - `taken`: elements that were there and that we took away. `given`: elements that were not there and that we put there.
 * - An *intent* is durable before the directory is asked, so that after a crash, or a lost answer, what we did is told apart
 *   from what a person did: an element of an intent that is found as intended is ours. What was asked and not answered may
 *   come true for a while; until then its intent is kept (`unsure`).
 * - What a met claim no longer finds as it wants it, and no intent of ours explains, a person has changed: the claim lets go of
 *   it (`dropped`). A later claim may want it anew.
 *
 * - A change that the directory has confirmed is *settling*: for a while, reads may come from a copy that does not have it yet, and
 *   count as if they had. A person's change to the same element is seen after that.
 *
 * One thing cannot be seen: a person's change that is made and taken back between two looks.
 */

export interface Claim {
  /** To be there, and not to be there. */
  add: readonly string[];
  remove: readonly string[];
  /** Everything else is to go; becomes `remove` when the place is first read. */
  keep?: readonly string[];
  /** Must be so already, is never ours to change. */
  require: readonly string[];
  /** Once it was all as claimed. */
  met?: true;
  /** What a person changed since. */
  dropped: readonly string[];
  /** Its effect is over: it wants nothing any more, and goes once nothing of it may still come true. */
  released?: true;
}

export interface Intent {
  take: readonly string[];
  give: readonly string[];
  restore: readonly string[];
  giveBack: readonly string[];
  untilMs: number;
}

/** Confirmed by the directory, and maybe not shown by it yet. */
export interface Settling extends Change {
  untilMs: number;
}

export interface Holding {
  schemaVersion: 1;
  slot: string;
  claims: Readonly<Record<string, Claim>>;
  taken: readonly string[];
  given: readonly string[];
  intents: readonly Intent[];
  settling?: readonly Settling[];
  /** Since when the place itself is not found; a copy that lags behind may say so of one that is there. */
  missingSinceMs?: number;
  /** As it was before our first change, and its hash: for people, and for the audit. Never written back. */
  before?: { elements: readonly string[]; hash: string; atMs: number };
}

export interface Change {
  add: readonly string[];
  remove: readonly string[];
}

export const emptyHolding = (slot: string): Holding => ({
  schemaVersion: 1,
  slot,
  claims: {},
  taken: [],
  given: [],
  intents: [],
});

const unique = (items: readonly string[]) => [...new Set(items)];
const without = (items: readonly string[], gone: ReadonlySet<string>) => items.filter((item) => !gone.has(item));

/** Nothing is held and nothing may still come true. */
export function isIdle({ claims, taken, given, intents }: Holding): boolean {
  return Object.keys(claims).length === 0 && taken.length + given.length + intents.length === 0;
}

export function withClaim(holding: Holding, effectId: string, claim: Claim): Holding {
  return { ...holding, claims: { ...holding.claims, [effectId]: claim } };
}

export function released(holding: Holding, effectId: string): Holding {
  const claim = holding.claims[effectId];
  if (claim === undefined || claim.released === true) return holding;
  const { keep: _k, met: _m, ...rest } = claim;
  return withClaim(holding, effectId, { ...rest, add: [], remove: [], require: [], released: true });
}

export function withoutClaim(holding: Holding, effectId: string): Holding {
  const { [effectId]: _, ...claims } = holding.claims;
  return { ...holding, claims };
}

/** What a read shows, with what is known to be so though it may not show it yet. */
export function settledView(holding: Holding, read: ReadonlySet<string>, nowMs: number): ReadonlySet<string> {
  const open = (holding.settling ?? []).filter(({ untilMs }) => nowMs < untilMs);
  if (open.length === 0) return read;
  const seen = new Set(read);
  for (const { add, remove } of open) {
    for (const element of remove) seen.delete(element);
    for (const element of add) seen.add(element);
  }
  return seen;
}

/** Elements of which reads, and answers that rest on reads, are not to be believed yet. */
export function settlingElements(holding: Holding, nowMs: number): ReadonlySet<string> {
  const open = (holding.settling ?? []).filter(({ untilMs }) => nowMs < untilMs);
  return new Set(open.flatMap(({ add, remove }) => [...add, ...remove]));
}

/** Until when what was confirmed may not be shown; 0: nothing is. */
export const settlesAtMs = ({ settling = [] }: Holding): number =>
  Math.max(0, ...settling.map(({ untilMs }) => untilMs));

/** The change is confirmed now. Of each element the last word counts. */
function settlingWith(holding: Holding, { add, remove }: Change, nowMs: number, untilMs: number): readonly Settling[] {
  const news = new Set([...add, ...remove]);
  const older = (holding.settling ?? [])
    .filter((each) => nowMs < each.untilMs)
    .map((each) => ({ add: without(each.add, news), remove: without(each.remove, news), untilMs: each.untilMs }))
    .filter((each) => each.add.length + each.remove.length > 0);
  return untilMs > nowMs && news.size > 0 ? [...older, { add, remove, untilMs }] : older;
}

/** What our own requests explain of what is there now: ours becomes ours, what can still come true stays. */
function explained(holding: Holding, now: ReadonlySet<string>, nowMs: number): Holding {
  let taken = new Set(holding.taken);
  let given = new Set(holding.given);
  const intents: Intent[] = [];
  for (const intent of holding.intents) {
    const open = { take: [] as string[], give: [] as string[], restore: [] as string[], giveBack: [] as string[] };
    for (const element of intent.take) {
      if (!now.has(element)) taken.add(element);
      else open.take.push(element);
    }
    for (const element of intent.give) {
      if (now.has(element)) given.add(element);
      else open.give.push(element);
    }
    for (const element of intent.restore) {
      if (now.has(element)) taken.delete(element);
      else open.restore.push(element);
    }
    for (const element of intent.giveBack) {
      if (!now.has(element)) given.delete(element);
      else open.giveBack.push(element);
    }
    const left = open.take.length + open.give.length + open.restore.length + open.giveBack.length;
    if (left > 0 && nowMs < intent.untilMs) intents.push({ ...open, untilMs: intent.untilMs });
  }
  // What is there again was put back, and what is gone again was taken out: by a person, and so no longer ours.
  taken = new Set([...taken].filter((element) => !now.has(element)));
  given = new Set([...given].filter((element) => now.has(element)));
  return { ...holding, taken: [...taken], given: [...given], intents };
}

/** Our own request that may have come true since, and undone what a claim had met. */
function oursMayHave(holding: Holding, element: string): boolean {
  return holding.intents.some(
    ({ take, give, restore, giveBack }) =>
      take.includes(element) || give.includes(element) || restore.includes(element) || giveBack.includes(element),
  );
}

export function satisfied(claim: Claim, now: ReadonlySet<string>): boolean {
  const dropped = new Set(claim.dropped);
  return (
    without(claim.add, dropped).every((element) => now.has(element)) &&
    without(claim.remove, dropped).every((element) => !now.has(element)) &&
    claim.require.every((element) => now.has(element))
  );
}

function looked(holding: Holding, before: Holding, claim: Claim, now: ReadonlySet<string>): Claim {
  const wanted: Claim =
    claim.keep === undefined || claim.met === true
      ? claim
      : {
          ...claim,
          remove: unique([
            ...claim.remove,
            ...without([...now, ...holding.taken], new Set([...claim.keep, ...claim.require])).filter(isPlain),
          ]),
        };
  if (wanted.met !== true) return wanted;
  const changed = [
    ...wanted.add.filter((element) => !now.has(element)),
    ...wanted.remove.filter((element) => now.has(element)),
    ...wanted.require.filter((element) => !now.has(element)),
    // What was granted since, beyond what is to remain.
    ...(wanted.keep === undefined
      ? []
      : without([...now], new Set([...wanted.keep, ...wanted.remove, ...wanted.require])).filter(isPlain)),
  ].filter((element) => !oursMayHave(before, element));
  const dropped = unique([...wanted.dropped, ...changed]);
  return dropped.length === wanted.dropped.length ? wanted : { ...wanted, dropped };
}

/** Elements in brackets say something of the place itself. */
export const EXISTS = '[exists]';
export const isPlain = (element: string): boolean => !element.startsWith('[');

/**
 * What is to be changed, given what is there now. `removable`: the place itself is gone when nothing is left in it, and made
 * anew when something comes back.
 */
export function plan(
  given: Holding,
  now: ReadonlySet<string>,
  nowMs: number,
  options: { removable: boolean },
): { holding: Holding; change: Change } {
  let holding = explained(given, now, nowMs);
  // The whole place was taken away by a person: nothing of it is ours to bring back.
  const deleted = options.removable && !now.has(EXISTS) && !holding.taken.includes(EXISTS);
  if (deleted) holding = { ...holding, taken: [], given: [] };
  const claims = Object.fromEntries(
    Object.entries(holding.claims).map(([id, claim]) => [id, looked(holding, given, claim, now)]),
  );
  holding = { ...holding, claims };
  const all = Object.values(claims);
  const wantGone = new Set(all.flatMap((claim) => without(claim.remove, new Set(claim.dropped))));
  const wantThere = new Set(all.flatMap((claim) => without(claim.add, new Set(claim.dropped))));
  const take = [...wantGone].filter((element) => now.has(element));
  const give = [...wantThere].filter((element) => !now.has(element));
  const restore = holding.taken.filter((element) => element !== EXISTS && !wantGone.has(element));
  const giveBack = holding.given.filter((element) => !wantThere.has(element));
  const add = [...give, ...restore];
  const remove = [...take, ...giveBack];
  if (options.removable && add.length + remove.length > 0) {
    const left = new Set([...[...now].filter((element) => !remove.includes(element)), ...add].filter(isPlain));
    if (now.has(EXISTS) && left.size === 0) remove.push(EXISTS);
    if (!now.has(EXISTS) && left.size > 0) add.push(EXISTS);
  }
  return { holding, change: { add: unique(add), remove: unique(remove) } };
}

export const isNothing = ({ add, remove }: Change): boolean => add.length + remove.length === 0;

/** To be durable before the directory is asked. */
export function intending(
  holding: Holding,
  change: Change,
  now: ReadonlySet<string>,
  nowMs: number,
  untilMs: number,
  hashOf: (elements: readonly string[]) => string,
): Holding {
  const taken = new Set(holding.taken);
  const given = new Set(holding.given);
  const intent: Intent = {
    take: change.remove.filter((element) => !given.has(element)),
    giveBack: change.remove.filter((element) => given.has(element)),
    give: change.add.filter((element) => !taken.has(element)),
    restore: change.add.filter((element) => taken.has(element)),
    untilMs,
  };
  const elements = [...now].sort();
  const before = holding.before ?? { elements: elements.slice(0, 1_000), hash: hashOf(elements), atMs: nowMs };
  return { ...holding, before, intents: [...holding.intents, intent] };
}

/** The directory has confirmed it, but for what it refused; until `settledAtMs` it may not show it. */
export function done(
  holding: Holding,
  change: Change,
  refused: ReadonlySet<string> = new Set(),
  nowMs = 0,
  settledAtMs = 0,
): Holding {
  const add = without(change.add, refused);
  const remove = without(change.remove, refused);
  const taken = new Set(holding.taken);
  const given = new Set(holding.given);
  for (const element of remove) {
    if (!given.delete(element)) taken.add(element);
  }
  for (const element of add) {
    if (!taken.delete(element)) given.add(element);
  }
  const { settling: _, ...rest } = holding;
  const settling = settlingWith(holding, { add, remove }, nowMs, settledAtMs);
  return {
    ...rest,
    taken: [...taken],
    given: [...given],
    intents: holding.intents.slice(0, -1),
    ...(settling.length === 0 ? {} : { settling }),
  };
}

/** It was certainly not done. */
export function notDone(holding: Holding): Holding {
  return { ...holding, intents: holding.intents.slice(0, -1) };
}

/** Claims that are as they want to be now are met from here on. */
export function met(holding: Holding, now: ReadonlySet<string>): Holding {
  return {
    ...holding,
    claims: Object.fromEntries(
      Object.entries(holding.claims).map(([id, claim]) => [
        id,
        claim.met !== true && satisfied(claim, now) ? { ...claim, met: true as const } : claim,
      ]),
    ),
  };
}
