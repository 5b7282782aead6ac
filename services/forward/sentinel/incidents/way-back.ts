/**
 * The way back: looks at incidents that changed in Sentinel, finds which of ours they are, and takes a verdict that was given
 * there over as a command, as if it had been given here: response lifts the contractions and audits it.
 *
 * Command and link are one checkpoint, so a verdict is taken over once; its id is the same for the same verdict, should it
 * be taken over twice where the drivers are not one database.
 */
import { keyPart } from '../../../../schemas/entity.js';
import type { Incident } from '../../../../schemas/incident.js';
import type { SignalOf } from '../../../../schemas/signal.js';
import type { Checkpoint } from '../../../runtime/checkpoint/types.js';
import { shortHash } from '../../../runtime/hash.js';
import type { Log } from '../../../runtime/log.js';
import type { Service } from '../../../runtime/service.js';
import type { Store } from '../../../runtime/store/types.js';
import { type Backoff, backoffMs } from '../../backoff.js';
import { Wake } from '../../delivery/wake.js';
import { type Link, linkKey, type PollMark, pollKey } from './link.js';
import { markIn, type RemoteIncident } from './remote-incident.js';
import type { SecurityInsights } from './security-insights.js';
import { type Verdict, verdictOf } from './verdict.js';

export interface WayBackOptions {
  insights: SecurityInsights;
  store: Store;
  checkpoint: Checkpoint;
  sink: string;
  pollMs: number;
  /** How pauses grow while it cannot look; the first is never longer than `pollMs`. */
  pauses: Backoff;
  now: () => number;
  random: () => number;
  log: Log;
}

/** Changes become visible out of order; what was seen already is known by its etag. */
const OVERLAP_MS = 5 * 60_000;
/** How far the first look goes back. */
const FIRST_MS = 86_400_000;
const REMEMBERED = 2_000;

export interface WayBack extends Service {
  /** One look; gives how many verdicts were taken over, or why it could not look. */
  look(): Promise<{ verdicts: number } | { failed: string; afterMs?: number }>;
}

