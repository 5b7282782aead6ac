/** A telemetry event: one thing an agent did or saw. A union on `kind`. */
import { type Static, Type } from '@sinclair/typebox';
import { DurationMs, Id, OneOf, SchemaVersion, Skip, Strict, Tenant, TimeMs, Trust } from './common.js';
import { Inspection } from './inspection.js';
import { DecisionSummary } from './decision.js';

export const DIALECTS = [
  'native',
  'otel-genai',
  'vercel-ai',
  'openinference',
  'openllmetry',
  'mcp',
  'inline',
  'derived',
  'entra',
  'security-alert',
] as const;
export type Dialect = (typeof DIALECTS)[number];

const Json = Type.Unknown({ description: 'Any JSON value.' });

/** Fields every event has. `streamKey` never changes once decoded: it decides order and partition. */
const base = {
  schemaVersion: SchemaVersion,
  id: Id,
  tenant: Tenant,
  timeMs: TimeMs,
  receivedAtMs: TimeMs,
  streamKey: Id,
  agent: Strict({
    id: Id,
    name: Type.Optional(Type.String()),
    version: Type.Optional(Type.String()),
    blueprint: Type.Optional(Id),
  }),
  session: Strict({ id: Id }),
  user: Type.Optional(Strict({ id: Id })),
  service: Type.Optional(Type.String()),
  trust: Trust,
  trace: Type.Optional(
    Strict({
      traceId: Type.String(),
      spanId: Type.Optional(Type.String()),
      parentSpanId: Type.Optional(Type.String()),
    }),
  ),
  source: Strict({
    dialect: OneOf(DIALECTS, 'The vocabulary the event was decoded from.'),
    position: Type.Optional(Type.String({ description: 'File and line, request, or stream offset.' })),
  }),
  assumed: Type.Optional(
    Type.Array(OneOf(['agent.id', 'session.id', 'time'], ''), {
      description: 'Identities the emitter did not send; see docs/telemetry.md for what stands in.',
    }),
  ),
  clamped: Type.Optional(
    OneOf(['late', 'early'], 'The time was outside the window and was clamped; such events train no baseline.'),
  ),
  skipped: Type.Optional(Type.Array(Skip)),
  inspections: Type.Optional(Type.Array(Inspection)),
  /** Set where a decision point waits for this event to have been acted on. */
  replyTo: Type.Optional(Type.String()),
};

const ToolCallPart = Strict({ id: Type.Optional(Id), name: Type.String(), arguments: Type.Optional(Json) });
const ToolResultPart = Strict({ id: Type.Optional(Id), name: Type.Optional(Type.String()), text: Type.String() });
export const Message = Strict({
  role: OneOf(['system', 'user', 'assistant', 'tool'], 'Who speaks.'),
  text: Type.Optional(Type.String()),
  toolCalls: Type.Optional(Type.Array(ToolCallPart)),
  toolResults: Type.Optional(Type.Array(ToolResultPart)),
});
export type Message = Static<typeof Message>;
export type ToolCallPart = Static<typeof ToolCallPart>;
export type ToolResultPart = Static<typeof ToolResultPart>;

export const ToolDescription = Strict({
  name: Type.String(),
  description: Type.Optional(Type.String()),
  parameters: Type.Optional(Json),
  server: Type.Optional(Type.String()),
});
export type ToolDescription = Static<typeof ToolDescription>;

const kind = <K extends string>(k: K) => Type.Literal(k);
const Usage = Strict({
  inputTokens: Type.Optional(Type.Number({ minimum: 0 })),
  outputTokens: Type.Optional(Type.Number({ minimum: 0 })),
});

