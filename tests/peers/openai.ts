/** A scripted OpenAI-compatible server on loopback: real clients talk to it, and it plays the model. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedCall {
  id: string;
  name: string;
  arguments: Record<string, unknown>;
}
/** One answer of the model: calls of tools, or a text. */
export interface ScriptedAnswer {
  text?: string;
  toolCalls?: readonly ScriptedCall[];
}

export interface OpenAiPeer {
  /** For `OPENAI_BASE_URL`. */
  baseUrl: string;
  /** What it was asked, in order. */
  requests: Record<string, unknown>[];
  close(): Promise<void>;
}

/** Answers the n-th model call of a conversation (counted by the answers already in its messages) with `script[n]`. */
export async function openAiPeer(script: readonly ScriptedAnswer[]): Promise<OpenAiPeer> {
  const requests: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as {
        messages?: { role: string }[];
        stream?: boolean;
      };
      requests.push(body);
      const turn = body.messages?.filter((message) => message.role === 'assistant').length ?? 0;
      const answer = script[Math.min(turn, script.length - 1)] ?? {};
      if (body.stream === true) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const chunk of streamed(answer, turn)) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
        response.end('data: [DONE]\n\n');
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(completion(answer, turn)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const head = (turn: number, object: string) => ({
  id: `chatcmpl-${turn}`,
  object,
  created: 1_700_000_000 + turn,
  model: 'scripted-1',
});
const calls = (answer: ScriptedAnswer) =>
  answer.toolCalls?.map((call, index) => ({
    index,
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));

function completion(answer: ScriptedAnswer, turn: number) {
  const toolCalls = calls(answer);
  return {
    ...head(turn, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: answer.text ?? null, ...(toolCalls && { tool_calls: toolCalls }) },
        finish_reason: toolCalls ? 'tool_calls' : 'stop',
        logprobs: null,
      },
    ],
    usage: { prompt_tokens: 20 + turn, completion_tokens: 5, total_tokens: 25 + turn },
  };
}

function streamed(answer: ScriptedAnswer, turn: number) {
  const toolCalls = calls(answer);
  const chunk = (delta: object, finish: string | null) => ({
    ...head(turn, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return [
    chunk({ role: 'assistant', content: answer.text ?? '' }, null),
    ...(toolCalls ? [chunk({ tool_calls: toolCalls }, null)] : []),
    chunk({}, toolCalls ? 'tool_calls' : 'stop'),
    {
      ...head(turn, 'chat.completion.chunk'),
      choices: [],
      usage: { prompt_tokens: 20 + turn, completion_tokens: 5, total_tokens: 25 + turn },
    },
  ];
}
