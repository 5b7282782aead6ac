/**
 * Correlations: several findings that mean more together make a finding of their own. Kept by group (what the findings have
 * in common) and only for as long as the rule looks back. What it makes says nothing that its parts did not, so it raises
 * no risk; it is told once, and then counting begins anew.
 */
import { type EntityRef, keyPart } from '../../schemas/entity.js';
import type { Finding } from '../../schemas/finding.js';
import { shortHash } from '../runtime/hash.js';
import { correlationKey } from './keys.js';
import { entityOf } from './match.js';
import type { CompiledCorrelation, CompiledPart } from './playbook/correlation.js';
import type { ConditionContext } from './playbook/types.js';
import type { Workspace } from './workspace.js';

/** A finding that counted. */
interface Hit {
  id: string;
  eventId: string;
  atMs: number;
  agentId: string;
  sessionId: string;
  /** What it is counted once per. */
  value?: string;
}

/** What a group has seen. `runs`: by step of a sequence, what led there. `last`: the newest finding, whole, while one is awaited. */
export interface CorrelationState {
  hits: readonly Hit[];
  runs?: readonly (readonly Hit[] | null)[];
  last?: Finding;
  confidence: number;
}

const EMPTY: CorrelationState = { hits: [], confidence: 0 };
/** Peers that the finding names. */
const MAX_PEERS = 20;

/** The group a finding belongs to; `undefined`: it names not all that this correlation goes by. */
export function groupOf(correlation: Pick<CompiledCorrelation, 'by'>, finding: Finding): string | undefined {
  const parts = correlation.by.map((type) => (type === 'tenant' ? 'tenant' : entityOf(finding, type)?.id));
  return parts.some((part) => part === undefined) ? undefined : parts.map((part) => keyPart(part ?? '')).join('/');
}

const hitOf = ({ id, eventId, agentId, sessionId }: Finding, atMs: number, value?: string): Hit => ({
  id,
  eventId,
  atMs,
  agentId,
  sessionId,
  ...(value === undefined ? {} : { value }),
});

function counts(part: CompiledPart, finding: Finding, context: ConditionContext): boolean {
  if (!part.matches(finding.type)) return false;
  const outcome = part.when?.evaluate(context);
  return outcome === undefined || ('matched' in outcome && outcome.matched);
}

function valueOf(
  finding: Finding,
  distinct: NonNullable<Extract<CompiledCorrelation['rule'], { kind: 'count' }>['distinct']>,
): string {
  switch (distinct) {
    case 'session':
      return finding.sessionId;
    case 'agent':
      return finding.agentId;
    case 'user':
      return finding.userId ?? '';
    case 'tool':
      return finding.tool ?? '';
    case 'model':
      return finding.model ?? '';
    case 'origin':
      return finding.origin ?? '';
    case 'type':
      return finding.type;
  }
}

/** The finding a correlation makes of these; the newest part lends what they do not share. */
function derivedFinding(
  correlation: CompiledCorrelation,
  hits: readonly Hit[],
  newest: Finding,
  confidence: number,
  group: string,
  timeMs = newest.timeMs,
): Finding {
  const { tenant } = newest;
  const type = correlation.by.find((each) => each !== 'tenant') ?? 'agent';
  const entity: EntityRef = entityOf(newest, type) ?? { tenant, type: 'agent', id: newest.agentId };
  const peers = new Map<string, EntityRef>();
  for (const { agentId, sessionId } of hits) {
    if (agentId !== newest.agentId) peers.set(`agent ${agentId}`, { tenant, type: 'agent', id: agentId });
    if (sessionId !== newest.sessionId) peers.set(`session ${sessionId}`, { tenant, type: 'session', id: sessionId });
  }
  const { predicted: _, peers: known = [], evidence: __, origin: ___, learning: ____, ...shared } = newest;
  const named = [...known, ...peers.values()].slice(0, MAX_PEERS);
  return {
    ...shared,
    // A finding completes a group once, so that the same completion always has the same id.
    id: shortHash(tenant, 'correlation', correlation.id, group, newest.id),
    detector: 'correlation',
    codeVersion: String(correlation.version),
    type: correlation.emits,
    title: correlation.title,
    entity,
    primary: true,
    timeMs,
    confidence: correlation.confidence ?? confidence,
    severity: correlation.severity ?? newest.severity,
    evidence: {
      observed: hits.length,
      expected: correlation.expected,
      eventIds: hits.map(({ eventId }) => eventId).slice(-50),
      facts: {
        correlation: correlation.id,
        group,
        findings: hits
          .map(({ id }) => id)
          .slice(-20)
          .join(', '),
      },
    },
    ...(named.length === 0 ? {} : { peers: named }),
    atlas: [...(correlation.atlas ?? newest.atlas)],
    owasp: [...(correlation.owasp ?? newest.owasp)],
    pillar: correlation.pillar ?? newest.pillar,
  };
}

