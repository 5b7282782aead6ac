/** Frameworks for teams of agents, and agents in a hosted runtime. */
import type { Value } from '../request.js';
import {
  chatMessages,
  flattened,
  json,
  logged,
  rounds,
  Trace,
  type Conversation,
  type Round,
  type Sent,
  type Shape,
} from './conversation.js';

/**
 * AutoGen by OpenInference: what a model was given stands in indexed messages, the results of calls as JSON under `function`;
 * what it said stands in the span's output alone. Tools are spans of AutoGen's own, without content.
 */
function autoGen(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const root = trace.spanId();
  const session = { 'session.id': conversation.session };
  const call = ({ id, tool, arguments: args }: Conversation['steps'][number]) => ({
    id,
    arguments: json(args),
    name: tool,
  });
  const given = (round: Round): Record<string, Value> => {
    const messages: Record<string, Value>[] = [
      { message: { role: 'developer', content: conversation.system } },
      { message: { role: 'user', content: conversation.prompt } },
      ...round.before.flatMap((step) => [
        {
          message: {
            role: 'assistant',
            tool_calls: [
              { tool_call: { id: step.id, function: { name: step.tool, arguments: json(step.arguments) } } },
            ],
          },
        },
        {
          message: { role: 'function' },
          function: [json({ name: step.tool, content: step.result, call_id: step.id, is_error: false })],
        },
      ]),
    ];
    return Object.assign(
      {},
      ...messages.map((each, index) => flattened(`llm.input_messages.${index}`, each)),
    ) as Record<string, Value>;
  };
  for (const round of rounds(conversation)) {
    const { step } = round;
    trace.add({
      name: 'OpenAIChatCompletionClient.create',
      from: round.at,
      to: round.at + 10,
      parent: root,
      attributes: {
        'openinference.span.kind': 'LLM',
        ...session,
        ...given(round),
        'llm.tools.0.tool.name': 'read_inbox',
        'llm.tools.0.tool.json_schema': json({ name: 'read_inbox', parameters: { type: 'object' } }),
        'output.value': json({
          finish_reason: step ? 'function_calls' : 'stop',
          content: step ? [call(step)] : conversation.answer,
          usage: { prompt_tokens: 10, completion_tokens: 2 },
          cached: false,
          logprobs: null,
          thought: null,
        }),
        'output.mime_type': 'application/json',
      },
    });
    if (!step) continue;
    trace.add({
      name: `execute_tool ${step.tool}`,
      from: round.at + 10,
      to: round.at + 20,
      parent: root,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.system': 'autogen',
        'gen_ai.tool.name': step.tool,
        'gen_ai.tool.call.id': step.id,
      },
    });
  }
  trace.add({
    id: root,
    name: `${conversation.agent}.on_messages_stream`,
    from: 0,
    to: 1_000,
    attributes: {
      'openinference.span.kind': 'AGENT',
      'input.value': json({
        messages: [
          { source: 'user', models_usage: null, metadata: {}, content: conversation.prompt, type: 'TextMessage' },
        ],
        cancellation_token: '<autogen_core._cancellation_token.CancellationToken object at 0x7f1c>',
      }),
      'graph.node.id': conversation.agent,
      'graph.node.parent_id': 'start',
      ...session,
    },
  });
  return trace.sent('openinference.instrumentation.autogen_agentchat');
}

