/**
 * A language model that says what its script says: the demo shows what happens around a model, so the model must do the
 * same each time. It implements the AI SDK's model interface, so the agent around it is a real one.
 */
import { randomUUID } from 'node:crypto';
import type { LanguageModel } from 'ai';

export type Turn = { say: string } | { call: string; arguments: Record<string, unknown> };

type Model = Extract<LanguageModel, { specificationVersion: 'v3' }>;

/** Throws where it is asked more often than the script has turns. */
export function scriptedModel(script: readonly Turn[]): Model {
  let at = 0;
  const usage = {
    inputTokens: { total: 100, noCache: 100, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 20, text: 20, reasoning: 0 },
  };
  return {
    specificationVersion: 'v3',
    provider: 'script',
    modelId: 'scripted',
    supportedUrls: {},
    doGenerate: async () => {
      const turn = script[at];
      if (turn === undefined) throw new Error('the script has ended');
      at += 1;
      return 'say' in turn
        ? {
            content: [{ type: 'text', text: turn.say }],
            finishReason: { unified: 'stop', raw: 'stop' },
            usage,
            warnings: [],
          }
        : {
            content: [
              {
                type: 'tool-call',
                toolCallId: `call-${randomUUID()}`,
                toolName: turn.call,
                input: JSON.stringify(turn.arguments),
              },
            ],
            finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
            usage,
            warnings: [],
          };
    },
    doStream: async () => {
      throw new Error('the scripted model does not stream');
    },
  };
}
