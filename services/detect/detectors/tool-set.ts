/**
 * Tool set: the tools an agent is offered are suddenly others. Jaccard distance, 1 − |A ∩ B| / |A ∪ B|, of the offered set
 * and the one it was offered so far. A release that adds a tool moves it little; another agent under this id, or a server
 * that swaps its list, moves it far (cf. MCP rug pull; a changed description is `tool.changed`).
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { itemHash } from '../item-hash.js';
import type { Detector } from '../types.js';
import { ensured, slice } from './slice.js';

/** Offers, and hashes of the set's names. */
type ToolSetState = [offers: number, names: string[]];

const MAX_NAMES = 64;
/** How often the same set must have been offered before another is news. */
const MIN_OFFERS = 20;
const MIN_TOOLS = 3;
const MIN_DISTANCE = 0.5;
/** Sets that differ less are the same one, and it moves with them. */
const SAME = 0.34;

/** 0 (the same) to 1 (nothing in common); 0 for two empty sets. */
export function jaccardDistance(a: readonly string[], b: readonly string[]): number {
  const union = new Set([...a, ...b]);
  if (union.size === 0) return 0;
  const known = new Set(b);
  return 1 - a.filter((item) => known.has(item)).length / union.size;
}

function offered(event: TelemetryEvent): string[] {
  if (event.kind !== 'model.call' || event.tools === undefined) return [];
  return [...new Set(event.tools.slice(0, MAX_NAMES).map(({ name }) => itemHash(name)))];
}

export const toolSet: Detector = {
  name: 'tool-set',
  version: '1',
  finds: ['tool.replaced'],
  kinds: ['model.call'],
  needs: ['content'],
  baseline: true,
  judge(event, scope) {
    const now = offered(event);
    const [offers, before] = slice<ToolSetState>(scope.agent, 'tool-set') ?? [0, []];
    if (offers < MIN_OFFERS || now.length === 0 || Math.max(now.length, before.length) < MIN_TOOLS) return [];
    const distance = jaccardDistance(now, before);
    // Fewer tools than usual, all of them known, is a task that needs fewer.
    if (distance < MIN_DISTANCE || now.every((name) => before.includes(name))) return [];
    if (slice<boolean>(scope.session, 'tool-set') === true) return [];
    return [
      {
        type: 'tool.replaced',
        title: 'Is offered other tools than so far',
        about: ['agent', 'session'],
        confidence: Math.round(Math.min(0.7, distance * 0.7) * 100) / 100,
        severity: 'low',
        evidence: {
          observed: Math.round(distance * 100) / 100,
          expected: 'below 0.34',
          unit: 'Jaccard distance of the offered tools',
          sampleSize: offers,
          baselineAgeMs: Math.max(0, event.timeMs - scope.learned.sinceMs),
          eventIds: [event.id],
          facts: { offered: now.length, before: before.length },
        },
        atlas: ['AML.T0110'],
        owasp: ['ASI04'],
        pillar: 'governance',
      },
    ];
  },
  observe(_event, scope, stated) {
    if (stated.length > 0) scope.session['tool-set'] = true;
  },
  learn(event, scope) {
    const now = offered(event);
    if (now.length === 0) return;
    const state = ensured<ToolSetState>(scope.agent, 'tool-set', () => [0, now]);
    const distance = jaccardDistance(now, state[1]);
    if (distance <= SAME) {
      state[0] = Math.min(1000, state[0] + 1);
      if (distance > 0) state[1] = now;
      return;
    }
    if (now.every((name) => state[1].includes(name))) return;
    // Another set so often that it is the set now.
    state[0] -= 2;
    if (state[0] <= 0) {
      state[0] = 1;
      state[1] = now;
    }
  },
};
