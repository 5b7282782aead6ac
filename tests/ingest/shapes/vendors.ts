/** Frameworks as OpenInference and OpenLLMetry instrument them. */
import {
  chatAnswer,
  chatMessages,
  flattened,
  json,
  partAnswer,
  partMessages,
  pythonRepr,
  rounds,
  Trace,
  type Conversation,
  type Round,
  type Sent,
  type Shape,
} from './conversation.js';
import type { Value } from '../request.js';

/** OpenInference's indexed messages. */
function indexedMessages(prefix: string, messages: Record<string, Value>[]): Record<string, Value> {
  return Object.assign(
    {},
    ...messages.map(({ tool_calls: calls, content, ...message }, index) =>
      flattened(`${prefix}.${index}.message`, {
        ...message,
        ...(content !== '' && content !== undefined && { content }),
        ...(Array.isArray(calls) && { tool_calls: calls.map((call) => ({ tool_call: call })) }),
      }),
    ),
  ) as Record<string, Value>;
}

interface Written {
  input: (round: Round) => Record<string, Value>;
  tool: (step: Conversation['steps'][number]) => Record<string, Value>;
  root: Record<string, Value>;
  rootName: string;
}

function openInference(conversation: Conversation, scope: string, written: Written): Sent[] {
  const trace = new Trace();
  const root = trace.spanId();
  const session = { 'session.id': conversation.session };
  for (const round of rounds(conversation)) {
    trace.add({
      name: 'LLM',
      from: round.at,
      to: round.at + 10,
      parent: root,
      attributes: {
        'openinference.span.kind': 'LLM',
        'llm.model_name': 'gpt',
        ...session,
        ...written.input(round),
        ...indexedMessages('llm.output_messages', [chatAnswer(conversation, round)]),
      },
    });
    const { step } = round;
    if (!step) continue;
    trace.add({
      name: step.tool,
      from: round.at + 10,
      to: round.at + 20,
      parent: root,
      attributes: { 'openinference.span.kind': 'TOOL', ...session, ...written.tool(step) },
    });
  }
  trace.add({ id: root, name: written.rootName, from: 0, to: 1_000, attributes: { ...session, ...written.root } });
  return trace.sent(scope);
}

const langGraph = (conversation: Conversation): Sent[] =>
  openInference(conversation, 'openinference.instrumentation.langchain', {
    input: (round) => ({
      ...indexedMessages('llm.input_messages', chatMessages(conversation, round)),
      'input.value': json({ messages: [[{ lc: 1, type: 'constructor', kwargs: {} }]] }),
      'input.mime_type': 'application/json',
    }),
    tool: (step) => ({
      'tool.name': step.tool,
      'tool.description': 'A tool',
      'input.value': pythonRepr(step.arguments),
      'output.value': json({
        output: {
          content: step.result,
          additional_kwargs: {},
          response_metadata: {},
          type: 'tool',
          name: step.tool,
          id: null,
          tool_call_id: step.id,
          artifact: null,
          status: 'success',
        },
      }),
      'output.mime_type': 'application/json',
    }),
    root: {
      'openinference.span.kind': 'CHAIN',
      'input.value': json({
        messages: [
          {
            lc: 1,
            type: 'constructor',
            id: ['langchain', 'schema', 'messages', 'HumanMessage'],
            kwargs: { content: conversation.prompt, type: 'human' },
          },
        ],
      }),
      'input.mime_type': 'application/json',
    },
    rootName: 'LangGraph',
  });

/** The Responses API takes the user's words as a plain text, which stands in `input.value` alone. */
const openAiAgents = (conversation: Conversation): Sent[] =>
  openInference(conversation, 'openinference.instrumentation.openai_agents', {
    input: (round) => {
      const messages = chatMessages(conversation, round);
      return round.before.length === 0
        ? {
            ...indexedMessages('llm.input_messages', messages.slice(0, 1)),
            'input.value': conversation.prompt,
          }
        : {
            ...indexedMessages('llm.input_messages', messages),
            'input.value': json(messages),
            'input.mime_type': 'application/json',
          };
    },
    tool: (step) => ({
      'tool.name': step.tool,
      'input.value': json(step.arguments),
      'input.mime_type': 'application/json',
      'output.value': step.result,
    }),
    root: { 'openinference.span.kind': 'AGENT', 'graph.node.id': conversation.agent },
    rootName: conversation.agent,
  });

