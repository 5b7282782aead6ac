/** The demo's agent: the Vercel AI SDK, four tools, each of them under the guard. */
import type { Guard } from '../../guard/index.js';
import { StepdownError } from '../../runtime/errors.js';
import { FILES, type World } from './office.js';
import { scriptedModel, type Turn } from './scripted-model.js';

export interface Act {
  prompt: string;
  script: readonly Turn[];
}

/** What a tool call came to, as the agent saw it. */
export interface CallSeen {
  tool: string;
  input: unknown;
  output: unknown;
}

export type Agent = (act: Act, conversation: string) => Promise<{ text: string; calls: CallSeen[] }>;

/** Throws `driver-unavailable` where the AI SDK is not installed. */
export async function openAgent(guard: Guard, world: World): Promise<Agent> {
  const { generateText, jsonSchema, stepCountIs, tool } = await import('ai').catch((cause: unknown) => {
    throw new StepdownError('driver-unavailable', 'the demo needs the AI SDK', {
      mend: 'run `npm ci` in the project, or `npm install ai@6`',
      cause,
    });
  });
  const input = <T>(properties: Record<string, { type: 'string' | 'number' }>) =>
    jsonSchema<T>({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false });
  const tools = {
    read_inbox: tool({
      description: 'Read the unread mail',
      inputSchema: input<Record<string, never>>({}),
      execute: async () => world.inbox,
    }),
    read_file: tool({
      description: 'Read a file',
      inputSchema: input<{ path: string }>({ path: { type: 'string' } }),
      execute: async ({ path }) => FILES[path] ?? 'There is no such file.',
    }),
    send_email: tool({
      description: 'Send an e-mail',
      inputSchema: input<{ to: string; subject: string }>({ to: { type: 'string' }, subject: { type: 'string' } }),
      execute: async (mail) => {
        world.sent.push(mail);
        return 'Sent.';
      },
    }),
    send_money: tool({
      description: 'Transfer money to an account',
      inputSchema: input<{ to: string; amount: number }>({ to: { type: 'string' }, amount: { type: 'number' } }),
      execute: async (payment) => {
        world.paid.push(payment);
        return 'Transferred.';
      },
    }),
  };
  return async ({ prompt, script }, conversation) => {
    const session = guard.session(conversation, { user: 'emma' });
    const { text, steps } = await generateText({
      model: scriptedModel(script),
      tools: session.tools(tools),
      prompt,
      stopWhen: stepCountIs(10),
    });
    const calls = steps.flatMap((step) =>
      step.toolResults.map((result) => ({
        tool: result.toolName,
        input: result.input,
        output: result.output,
      })),
    );
    return { text, calls };
  };
}
