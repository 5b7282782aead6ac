/** What is known of an agent's tools: the baseline policy first, then what descriptions told, then names. */
import { own } from '../runtime/own-key.js';
import type { BaselinePolicy } from '../../schemas/baseline.js';
import type { EffectClass } from '../../schemas/common.js';
import { observedEffects } from '../inspect/result-effects.js';
import { toolEffects, withArguments } from '../inspect/tool-effects.js';
import { glob } from '../policy/glob.js';
import { effectsOfMask, type AgentState } from './agent-state.js';
import type { ToolKnowledge } from './types.js';

/** What the baseline policy's `tools` says of a tool; nothing where it does not name it. */
export type ToolFactsOf = (
  tool: string,
) => { effects?: readonly EffectClass[] | undefined; trusted?: boolean | undefined } | undefined;

/** What the policy says of single tools; the first pattern that fits a name counts. `undefined`: it says nothing of any. */
export function toolFactsOf(policy: BaselinePolicy | undefined): ToolFactsOf | undefined {
  const facts = Object.entries(policy?.tools ?? {}).map(([pattern, known]) => ({ matches: glob(pattern), known }));
  return facts.length === 0 ? undefined : (tool) => facts.find(({ matches }) => matches(tool))?.known;
}

export class AgentTools implements ToolKnowledge {
  readonly #agent: Readonly<AgentState>;
  readonly #policy: ToolFactsOf | undefined;
  /** Several detectors ask for the effects of one and the same call. */
  #last:
    { tool: string; description: string | undefined; arguments: unknown; effects: readonly EffectClass[] } | undefined;
  constructor(agent: Readonly<AgentState>, policy: ToolFactsOf | undefined) {
    this.#agent = agent;
    this.#policy = policy;
  }

  effectsOf(tool: string, more?: { description?: string | undefined; arguments?: unknown }): readonly EffectClass[] {
    const last = this.#last;
    if (last?.tool === tool && last.description === more?.description && last.arguments === more?.arguments)
      return last.effects;
    const effects = this.#effectsOf(tool, more);
    this.#last = { tool, description: more?.description, arguments: more?.arguments, effects };
    return effects;
  }

  #effectsOf(tool: string, more?: { description?: string | undefined; arguments?: unknown }): readonly EffectClass[] {
    const override = this.#policy?.(tool)?.effects;
    if (override !== undefined) return override;
    const known = own(this.#agent.tools, tool);
    const effects =
      known !== undefined && known[0] !== ''
        ? effectsOfMask(known[1])
        : toolEffects({ name: tool, description: more?.description, arguments: more?.arguments });
    const done = withArguments(tool, effects, more?.arguments);
    // Nothing but its results tells what it does: that it did so before says so, and that it may do more stays.
    if (known?.[2] === undefined || !done.includes('unknown')) return done;
    const observed = observedEffects(known[2]);
    return observed.length === 0 ? done : [...observed, ...done];
  }

  trusted(tool: string): boolean {
    return this.#policy?.(tool)?.trusted === true;
  }

  known(): readonly string[] {
    return Object.keys(this.#agent.tools);
  }
}