const llamaIndex = (conversation: Conversation): Sent[] =>
  openInference(conversation, 'openinference.instrumentation.llama_index', {
    input: (round) =>
      Object.assign(
        {},
        ...chatMessages(conversation, round).map(({ content, ...message }, index) => ({
          ...indexedMessages('x', [{ ...message, content: '' }]),
          ...Object.fromEntries(
            Object.entries(indexedMessages('x', [{ ...message, content: '' }])).map(([key, value]) => [
              key.replace('x.0', `llm.input_messages.${index}`),
              value,
            ]),
          ),
          ...(typeof content === 'string' &&
            content !== '' && {
              [`llm.input_messages.${index}.message.contents.0.message_content.type`]: 'text',
              [`llm.input_messages.${index}.message.contents.0.message_content.text`]: content,
            }),
        })),
      ) as Record<string, Value>,
    tool: (step) => ({
      'tool.name': step.tool,
      'tool.description': 'A tool',
      'input.value': json({ kwargs: step.arguments }),
      'input.mime_type': 'application/json',
      'output.value': json({
        blocks: [{ block_type: 'text', text: step.result }],
        tool_name: step.tool,
        raw_input: { args: [], kwargs: step.arguments },
        raw_output: step.result,
        is_error: false,
      }),
      'output.mime_type': 'application/json',
    }),
    root: { 'openinference.span.kind': 'AGENT', 'agent.name': conversation.agent },
    rootName: 'FunctionAgent.run',
  });

/** OpenLLMetry on LangChain: tool spans with LangChain's own messages in them. */
function openLlmetryLangGraph(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const root = trace.spanId();
  const association = { 'traceloop.association.properties.session_id': conversation.session };
  for (const round of rounds(conversation)) {
    trace.add({
      name: 'ChatOpenAI.chat',
      from: round.at,
      to: round.at + 10,
      parent: root,
      attributes: {
        'llm.request.type': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt',
        ...association,
        ...flattened(
          'gen_ai.prompt',
          chatMessages(conversation, round).map((message) => ({
            ...message,
            ...(Array.isArray(message['tool_calls']) && {
              tool_calls: message['tool_calls'].map((call) => {
                const { id, function: called } = call as { id: string; function: Record<string, Value> };
                return { id, ...called };
              }),
            }),
          })),
        ),
        ...flattened(
          'gen_ai.completion',
          [chatAnswer(conversation, round)].map((message) => ({
            ...message,
            ...(Array.isArray(message['tool_calls']) && {
              tool_calls: message['tool_calls'].map((call) => {
                const { id, function: called } = call as { id: string; function: Record<string, Value> };
                return { id, ...called };
              }),
            }),
          })),
        ),
      },
    });
    const { step } = round;
    if (!step) continue;
    trace.add({
      name: `execute_task.${step.tool}`,
      from: round.at + 10,
      to: round.at + 20,
      parent: root,
      attributes: {
        'traceloop.span.kind': 'tool',
        'traceloop.entity.name': step.tool,
        ...association,
        'traceloop.entity.input': json({
          input_str: pythonRepr(step.arguments),
          tags: ['seq:step:1'],
          metadata: { langgraph_node: 'tools' },
          inputs: step.arguments,
          kwargs: { color: 'green', name: null },
        }),
        'traceloop.entity.output': json({
          output: {
            lc: 1,
            type: 'constructor',
            id: ['langchain', 'schema', 'messages', 'ToolMessage'],
            kwargs: { content: step.result, type: 'tool', name: step.tool, tool_call_id: step.id, status: 'success' },
          },
          kwargs: { tags: ['seq:step:1'], color: 'green', name: step.tool },
        }),
      },
    });
  }
  trace.add({
    id: root,
    name: 'LangGraph.workflow',
    from: 0,
    to: 1_000,
    attributes: {
      'traceloop.span.kind': 'workflow',
      'traceloop.entity.name': 'LangGraph',
      'traceloop.entity.input': json({ inputs: { messages: [conversation.prompt] } }),
      ...association,
    },
  });
  return trace.sent('opentelemetry.instrumentation.langchain');
}

