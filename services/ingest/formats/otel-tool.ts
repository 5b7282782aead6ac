/**
 * A tool's span: its name, arguments and result, in the conventions' attributes, in the words of frameworks that follow them
 * for the rest, or in the span's events.
 */
import { argumentsOf, geminiResult } from '../parts.js';
import { resultText } from '../result-text.js';
import type { SpanView } from '../span.js';
import { isRecord, jsonOf, jsonText, plainOf, textOf, type Attributes } from '../values.js';
import type { ToolSpan } from './events.js';
import { contentBlocks, eventFields, otelContent } from './otel-content.js';

/** Google's ADK writes one span for parallel calls that have spans of their own already. */
const MERGED = '(merged tools)';
const UNKNOWN_ID = '<not specified>';

const ARGUMENTS = [
  'gen_ai.tool.call.arguments',
  'tool_arguments',
  'gcp.vertex.agent.tool_call_args',
  'spring.ai.tool.call.arguments',
];

export function toolNameOf(attributes: Attributes): string | undefined {
  return textOf(attributes.get('gen_ai.tool.name')) ?? textOf(attributes.get('spring.ai.tool.definition.name'));
}

/** Undefined: the span tells of no call of its own. */
export function readToolSpan(span: SpanView): ToolSpan | undefined {
  const { attributes } = span;
  const tool = toolNameOf(attributes) ?? nameBehind(span.name, 'execute_tool');
  if (tool === MERGED) return undefined;
  const id = textOf(attributes.get('gen_ai.tool.call.id'));
  const given = ARGUMENTS.map((name) => attributes.get(name)).find((value) => value !== undefined);
  const read: ToolSpan = {
    tool,
    toolCallId: id === UNKNOWN_ID ? undefined : id,
    server: undefined,
    description:
      textOf(attributes.get('gen_ai.tool.description')) ??
      textOf(attributes.get('spring.ai.tool.definition.description')),
    arguments: given === undefined ? undefined : parsedArguments(given),
    result: resultOf(attributes),
  };
  return read.arguments !== undefined && read.result !== undefined ? read : withEvents(span, read);
}

function parsedArguments(value: unknown): unknown {
  const plain = plainOf(value);
  return typeof plain === 'string' ? argumentsOf(plain) : plain;
}

function resultOf(attributes: Attributes): string | undefined {
  const own = plainOf(attributes.get('gen_ai.tool.call.result')) ?? plainOf(attributes.get('tool_response'));
  if (own !== undefined) return typeof own === 'string' ? own : resultText(own);
  const spring = textOf(attributes.get('spring.ai.tool.call.result'));
  if (spring !== undefined) return unquoted(spring);
  const adk = jsonOf(attributes.get('gcp.vertex.agent.tool_response'));
  return isRecord(adk) && Object.keys(adk).length > 0 ? geminiResult(adk) : undefined;
}

/** Strands Agents puts into events what others put into attributes. */
function withEvents(span: SpanView, read: ToolSpan): ToolSpan {
  // Most spans without content have no events either, and there are many of them.
  if (span.events.length === 0 && !span.attributes.has('gen_ai.output.messages')) return read;
  const { messages, output } = otelContent({ ...span, events: span.events.filter(({ name }) => name === DETAILS) });
  const call = messages?.flatMap(({ toolCalls }) => toolCalls ?? []).at(-1);
  const result = output?.flatMap(({ toolResults }) => toolResults ?? []).at(-1);
  let given: unknown = read.arguments ?? call?.arguments;
  let text = read.result ?? result?.text;
  for (const event of span.events) {
    if (event.name !== 'gen_ai.tool.message' && event.name !== 'gen_ai.choice') continue;
    const { content, message } = eventFields(event);
    if (event.name === 'gen_ai.tool.message') given ??= typeof content === 'string' ? argumentsOf(content) : content;
    else if (message !== undefined) text ??= resultText(contentBlocks(message));
  }
  return { ...read, arguments: given, result: text };
}

const DETAILS = 'gen_ai.client.inference.operation.details';

/** A text that is written as JSON stands in quotes. */
function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  const list = jsonText(`[${text}]`);
  return Array.isArray(list) && typeof list[0] === 'string' ? list[0] : text;
}

/** Span names are `{operation} {target}`. */
export function nameBehind(name: string, operation: string): string {
  return name.startsWith(`${operation} `) ? name.slice(operation.length + 1) : name;
}