/** CrewAI by OpenInference, its model by LiteLLM's: a tool's span holds the arguments of the method that runs tools. */
function crewAi(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const [root, crew] = [trace.spanId(), trace.spanId()];
  const session = { 'session.id': conversation.session };
  const said = (messages: readonly Record<string, Value>[], prefix: string): Record<string, Value> =>
    Object.assign({}, ...messages.map((message, index) => flattened(`${prefix}.${index}.message`, message))) as Record<
      string,
      Value
    >;
  for (const round of rounds(conversation)) {
    const { step } = round;
    const messages = chatMessages(conversation, round).map(({ tool_calls: calls, ...message }) => ({
      ...message,
      ...(Array.isArray(calls) && { tool_calls: calls.map((each) => ({ tool_call: each })) }),
    }));
    trace.add({
      name: 'completion',
      from: round.at,
      to: round.at + 10,
      parent: root,
      attributes: {
        'openinference.span.kind': 'LLM',
        'llm.model_name': 'gpt-4o',
        ...session,
        ...said(messages, 'llm.input_messages'),
        ...(step
          ? flattened('llm.output_messages.0.message', {
              role: 'assistant',
              tool_calls: [
                { tool_call: { id: step.id, function: { name: step.tool, arguments: json(step.arguments) } } },
              ],
            })
          : {
              'llm.output_messages.0.message.role': 'assistant',
              'llm.output_messages.0.message.content': conversation.answer,
            }),
        'output.value': step ? '' : conversation.answer,
      },
    });
    if (!step) continue;
    trace.add({
      name: `${step.tool}._use`,
      from: round.at + 10,
      to: round.at + 20,
      parent: root,
      attributes: {
        'openinference.span.kind': 'TOOL',
        'tool.name': step.tool,
        'input.value': json({
          tool_string: `Action: ${step.tool}\nAction Input: ${json(step.arguments)}`,
          tool: `CrewStructuredTool(name='${step.tool}', description='A tool')`,
          calling: { tool_name: step.tool, arguments: step.arguments },
        }),
        'output.value': step.result,
        ...session,
      },
    });
  }
  trace.add({
    id: root,
    name: `${conversation.agent}._execute_core`,
    from: 0,
    to: 900,
    parent: crew,
    attributes: {
      'openinference.span.kind': 'AGENT',
      'input.value': json({ agent: `Agent(role=${conversation.agent})`, context: '', tools: [] }),
      task_key: 'k',
      task_id: 't',
      'graph.node.id': conversation.agent,
      'output.value': conversation.answer,
      ...session,
    },
  });
  trace.add({
    id: crew,
    name: 'Crew_1.kickoff',
    from: 0,
    to: 1_000,
    attributes: {
      'openinference.span.kind': 'CHAIN',
      crew_key: 'c',
      crew_id: '1',
      crew_inputs: '',
      crew_agents: json([{ key: 'k', id: 'i', role: conversation.agent, goal: 'g', tools_names: ['read_inbox'] }]),
      ...session,
    },
  });
  return trace.sent('openinference.instrumentation.crewai');
}

/**
 * Bedrock AgentCore: Strands' spans without what was said, which its distribution of OpenTelemetry takes out into log
 * records, one a span, with all that went in and came out.
 */
function agentCore(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const root = trace.spanId();
  const system = { 'gen_ai.system': 'strands-agents', 'session.id': conversation.session };
  const records: Parameters<typeof logged>[0] = [];
  const record = (spanId: string, at: number, input: Value[], output: Value[]): void => {
    records.push({
      traceId: trace.id,
      spanId,
      at,
      name: 'strands.telemetry.tracer',
      body: { input: { messages: input }, output: { messages: output } },
    });
  };
  const user: Value = { role: 'user', content: { content: json([{ text: conversation.prompt }]) } };
  for (const round of rounds(conversation)) {
    const { step } = round;
    const use = (id: string, name: string, input: Value) => json([{ toolUse: { toolUseId: id, name, input } }]);
    const chat = trace.add({
      name: 'chat',
      from: round.at,
      to: round.at + 10,
      parent: root,
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'claude', ...system },
    });
    record(
      chat,
      round.at + 10,
      [
        { role: 'system', content: conversation.system },
        user,
        ...round.before.flatMap((done): Value[] => [
          { role: 'assistant', content: { content: use(done.id, done.tool, done.arguments) } },
          {
            role: 'tool',
            content: {
              content: json([
                { toolResult: { toolUseId: done.id, status: 'success', content: [{ text: done.result }] } },
              ]),
            },
          },
        ]),
      ],
      [
        {
          role: 'assistant',
          content: {
            message: step ? use(step.id, step.tool, step.arguments) : json([{ text: conversation.answer }]),
            finish_reason: step ? 'tool_use' : 'end_turn',
          },
        },
      ],
    );
    if (!step) continue;
    const tool = trace.add({
      name: `execute_tool ${step.tool}`,
      from: round.at + 10,
      to: round.at + 20,
      parent: root,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': step.tool,
        'gen_ai.tool.call.id': step.id,
        'gen_ai.tool.status': 'success',
        ...system,
      },
    });
    record(
      tool,
      round.at + 20,
      [{ role: 'tool', content: { role: 'tool', content: json(step.arguments), id: step.id } }],
      [{ role: 'assistant', content: { message: json([{ text: step.result }]), id: step.id } }],
    );
  }
  trace.add({
    id: root,
    name: `invoke_agent ${conversation.agent}`,
    from: 0,
    to: 1_000,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': conversation.agent,
      'gen_ai.request.model': 'claude',
      ...system,
    },
  });
  record(
    root,
    1_000,
    [user],
    [{ role: 'assistant', content: { message: conversation.answer, finish_reason: 'end_turn' } }],
  );
  // What a call was made with must come before its span has told of it: later it is known, and judged no more.
  return [logged(records), ...trace.sent('strands.telemetry.tracer')];
}

export const TEAMS: Shape[] = [
  { name: 'AutoGen by OpenInference', write: autoGen },
  { name: 'CrewAI by OpenInference', write: crewAi },
  { name: 'Bedrock AgentCore, content in log records', write: agentCore },
];
