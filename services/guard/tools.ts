/**
 * Tools of the Vercel AI SDK (5 and 6) under guard, told by their shape: the SDK itself is not imported. `execute` is
 * replaced; a refusal becomes the tool's output, so that the model reads it and goes on with the rest of its work.
 *
 * A tool that streams preliminary results is waited for: nothing of a result may be shown before it is judged. A tool
 * without `execute` runs elsewhere (at the provider, in a browser): it is left alone, and that is said.
 */
import type { Caller } from './guarded-call.js';
import type { Notice } from './options.js';
import { isRefusal } from './refusal.js';

interface ExecutionOptions {
  toolCallId?: string;
  messages?: readonly unknown[];
  abortSignal?: AbortSignal;
}
type ToModelOutput = (options: { output: unknown; [key: string]: unknown }) => unknown;

/** What a tool set looks like to us; `object` keeps every type of the caller's as it is. */
export type GuardableTools = Record<string, object>;

interface Executable {
  description?: unknown;
  execute(input: unknown, options: ExecutionOptions): unknown;
  toModelOutput?: ToModelOutput;
}

export function guardTools<T extends GuardableTools>(
  tools: T,
  sessionOf: () => Caller,
  onNotice: (notice: Notice) => void,
): T {
  const guarded: Record<string, object> = {};
  for (const [name, tool] of Object.entries(tools)) {
    if (isExecutable(tool)) guarded[name] = guardTool(name, tool, sessionOf);
    else {
      onNotice({
        kind: 'not-guarded',
        message: `The tool "${name}" has no \`execute\` here; its calls cannot be stopped`,
      });
      guarded[name] = tool;
    }
  }
  return guarded as T;
}

function guardTool(name: string, tool: Executable, sessionOf: () => Caller): object {
  const { toModelOutput } = tool;
  return {
    ...tool,
    execute: async (input: unknown, options: ExecutionOptions = {}) => {
      const session = sessionOf();
      await session.prompts(userTexts(options.messages));
      const outcome = await session.call(name, input, () => lastOf(tool.execute(input, options)), {
        toolCallId: options.toolCallId,
        description: typeof tool.description === 'string' ? tool.description : undefined,
        signal: options.abortSignal,
      });
      return outcome.kind === 'refused' ? outcome.refusal : outcome.value;
    },
    ...(toModelOutput === undefined
      ? {}
      : {
          toModelOutput: (options: { output: unknown; [key: string]: unknown }) =>
            isRefusal(options.output) ? { type: 'json', value: options.output } : toModelOutput.call(tool, options),
        }),
  };
}

function isExecutable(tool: object): tool is Executable {
  return 'execute' in tool && typeof tool.execute === 'function';
}

async function lastOf(result: unknown): Promise<unknown> {
  if (result === null || typeof result !== 'object' || !(Symbol.asyncIterator in result)) return result;
  let last: unknown;
  for await (const each of result as AsyncIterable<unknown>) last = each;
  return last;
}

/** What the user said in the messages that led to a call. */
function userTexts(messages: readonly unknown[] | undefined): string[] {
  const texts: string[] = [];
  for (const message of messages ?? []) {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    if (role !== 'user') continue;
    if (typeof content === 'string') texts.push(content);
    else if (Array.isArray(content))
      texts.push(
        content
          .map((part: unknown) => (part as { type?: unknown; text?: unknown } | null)?.text)
          .filter((text): text is string => typeof text === 'string')
          .join('\n'),
      );
  }
  return texts.filter((text) => text !== '');
}
