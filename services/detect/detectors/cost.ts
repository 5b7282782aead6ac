/**
 * Cost: a conversation that uses far more tokens than this agent's conversations do, which is what a loop looks like. The
 * running sum against the completed conversations (log-histogram.ts), its own, else its blueprint's, else all agents'; in its
 * early life an agent is held to a fixed limit as well.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { addTo, type LogHistogram, MIN_COUNT, newLogHistogram, settled, surpriseOf } from '../log-histogram.js';
import { findRunning, runningSession, type RunningSession } from '../running-sessions.js';
import { confidenceOf, decades } from '../statistics.js';
import type { Detector } from '../types.js';
import { ensured, slice } from './slice.js';

interface CostState {
  h: LogHistogram;
  /** Sum of tokens, and the sum when last stated. */
  r: RunningSession<[sum: number, stated: number]>[];
  /** Conversations flagged so far. */
  t?: number;
}

/** Tokens in one conversation that a new agent may use, baseline or none. */
export const EARLY_LIFE_TOKENS = 2_000_000;
/** So many flagged conversations, and what others do is no measure for this agent. */
const ADOPTED_AFTER = 3;
const TESTS = 20;
const DAY_PRIOR = 0.01;

const newState = (): CostState => ({ h: newLogHistogram(), r: [] });

function tokensOf(event: TelemetryEvent): number {
  return event.kind === 'model.output' ? (event.usage?.inputTokens ?? 0) + (event.usage?.outputTokens ?? 0) : 0;
}

export const cost: Detector = {
  name: 'cost',
  version: '1',
  finds: ['cost.runaway'],
  kinds: ['model.output'],
  needs: ['usage'],
  baseline: true,
  judge(event, scope) {
    const tokens = tokensOf(event);
    if (tokens === 0) return [];
    const state = slice<CostState>(scope.agent, 'cost');
    const [before, stated] = findRunning(state?.r, event.session.id)?.v ?? [0, 0];
    const sum = before + tokens;
    const early = scope.learning && before < EARLY_LIFE_TOKENS && sum >= EARLY_LIFE_TOKENS;
    if (!early && sum < 2 * stated) return [];
    const history = settled(
      [scope.agent, scope.blueprint, scope.global],
      (states) => slice<CostState>(states, 'cost')?.h,
    );
    const surprise = surpriseOf(history, sum);
    const confidence = Math.max(
      early ? 0.6 : 0,
      surprise === undefined ? 0 : confidenceOf(surprise.p, TESTS, DAY_PRIOR, 0.9),
    );
    if (confidence < 0.5) return [];
    return [
      {
        type: 'cost.runaway',
        title: 'A conversation that uses far more tokens than this agent’s do',
        about: ['session', 'agent', 'user'],
        confidence,
        severity: 'medium',
        evidence: {
          observed: sum,
          ...(surprise === undefined ? {} : { expected: Math.round(surprise.expected) }),
          unit: 'tokens in one conversation',
          sampleSize: history?.[0] ?? 0,
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: {
            ...(surprise === undefined ? {} : { minusLog10P: decades(surprise.p) }),
            ...(early ? { earlyLifeLimit: EARLY_LIFE_TOKENS } : {}),
          },
        },
        ...(early ? { firm: true } : {}),
        atlas: ['AML.T0034.002'],
        owasp: ['ASI08'],
        pillar: 'infrastructure',
      },
    ];
  },
  observe(event, scope, statements) {
    const tokens = tokensOf(event);
    if (tokens === 0) return;
    const state = ensured(scope.agent, 'cost', newState);
    const entry = runningSession<[number, number]>(
      state.r,
      event.session.id,
      () => [0, 0],
      ([closed]) => {
        addTo(state.h, closed);
        for (const peers of scope.grouped ? [scope.blueprint, scope.global] : [scope.global])
          addTo(ensured(peers, 'cost', newState).h, closed);
      },
    );
    entry.v[0] += tokens;
    if (statements.length > 0) {
      entry.v[1] = entry.v[0];
      // Held against others, an agent unlike them would never come to a history of its own.
      const adopted = (state.t ?? 0) >= ADOPTED_AFTER && state.h[0] < MIN_COUNT;
      if (entry.f === undefined && !adopted) {
        entry.f = 1;
        state.t = (state.t ?? 0) + 1;
      }
    }
  },
};
