/**
 * Model Context Protocol spans, of a client or a server. `tools/call` is a tool's call and result; a client that traces
 * the tool's execution as well makes it the parent, and the two are told to be one by the session's turns. The protocol
 * session is a connection, not a conversation, so it names no session here.
 */
import { CONTENT_NOT_SENT, type Drafts } from '../draft.js';
import { failureOf } from '../failure.js';
import { resultText } from '../result-text.js';
import type { SpanView } from '../span.js';
import { isRecord, jsonOf, textOf, type Attributes } from '../values.js';
import { addToolSpan, readTools } from './events.js';
import type { Format } from './format.js';
import { otelGenai } from './otel-genai.js';

export const mcp: Format = { identity: (attributes) => otelGenai.identity(attributes), decode };

function decode(span: SpanView, drafts: Drafts): void {
  const { attributes } = span;
  const method = textOf(attributes.get('mcp.method.name')) ?? '';
  const server = serverOf(attributes);
  switch (method) {
    case 'tools/call':
      addToolSpan(span, drafts, {
        tool:
          textOf(attributes.get('gen_ai.tool.name')) ??
          textOf(attributes.get('mcp.tool.name')) ??
          (span.name.replace(/^tools\/call /, '') || 'unknown'),
        toolCallId: textOf(attributes.get('gen_ai.tool.call.id')),
        server,
        description: undefined,
        arguments: jsonOf(attributes.get('gen_ai.tool.call.arguments') ?? attributes.get('mcp.request.argument')),
        result: result(attributes),
      });
      return;
    case 'tools/list': {
      const tools = readTools(jsonOf(attributes.get('gen_ai.tool.definitions')));
      drafts.end('inventory', {
        subject: 'mcp-server',
        ...(server !== undefined && { name: server }),
        ...(tools
          ? { tools: tools.map((tool) => ({ ...tool, ...(server !== undefined && { server }) })) }
          : { skipped: [CONTENT_NOT_SENT] }),
      });
      return;
    }
    case 'resources/read': {
      const text = result(attributes);
      if (failureOf(span)) return;
      drafts.end('retrieval', {
        dataset: textOf(attributes.get('mcp.resource.uri')) ?? server ?? 'unknown',
        ...(text === undefined ? { skipped: [CONTENT_NOT_SENT] } : { documents: [{ text }] }),
      });
      return;
    }
    case 'initialize': {
      const endpoint = textOf(attributes.get('server.address'));
      drafts.end('inventory', {
        subject: 'mcp-server',
        ...(server !== undefined && { name: server }),
        ...(endpoint !== undefined && { endpoint }),
      });
      return;
    }
    default:
      return;
  }
}

function serverOf(attributes: Attributes): string | undefined {
  const name = textOf(attributes.get('mcp.server.name')) ?? textOf(attributes.get('rpc.service'));
  if (name !== undefined) return name;
  const address = textOf(attributes.get('server.address'));
  const port = textOf(attributes.get('server.port'));
  return address === undefined ? undefined : port === undefined ? address : `${address}:${port}`;
}

/** `CallToolResult`: its text blocks; or whatever text was recorded. */
function result(attributes: Attributes): string | undefined {
  const value = jsonOf(attributes.get('gen_ai.tool.call.result') ?? attributes.get('mcp.response.value'));
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  return isRecord(value) && Array.isArray(value['contents'])
    ? resultText(
        value['contents'].map((item: unknown) => (isRecord(item) ? { type: 'text', text: item['text'] } : item)),
      )
    : resultText(value);
}
