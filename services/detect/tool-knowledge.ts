/** What is known of an agent's tools: the baseline policy first, then what descriptions told, then names. */
import type { EffectClass } from '../../schemas/common.js';
import { toolEffects } from '../inspect/tool-effects.js';
import { effectsOfMask, type AgentState } from './agent-state.js';
import type { ToolKnowledge } from './types.js';

/** What the baseline policy's `tools` says of a tool; nothing where it does not name it. */
export type ToolFactsOf = (
  tool: string,
) => { effects?: readonly EffectClass[] | undefined; trusted?: boolean | undefined } | undefined;

export function toolKnowledge(agent: Readonly<AgentState>, policy: ToolFactsOf | undefined): ToolKnowledge {
  return {
    effectsOf(tool, more) {
      const override = policy?.(tool)?.effects;
      if (override !== undefined) return override;
      const known = agent.tools[tool];
      if (known !== undefined && known[0] !== '') return effectsOfMask(known[1]);
      return toolEffects({ name: tool, description: more?.description, arguments: more?.arguments });
    },
    trusted: (tool) => policy?.(tool)?.trusted === true,
    known: () => Object.keys(agent.tools),
  };
}