/** OpenLLMetry on OpenAI's Agents SDK: in histories it names calls by the id of their item, results by that of the call. */
function openLlmetryAgents(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const [root, agent] = [trace.spanId(), trace.spanId()];
  const provider = { 'gen_ai.provider.name': 'openai' };
  for (const round of rounds(conversation)) {
    trace.add({
      name: 'openai.response',
      from: round.at,
      to: round.at + 10,
      parent: agent,
      attributes: {
        'gen_ai.operation.name': 'chat',
        ...provider,
        'gen_ai.response.model': 'gpt',
        'gen_ai.input.messages': json([
          { role: 'system', parts: [{ type: 'text', content: conversation.system }] },
          ...partMessages(conversation, round).map((message) => {
            const { role, parts } = message as { role: string; parts: Record<string, unknown>[] };
            return role === 'assistant'
              ? { role, parts: parts.map((part) => ({ ...part, id: `fc_${String(part['id'])}` })) }
              : message;
          }),
        ]),
        'gen_ai.output.messages': json(partAnswer(conversation, round)),
      },
    });
    const { step } = round;
    if (!step) continue;
    trace.add({
      name: `${step.tool}.tool`,
      from: round.at + 10,
      to: round.at + 20,
      parent: agent,
      attributes: {
        'traceloop.span.kind': 'tool',
        'gen_ai.tool.name': step.tool,
        'gen_ai.tool.type': 'function',
        'gen_ai.operation.name': 'execute_tool',
        ...provider,
        'gen_ai.tool.call.arguments': json(step.arguments),
        'gen_ai.tool.call.result': step.result,
      },
    });
  }
  trace.add({
    id: agent,
    name: `${conversation.agent}.agent`,
    from: 0,
    to: 1_000,
    parent: root,
    attributes: {
      'traceloop.span.kind': 'agent',
      'gen_ai.agent.name': conversation.agent,
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.conversation.id': conversation.session,
      ...provider,
    },
  });
  trace.add({
    name: `${conversation.agent} → other.handoff`,
    from: 1_000,
    to: 1_001,
    parent: agent,
    attributes: {
      'traceloop.span.kind': 'handoff',
      'gen_ai.operation.name': 'handoff',
      'gen_ai.agent.name': conversation.agent,
      ...provider,
    },
  });
  trace.add({
    id: root,
    name: 'Agent Workflow',
    from: 0,
    to: 1_010,
    attributes: { 'traceloop.span.kind': 'workflow', 'traceloop.workflow.name': 'Agent Workflow', ...provider },
  });
  return trace.sent('opentelemetry.instrumentation.openai_agents');
}

/** OpenLLMetry on Anthropic's client: content blocks as JSON, and no spans of tools. */
function openLlmetryAnthropic(conversation: Conversation): Sent[] {
  const trace = new Trace();
  for (const round of rounds(conversation)) {
    const { step } = round;
    const use = (id: string, name: string, input: Value) => ({ type: 'tool_use', id, name, input });
    trace.add({
      name: 'anthropic.chat',
      from: round.at,
      to: round.at + 10,
      attributes: {
        'llm.request.type': 'chat',
        'gen_ai.system': 'Anthropic',
        'gen_ai.request.model': 'claude',
        'gen_ai.agent.name': conversation.agent,
        'traceloop.association.properties.session_id': conversation.session,
        ...flattened('gen_ai.prompt', [
          { role: 'system', content: conversation.system },
          { role: 'user', content: conversation.prompt },
          ...round.before.flatMap((before) => [
            { role: 'assistant', content: json([use(before.id, before.tool, before.arguments)]) },
            {
              role: 'user',
              content: json([
                { type: 'tool_result', tool_use_id: before.id, content: [{ type: 'text', text: before.result }] },
              ]),
            },
          ]),
        ]),
        'gen_ai.completion.0.role': 'assistant',
        ...(step
          ? {
              'gen_ai.completion.0.finish_reason': 'tool_use',
              'gen_ai.completion.0.tool_calls.0.id': step.id,
              'gen_ai.completion.0.tool_calls.0.name': step.tool,
              'gen_ai.completion.0.tool_calls.0.arguments': json(step.arguments),
            }
          : { 'gen_ai.completion.0.content': conversation.answer, 'gen_ai.completion.0.finish_reason': 'end_turn' }),
      },
    });
  }
  return trace.sent('opentelemetry.instrumentation.anthropic');
}

export const VENDORS: Shape[] = [
  { name: 'LangGraph by OpenInference', write: langGraph, without: ['agent'] },
  { name: 'OpenAI Agents SDK by OpenInference', write: openAiAgents },
  { name: 'LlamaIndex by OpenInference', write: llamaIndex },
  { name: 'LangGraph by OpenLLMetry', write: openLlmetryLangGraph, without: ['agent'] },
  { name: 'OpenAI Agents SDK by OpenLLMetry', write: openLlmetryAgents },
  { name: 'Anthropic by OpenLLMetry', write: openLlmetryAnthropic },
];
