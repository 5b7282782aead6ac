/**
 * Which vocabulary a span is written in: exactly one, by the first rule that fits, the most specific first. Emitters
 * copy attributes of several vocabularies onto one span (the AI SDK adds `gen_ai.*`, OpenInference's span processor
 * adds its own words to AI SDK spans); read once, in the words of whoever made the span, nothing comes out twice.
 *
 * 1. `ai.operationId` → vercel-ai
 * 2. `openinference.span.kind` → openinference
 * 3. the scope is one of Traceloop's, or `traceloop.span.kind`, `llm.request.type`, or indexed `gen_ai.prompt.0.…`/`gen_ai.completion.0.…` → openllmetry
 * 4. `mcp.method.name` → mcp
 * 5. `gen_ai.operation.name`, `gen_ai.provider.name` or the older `gen_ai.system`; `gen_ai.tool.name` or `gen_ai.agent.name` of
 *    frameworks that name no operation → otel-genai
 * Any other span (HTTP, databases) is no concern of ours.
 */
import type { Dialect } from '../../schemas/event.js';
import type { Attributes } from './values.js';

export type DialectName = Extract<Dialect, 'otel-genai' | 'vercel-ai' | 'openinference' | 'openllmetry' | 'mcp'>;

export function dialectOf(attributes: Attributes, scope: string): DialectName | undefined {
  if (attributes.size === 0) return undefined;
  if (attributes.has('ai.operationId')) return 'vercel-ai';
  if (attributes.has('openinference.span.kind')) return 'openinference';
  if (
    scope.startsWith('@traceloop/') ||
    attributes.has('traceloop.span.kind') ||
    attributes.has('llm.request.type') ||
    attributes.has('gen_ai.prompt.0.role') ||
    attributes.has('gen_ai.prompt.0.content') ||
    attributes.has('gen_ai.completion.0.role') ||
    attributes.has('gen_ai.completion.0.content')
  ) {
    return 'openllmetry';
  }
  if (attributes.has('mcp.method.name')) return 'mcp';
  if (
    attributes.has('gen_ai.operation.name') ||
    attributes.has('gen_ai.provider.name') ||
    attributes.has('gen_ai.system') ||
    attributes.has('gen_ai.tool.name') ||
    attributes.has('gen_ai.agent.name')
  )
    return 'otel-genai';
  return undefined;
}