export function wayBack(options: WayBackOptions): WayBack {
  const { insights, store, checkpoint, sink, log, now } = options;
  const wake = new Wake();
  /** Whose incidents are whose where the title does not say it: alerts are asked for once, and again when there are more. */
  const asked = new Map<string, { signature: string; id: string | undefined }>();
  const { pauses, pollMs } = options;
  const backoff: Backoff = { baseMs: Math.min(pauses.baseMs, pollMs), capMs: pauses.capMs };
  let stopping = false;
  let running: Promise<void> | undefined;
  let lastError: string | undefined;

  const look: WayBack['look'] = async () => {
    const key = pollKey(sink);
    const [mark] = await store.get<PollMark>([key]);
    const sinceMs = (mark?.value.sinceMs ?? now() - FIRST_MS) - OVERLAP_MS;
    let newestMs = mark?.value.sinceMs ?? now() - FIRST_MS;
    let verdicts = 0;
    for (let next: string | undefined, first = true; first || next !== undefined; first = false) {
      const page = await insights.changed(sinceMs, next);
      if (page.kind !== 'ok')
        return {
          failed: 'reason' in page ? page.reason : `the list of incidents is ${page.kind}`,
          ...(page.kind === 'later' && page.afterMs !== undefined ? { afterMs: page.afterMs } : {}),
        };
      for (const remote of page.value.incidents) {
        const taken = await take(remote);
        if (typeof taken === 'object') return taken;
        if (taken) verdicts += 1;
        const atMs = Date.parse(remote.lastModified);
        if (atMs > newestMs) newestMs = atMs;
      }
      next = page.value.next;
    }
    if (newestMs !== mark?.value.sinceMs)
      await store.write([{ key, value: { schemaVersion: 1, sinceMs: newestMs } satisfies PollMark }]);
    return { verdicts };
  };

  /** True where a verdict was taken over. */
  const take = async (remote: RemoteIncident): Promise<boolean | { failed: string; afterMs?: number }> => {
    const id = await ours(remote);
    if (typeof id === 'object') return id;
    if (id === undefined) return false;
    const key = linkKey(sink, id);
    const [document] = await store.get<Link>([key]);
    // No link: it is another engine's, or its first update has not been tried yet; then it is met again within the overlap.
    if (document === undefined || document.value.seenEtag === remote.etag) return false;
    const link = document.value;
    // A second incident of the same attack (it alerted after the first was closed): the open one is kept up to date.
    const name = link.name === undefined || remote.status !== 'Closed' ? remote.name : link.name;
    const known: Link = { ...link, name, seenEtag: remote.etag };
    const verdict = await newVerdict(remote, link);
    const value: Link = verdict === undefined ? known : { ...known, verdict };
    const outcome = await checkpoint.commit({
      outputs:
        verdict === undefined ? [] : [{ topic: 'signals', key: id, value: commandOf(remote, link, verdict, now()) }],
      writes: [{ key, value, expectVersion: document.version }],
      timers: { set: [], cancel: [], done: [] },
    });
    if (!outcome.ok) return { failed: 'the link was changed meanwhile', afterMs: 0 };
    if (verdict !== undefined)
      log.info({ incident: id, verdict, sentinel: remote.name }, 'a verdict given in Sentinel was taken over');
    return verdict !== undefined;
  };

  const ours = async (remote: RemoteIncident): Promise<string | undefined | { failed: string; afterMs?: number }> => {
    const marked = markIn(remote.title);
    if (marked !== undefined) return marked;
    const signature = `${remote.ruleIds.join(',')} ${remote.alerts}`;
    const known = asked.get(remote.name);
    if (known?.signature === signature) return known.id;
    const answer = await insights.markOf(remote.name);
    if (answer.kind === 'later')
      return { failed: answer.reason, ...(answer.afterMs === undefined ? {} : { afterMs: answer.afterMs }) };
    const id = answer.kind === 'ok' ? answer.value : undefined;
    asked.set(remote.name, { signature, id });
    const [oldest] = asked.keys();
    if (asked.size > REMEMBERED && oldest !== undefined) asked.delete(oldest);
    return id;
  };

  /** A verdict that ours does not have yet. */
  const newVerdict = async (remote: RemoteIncident, link: Link): Promise<Verdict | undefined> => {
    if (remote.status !== 'Closed') return undefined;
    const verdict = verdictOf(remote.classification);
    if (verdict === undefined || verdict === link.verdict) return undefined;
    const [document] = await store.get<Incident>([`incident/${keyPart(link.tenant)}/${keyPart(link.incidentId)}`]);
    const incident = document?.value;
    if (incident === undefined || incident.mergedInto !== undefined) return undefined;
    return incident.verdict?.value === verdict ? undefined : verdict;
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; !stopping;) {
      const result = await look().catch((error: unknown) => ({
        failed: error instanceof Error ? error.message : String(error),
      }));
      if ('failed' in result) {
        if (result.failed !== lastError)
          log.warn({ sink, reason: result.failed }, 'incidents of Sentinel cannot be looked at');
        lastError = result.failed;
        const afterMs = 'afterMs' in result ? result.afterMs : undefined;
        await wake.after(afterMs ?? backoffMs(backoff, failures, options.random()));
        failures += 1;
      } else {
        lastError = undefined;
        failures = 0;
        await wake.after(options.pollMs);
      }
    }
  };

  return {
    name: `${sink}/way-back`,
    look,
    async start() {
      running = run();
    },
    async stop() {
      stopping = true;
      wake.stop();
      await running;
    },
    unready: () => undefined,
    facts: () => ({ wayBack: { sink, ...(lastError === undefined ? {} : { lastError }) } }),
  };
}

function commandOf(remote: RemoteIncident, link: Link, verdict: Verdict, nowMs: number): SignalOf<'command'> {
  const { tenant, incidentId } = link;
  return {
    kind: 'command',
    id: shortHash(tenant, 'sentinel', remote.name, incidentId, verdict, remote.etag),
    tenant,
    timeMs: nowMs,
    by: `sentinel:${remote.owner ?? 'an analyst'}`,
    reason: (remote.classificationComment ?? `closed as ${remote.classification ?? verdict} in Sentinel`).slice(
      0,
      1_000,
    ),
    command: { do: 'close-incident', incidentId, verdict },
  };
}
