/** One agent under one detector, driven as the machine drives it. */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { callEffects } from '../../../services/inspect/tool-effects.js';
import type { Detector, Scope, Statement } from '../../../services/detect/types.js';

export function newScope(more: Partial<Scope> = {}): Scope {
  return {
    session: {},
    agent: {},
    blueprint: {},
    grouped: true,
    global: {},
    facts: { taints: [], userText: [], systemText: [], lastEventMs: 0, events: 0 },
    contracted: false,
    learned: { events: 1000, sinceMs: 0 },
    learning: false,
    resumed: false,
    tools: { effectsOf: (name, facts) => callEffects({ name, ...facts }), trusted: () => false, known: () => [] },
    ...more,
  };
}

/** Judges, learns where nothing was stated, counts. */
export function drive(detector: Detector, event: TelemetryEvent, scope: Scope): Statement[] {
  const statements = detector.judge(event, scope);
  if (statements.length === 0) detector.learn?.(event, scope);
  detector.observe?.(event, scope, statements);
  return statements;
}
