/**
 * A tool's result as the text the model gets to see. Wrappers around a text come off: the AI SDK's `{type, value}`,
 * content blocks of MCP, Anthropic, Bedrock and LlamaIndex, LangChain's messages; any other value is its JSON.
 *
 * A tool may return JSON that somebody else wrote and that looks like a wrapper. So nothing that stands beside the text
 * is dropped with it: what holds words of its own is kept behind the text, as JSON.
 */
import { isRecord } from './values.js';

/** Names, ids and states that stand in wrappers are words by themselves, and short; an instruction is neither. */
const MAX_LABEL = 64;
const MAX_DEPTH = 4;

export function resultText(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (depth < MAX_DEPTH) {
    if (Array.isArray(value)) {
      const texts = value.map((item) => blockText(item));
      if (texts.length > 0 && texts.every((text) => text !== undefined)) return texts.join('\n');
    }
    if (isRecord(value)) {
      const text = unwrapped(value, depth);
      if (text !== undefined) return text;
    }
  }
  return JSON.stringify(value) ?? '';
}

/** `{type: 'text', text}`, Bedrock's `{text}` and `{json}`, LlamaIndex's `{block_type: 'text', text}`. */
function blockText(item: unknown): string | undefined {
  if (!isRecord(item)) return undefined;
  const { type, block_type: blockType, text, content, json, ...rest } = item;
  if (type === undefined && 'json' in item && text === undefined && content === undefined)
    return withRest(JSON.stringify(json) ?? '', rest);
  const given = text ?? content;
  if (typeof given !== 'string') return undefined;
  const bare = type === undefined && blockType === undefined && content === undefined && Object.keys(rest).length === 0;
  return type === 'text' || blockType === 'text' || bare
    ? withRest(given, { ...rest, ...(text !== undefined && content !== undefined && { content }) })
    : undefined;
}

function unwrapped(record: Record<string, unknown>, depth: number): string | undefined {
  const { type } = record;
  const inner = (key: string): string => {
    const { [key]: value, type: _, ...rest } = record;
    return withRest(resultText(value, depth + 1), rest);
  };
  if (type === 'text' || type === 'error-text') {
    const key = typeof record['value'] === 'string' ? 'value' : 'text';
    if (typeof record[key] === 'string') return inner(key);
  }
  if ((type === 'json' || type === 'error-json' || type === 'content') && 'value' in record) return inner('value');
  // LangChain's `ToolMessage`, serialized with its class or without.
  if (record['lc'] === 1 && type === 'constructor' && isRecord(record['kwargs'])) {
    const { kwargs, lc: _, id: __, ...rest } = record;
    return withRest(resultText(kwargs, depth + 1), { ...rest, type: undefined });
  }
  if (type === 'tool' && 'content' in record && 'tool_call_id' in record) return inner('content');
  // LlamaIndex's `ToolOutput` tells its text once more in `raw_output`, and what it was called with.
  if (Array.isArray(record['blocks']) && 'tool_name' in record && 'raw_output' in record) {
    const { blocks, raw_input: _, ...rest } = record;
    return withRest(resultText(blocks, depth + 1), rest);
  }
  const content = record['content'];
  if (Array.isArray(content) && type === undefined) {
    const { content: _, structuredContent, ...rest } = record;
    if (Object.keys(rest).every((key) => key === 'isError' || key === '_meta'))
      return withRest(resultText(content, depth + 1), { ...rest, structuredContent });
  }
  return undefined;
}

/** The text, and behind it whatever beside it holds words that the text does not. */
export function withRest(text: string, rest: Record<string, unknown>): string {
  return saysMore(rest, text) ? `${text}\n${JSON.stringify(rest)}` : text;
}

function saysMore(value: unknown, text: string): boolean {
  if (typeof value === 'string') return (value.length > MAX_LABEL || /\s/.test(value)) && !text.includes(value);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => saysMore(item, text));
  return Object.entries(value).some(([key, item]) => saysMore(key, text) || saysMore(item, text));
}