function step(
  correlation: CompiledCorrelation,
  before: CorrelationState,
  finding: Finding,
  context: ConditionContext,
  nowMs: number,
): { after: CorrelationState; hits: readonly Hit[] | undefined } | undefined {
  const { rule, withinMs } = correlation;
  const fresh = ({ atMs }: Hit) => atMs > nowMs - withinMs;
  const confidence = Math.max(before.hits.length === 0 && !before.runs ? 0 : before.confidence, finding.confidence);
  switch (rule.kind) {
    case 'count': {
      if (!counts(rule.part, finding, context)) return undefined;
      const value = rule.distinct && valueOf(finding, rule.distinct);
      const kept = before.hits.filter((hit) => fresh(hit) && (value === undefined || hit.value !== value));
      const hits = [...kept, hitOf(finding, nowMs, value)];
      return { after: { hits, confidence }, hits: hits.length >= rule.n ? hits : undefined };
    }
    case 'sequence': {
      const runs: (readonly Hit[] | null)[] = rule.parts.map((_, at) => {
        const run = before.runs?.[at] ?? null;
        return run !== null && run[0] !== undefined && fresh(run[0]) ? run : null;
      });
      let moved = false;
      // From the end, so that one finding takes a run one step on and no further.
      for (let at = rule.parts.length - 1; at >= 0; at -= 1) {
        const part = rule.parts[at];
        if (!part || !counts(part, finding, context)) continue;
        const led = at === 0 ? [] : runs[at - 1];
        if (!led) continue;
        runs[at] = [...led, hitOf(finding, nowMs)];
        moved = true;
      }
      if (!moved) return undefined;
      return { after: { hits: [], runs, confidence }, hits: runs.at(-1) ?? undefined };
    }
    case 'absence': {
      // What was awaited came: all is well.
      if (counts(rule.of, finding, context)) return { after: EMPTY, hits: undefined };
      if (!counts(rule.after, finding, context) || before.hits.length > 0) return undefined;
      return { after: { hits: [hitOf(finding, nowMs)], last: finding, confidence }, hits: undefined };
    }
  }
}

/** Counts a finding in; gives the finding that it completes, if it does. */
export function correlate(
  work: Workspace,
  correlation: CompiledCorrelation,
  finding: Finding,
  context: ConditionContext,
): Finding | undefined {
  const group = groupOf(correlation, finding);
  if (group === undefined) return undefined;
  const key = correlationKey(finding.tenant, correlation.id, group);
  const before = work.get<CorrelationState>(key) ?? EMPTY;
  const stepped = step(correlation, before, finding, context, work.nowMs);
  if (!stepped) return undefined;
  const { after, hits } = stepped;
  const over = hits !== undefined || (after.hits.length === 0 && after.runs === undefined);
  work.put(key, over ? undefined : after);
  if (!over)
    work.timer(`correlation:${key}`, work.nowMs + correlation.withinMs, {
      about: 'correlation',
      tenant: finding.tenant,
      id: correlation.id,
      group,
    });
  if (hits === undefined) return undefined;
  return derivedFinding(correlation, hits, finding, after.confidence, group);
}

/** What stayed away is told at the end of its time. */
const awaited = (correlation: CompiledCorrelation, state: CorrelationState, last: Finding, group: string): Finding =>
  derivedFinding(correlation, state.hits, last, state.confidence, group, last.timeMs + correlation.withinMs);

/** The finding that this one may complete, with all it could name: for knowing which states that would need. */
export function completedBy(
  correlation: CompiledCorrelation,
  state: CorrelationState | undefined,
  finding: Finding,
  group: string,
): Finding {
  const hits = [...(state?.hits ?? []), ...(state?.runs ?? []).flatMap((run) => run ?? [])];
  return derivedFinding(correlation, hits, finding, 1, group);
}

/** The finding that the end of the time brings; `undefined`: none is awaited. */
export function awaitedBy(
  correlation: CompiledCorrelation | undefined,
  state: CorrelationState | undefined,
  group: string,
): Finding | undefined {
  return correlation?.rule.kind === 'absence' && state?.last !== undefined
    ? awaited(correlation, state, state.last, group)
    : undefined;
}

/** The time a group looks back is over: what was awaited stayed away, or what was counted is forgotten. */
export function correlationDue(
  work: Workspace,
  correlation: CompiledCorrelation | undefined,
  at: { tenant: string; id: string; group: string },
): Finding | undefined {
  const key = correlationKey(at.tenant, at.id, at.group);
  const state = work.get<CorrelationState>(key);
  if (!state) return undefined;
  work.put(key, undefined);
  return awaitedBy(correlation, state, at.group);
}
