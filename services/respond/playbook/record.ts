/**
 * What a playbook contracted, or would have, by what the ledger holds: a backtest on the tenant's own history, since what
 * observes lives and ends as what acts.
 */
import type { Contraction } from '../../../schemas/contraction.js';
import { entityKey } from '../../../schemas/entity.js';
import type { Incident } from '../../../schemas/incident.js';
import type { CompiledLimits } from './types.js';

export interface LedgerRecord {
  contractions: number;
  agents: Record<string, number>;
  targets: number;
  targetsAtOnce: number;
  agentsAtOnce: number;
  mostInTime: number | undefined;
  containedMs: number;
  verdicts: { true: number; false: number; benign: number };
}

interface Span {
  fromMs: number;
  toMs: number;
  target: string;
  agent: string;
}

/** @param contractions of one playbook, live and ended @param incidents those in which it acted */
export function recordOf(
  contractions: readonly Contraction[],
  incidents: readonly Incident[],
  limits: CompiledLimits,
  nowMs: number,
): LedgerRecord {
  const spans = contractions.flatMap((each) => spanOf(each, nowMs) ?? []);
  const agents: Record<string, number> = {};
  for (const { agent } of spans) agents[agent] = (agents[agent] ?? 0) + 1;
  const verdicts = { true: 0, false: 0, benign: 0 };
  for (const { verdict } of incidents) if (verdict) verdicts[verdict.value] += 1;
  return {
    contractions: spans.length,
    agents,
    targets: new Set(spans.map(({ target }) => target)).size,
    targetsAtOnce: mostAtOnce(spans, ({ target }) => target),
    agentsAtOnce: mostAtOnce(spans, ({ agent }) => agent),
    mostInTime: limits.contractions === undefined ? undefined : mostWithin(spans, limits.contractions.perMs),
    containedMs: spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
    verdicts,
  };
}

/** What speaks against letting it act, in words. `fleet`: how many agents there are. */
export function objectionsTo(record: LedgerRecord, limits: CompiledLimits, fleet: number): string[] {
  const { contractions, targetsAtOnce, agentsAtOnce, mostInTime = 0, verdicts } = record;
  if (contractions === 0) return ['nothing of it is recorded in this time, so nothing is known of what it would do'];
  const found: string[] = [];
  const { targets, fleetPercent } = limits;
  if (targets !== undefined && targetsAtOnce > targets)
    found.push(`${targetsAtOnce} targets would have been contracted at once, ${targets} are allowed`);
  const allowed = fleetPercent === undefined ? Infinity : Math.max(1, Math.floor((fleet * fleetPercent) / 100));
  if (agentsAtOnce > allowed)
    found.push(`${agentsAtOnce} of ${fleet} agents would have been contracted at once, ${fleetPercent}% are allowed`);
  if (limits.contractions !== undefined && mostInTime > limits.contractions.most)
    found.push(
      `${mostInTime} contractions would have been made within the time in which ${limits.contractions.most} may be`,
    );
  const wrong = verdicts.false + verdicts.benign;
  if (wrong > 0)
    found.push(
      `people judged ${wrong} of ${wrong + verdicts.true} of its incidents to be no attack: except them, or narrow its condition`,
    );
  return found;
}

/** When it held, or would have; `undefined`: it never did (it waited for a person). */
function spanOf(
  { history, createdAtMs, endedAtMs, state, target, agentId }: Contraction,
  nowMs: number,
): Span | undefined {
  const activated = history.find(({ to }) => to === 'active')?.atMs;
  // The beginning of a long history is forgotten; what is active, or was extended or renewed, has begun at its making.
  const waited = activated === undefined && history.some(({ to }) => to === 'awaiting_approval');
  if (waited || state === 'awaiting_approval' || state === 'proposed') return undefined;
  const fromMs = activated ?? createdAtMs;
  return {
    fromMs,
    toMs: Math.max(fromMs, endedAtMs ?? nowMs),
    target: entityKey(target),
    agent: agentId ?? (target.type === 'agent' ? target.id : '(unknown)'),
  };
}

/** How many different names there were at the same moment, at most. What ends when another begins makes room for it. */
function mostAtOnce(spans: readonly Span[], nameOf: (span: Span) => string): number {
  const edges = spans
    .filter(({ fromMs, toMs }) => toMs > fromMs)
    .flatMap((span) => [
      { atMs: span.fromMs, by: 1, name: nameOf(span) },
      { atMs: span.toMs, by: -1, name: nameOf(span) },
    ])
    .sort((a, b) => a.atMs - b.atMs || a.by - b.by);
  const held = new Map<string, number>();
  let most = 0;
  for (const { by, name } of edges) {
    const count = (held.get(name) ?? 0) + by;
    if (count === 0) held.delete(name);
    else held.set(name, count);
    most = Math.max(most, held.size);
  }
  return most;
}

function mostWithin(spans: readonly Span[], perMs: number): number {
  const times = spans.map(({ fromMs }) => fromMs).sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  times.forEach((atMs, at) => {
    while ((times[first] ?? atMs) <= atMs - perMs) first += 1;
    most = Math.max(most, at - first + 1);
  });
  return most;
}