export const SessionStart = Strict({ ...base, kind: kind('session.start') });
export const Prompt = Strict({
  ...base,
  kind: kind('prompt'),
  text: Type.Optional(Type.String()),
  chars: Type.Optional(Type.Integer({ minimum: 0 })),
});
export const ModelCall = Strict({
  ...base,
  kind: kind('model.call'),
  model: Type.Optional(Type.String()),
  provider: Type.Optional(Type.String()),
  /** The messages as sent; may repeat the whole history. Turns are told apart in detection. */
  messages: Type.Optional(Type.Array(Message)),
  tools: Type.Optional(Type.Array(ToolDescription)),
});
export const ModelOutput = Strict({
  ...base,
  kind: kind('model.output'),
  model: Type.Optional(Type.String()),
  provider: Type.Optional(Type.String()),
  text: Type.Optional(Type.String()),
  toolCalls: Type.Optional(Type.Array(ToolCallPart)),
  finishReason: Type.Optional(Type.String()),
  usage: Type.Optional(Usage),
  durationMs: Type.Optional(DurationMs),
  errorType: Type.Optional(Type.String()),
});
export const ToolCall = Strict({
  ...base,
  kind: kind('tool.call'),
  tool: Type.String(),
  toolCallId: Type.Optional(Id),
  server: Type.Optional(Type.String({ description: 'The MCP server that offers the tool.' })),
  description: Type.Optional(Type.String()),
  arguments: Type.Optional(Json),
  /** The answer the decision point gave, where the call came inline. */
  decision: Type.Optional(DecisionSummary),
});
export const ToolResult = Strict({
  ...base,
  kind: kind('tool.result'),
  tool: Type.String(),
  toolCallId: Type.Optional(Id),
  server: Type.Optional(Type.String()),
  /** Repeated here so that a result whose call was lost still tells what was asked. */
  arguments: Type.Optional(Json),
  text: Type.Optional(Type.String()),
  chars: Type.Optional(Type.Integer({ minimum: 0 })),
  errorType: Type.Optional(Type.String()),
  denied: Type.Optional(Type.Boolean({ description: 'The tool ran into a permission refusal of its own.' })),
  durationMs: Type.Optional(DurationMs),
});
export const Retrieval = Strict({
  ...base,
  kind: kind('retrieval'),
  dataset: Type.String(),
  query: Type.Optional(Type.String()),
  documents: Type.Optional(
    Type.Array(Strict({ id: Type.Optional(Type.String()), text: Type.Optional(Type.String()) })),
  ),
  bytes: Type.Optional(Type.Number({ minimum: 0 })),
});
export const MemoryWrite = Strict({
  ...base,
  kind: kind('memory.write'),
  store: Type.Optional(Type.String()),
  key: Type.Optional(Type.String()),
  text: Type.Optional(Type.String()),
});
export const AgentMessage = Strict({
  ...base,
  kind: kind('message'),
  from: Id,
  to: Id,
  toSession: Type.Optional(Id),
  text: Type.Optional(Type.String()),
});
export const Auth = Strict({
  ...base,
  kind: kind('auth'),
  outcome: OneOf(['success', 'failure', 'denied'], 'How the sign-in or permission check ended.'),
  resource: Type.Optional(Type.String()),
  method: Type.Optional(Type.String()),
  host: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  notice: Type.Optional(
    Type.Boolean({
      description: 'No refusal, whatever its outcome: a second factor was asked for, or a risk was told of.',
    }),
  ),
});
export const Inventory = Strict({
  ...base,
  kind: kind('inventory'),
  subject: OneOf(['agent', 'model', 'tool', 'mcp-server'], 'What was seen.'),
  tools: Type.Optional(Type.Array(ToolDescription)),
  name: Type.Optional(Type.String()),
  endpoint: Type.Optional(Type.String()),
});
export const Runtime = Strict({
  ...base,
  kind: kind('runtime'),
  title: Type.String(),
  host: Type.Optional(Type.String()),
  severity: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
});
export const Alert = Strict({
  ...base,
  kind: kind('alert'),
  alertId: Id,
  product: Type.String(),
  title: Type.String(),
  severity: Type.Optional(Type.String()),
  state: OneOf(['new', 'active', 'resolved'], "The other product's own state."),
});
export const SessionEnd = Strict({ ...base, kind: kind('session.end'), reason: Type.Optional(Type.String()) });
/**
 * An identity that was learned after the events it belongs to (a parent span ends after its children): what came under
 * the names in `of` belongs to this event's session and agent.
 */
export const Alias = Strict({
  ...base,
  kind: kind('alias'),
  of: Strict({ sessionId: Type.Optional(Id), agentId: Type.Optional(Id) }),
});

export const TelemetryEvent = Type.Union(
  [
    SessionStart,
    Prompt,
    ModelCall,
    ModelOutput,
    ToolCall,
    ToolResult,
    Retrieval,
    MemoryWrite,
    AgentMessage,
    Auth,
    Inventory,
    Runtime,
    Alert,
    SessionEnd,
    Alias,
  ],
  { $id: 'TelemetryEvent', title: 'TelemetryEvent', description: 'One thing an agent did or saw.' },
);
export type TelemetryEvent = Static<typeof TelemetryEvent>;
export type EventKind = TelemetryEvent['kind'];
export type EventOf<K extends EventKind> = Extract<TelemetryEvent, { kind: K }>;

/** The schema of each kind, so that an error names the field of the kind that was meant. */
export const EVENT_KINDS = {
  'session.start': SessionStart,
  prompt: Prompt,
  'model.call': ModelCall,
  'model.output': ModelOutput,
  'tool.call': ToolCall,
  'tool.result': ToolResult,
  retrieval: Retrieval,
  'memory.write': MemoryWrite,
  message: AgentMessage,
  auth: Auth,
  inventory: Inventory,
  runtime: Runtime,
  alert: Alert,
  'session.end': SessionEnd,
  alias: Alias,
} as const;
