/** Google's Agent Development Kit: the whole request to Gemini and its answer, as JSON, on the span of the model's call. */
import type { Message, ToolDescription } from '../../../schemas/event.js';
import { readMessage } from '../messages.js';
import { isRecord, jsonOf, type Attributes } from '../values.js';
import { readTools } from './events.js';
import type { Content } from './otel-content.js';

const REQUEST = 'gcp.vertex.agent.llm_request';
const RESPONSE = 'gcp.vertex.agent.llm_response';

/** Undefined: no request of this kind, or content is not sent (`{}`). */
export function adkContent(attributes: Attributes): Content | undefined {
  if (!attributes.has(REQUEST)) return undefined;
  const request = jsonOf(attributes.get(REQUEST));
  const response = jsonOf(attributes.get(RESPONSE));
  const contents: unknown = isRecord(request) ? request['contents'] : undefined;
  const answer = isRecord(response) ? response['content'] : undefined;
  if (!Array.isArray(contents) && !isRecord(answer)) return undefined;
  const config = isRecord(request) && isRecord(request['config']) ? request['config'] : {};
  const instruction = config['system_instruction'];
  const messages: Message[] = [];
  if (typeof instruction === 'string' && instruction !== '') messages.push({ role: 'system', text: instruction });
  else if (isRecord(instruction)) messages.push(readMessage({ ...instruction, role: 'system' }));
  if (Array.isArray(contents)) messages.push(...contents.filter(isRecord).map((content) => readMessage(content)));
  return { messages, output: isRecord(answer) ? [readMessage({ ...answer, role: 'assistant' })] : undefined };
}

export function adkTools(attributes: Attributes): ToolDescription[] | undefined {
  if (!attributes.has(REQUEST)) return undefined;
  const request = jsonOf(attributes.get(REQUEST));
  const config = isRecord(request) && isRecord(request['config']) ? request['config'] : {};
  const tools: unknown = config['tools'];
  if (!Array.isArray(tools)) return undefined;
  return readTools(
    tools.flatMap((tool: unknown): unknown[] =>
      isRecord(tool) && Array.isArray(tool['function_declarations']) ? tool['function_declarations'] : [],
    ),
  );
}
