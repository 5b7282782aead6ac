/** OpenTelemetry's own conventions, in the variants that are in the field, and frameworks that follow them. */
import {
  chatAnswer,
  chatCall,
  chatMessages,
  json,
  logged,
  partAnswer,
  partMessages,
  rounds,
  Trace,
  type Conversation,
  type Sent,
  type Shape,
} from './conversation.js';
import type { Value } from '../request.js';

/** Spans as the conventions want them; the variants differ in how values are written. */
function conventional(conversation: Conversation, write: (value: Value) => Value): Sent[] {
  const trace = new Trace();
  const root = trace.spanId();
  const own = { 'gen_ai.agent.id': conversation.agent, 'gen_ai.conversation.id': conversation.session };
  for (const round of rounds(conversation)) {
    trace.add({
      name: 'chat gpt',
      from: round.at,
      to: round.at + 10,
      parent: root,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt',
        'gen_ai.system_instructions': write([{ type: 'text', content: conversation.system }]),
        'gen_ai.input.messages': write(partMessages(conversation, round)),
        'gen_ai.output.messages': write(partAnswer(conversation, round)),
      },
    });
    const { step } = round;
    if (!step) continue;
    trace.add({
      name: `execute_tool ${step.tool}`,
      from: round.at + 10,
      to: round.at + 20,
      parent: root,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': step.tool,
        'gen_ai.tool.call.id': step.id,
        'gen_ai.tool.call.arguments': write(step.arguments),
        'gen_ai.tool.call.result': step.result,
      },
    });
  }
  trace.add({
    id: root,
    name: `invoke_agent ${conversation.agent}`,
    from: 0,
    to: 1_000,
    attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.provider.name': 'openai', ...own },
  });
  return trace.sent('some.instrumentation');
}

/** Strands Agents, by its older conventions: content blocks of Bedrock as JSON in events, of tools as well. */
function strands(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const root = trace.spanId();
  const system = { 'gen_ai.system': 'strands-agents', 'session.id': conversation.session };
  const event = (name: string, own: Record<string, Value>) => ({ name, attributes: own });
  for (const round of rounds(conversation)) {
    const cycle = trace.spanId();
    const blocks = (text: string) => json([{ text }]);
    const use = (id: string, name: string, input: Value) => json([{ toolUse: { toolUseId: id, name, input } }]);
    const messages = [
      event('gen_ai.user.message', { content: blocks(conversation.prompt) }),
      ...round.before.flatMap((step) => [
        event('gen_ai.assistant.message', { content: use(step.id, step.tool, step.arguments) }),
        event('gen_ai.tool.message', {
          content: json([{ toolResult: { toolUseId: step.id, status: 'success', content: [{ text: step.result }] } }]),
        }),
      ]),
    ];
    const { step } = round;
    const said = step ? use(step.id, step.tool, step.arguments) : blocks(conversation.answer);
    trace.add({
      name: 'chat',
      from: round.at,
      to: round.at + 10,
      parent: cycle,
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'claude', ...system },
      events: [...messages, event('gen_ai.choice', { finish_reason: step ? 'tool_use' : 'end_turn', message: said })],
    });
    if (step)
      trace.add({
        name: `execute_tool ${step.tool}`,
        from: round.at + 10,
        to: round.at + 20,
        parent: cycle,
        attributes: {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': step.tool,
          'gen_ai.tool.call.id': step.id,
          'gen_ai.tool.status': 'success',
          ...system,
        },
        events: [
          event('gen_ai.tool.message', { role: 'tool', content: json(step.arguments), id: step.id }),
          event('gen_ai.choice', { message: json([{ text: step.result }]), id: step.id }),
        ],
      });
    trace.add({
      id: cycle,
      name: 'execute_event_loop_cycle',
      from: round.at,
      to: round.at + 30,
      parent: root,
      attributes: { 'event_loop.cycle_id': `cycle-${round.at}` },
      events: [...messages, event('gen_ai.choice', { message: said })],
    });
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
    events: [
      event('gen_ai.user.message', { content: json([{ text: conversation.prompt }]) }),
      event('gen_ai.choice', { message: conversation.answer, finish_reason: 'end_turn' }),
    ],
  });
  return trace.sent('strands.telemetry.tracer');
}

/** Strands Agents by the latest conventions: one event with what went in, one with what came out, also of tools. */
function strandsLatest(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const root = trace.spanId();
  const provider = { 'gen_ai.provider.name': 'strands-agents', 'session.id': conversation.session };
  const details = (own: Record<string, Value>) => ({
    name: 'gen_ai.client.inference.operation.details',
    attributes: own,
  });
  for (const round of rounds(conversation)) {
    trace.add({
      name: 'chat',
      from: round.at,
      to: round.at + 10,
      parent: root,
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'claude', ...provider },
      events: [
        details({
          'gen_ai.input.messages': json(
            partMessages(conversation, round).map((message) => {
              const { role, parts } = message as { role: string; parts: Record<string, unknown>[] };
              return role === 'tool'
                ? { role: 'user', parts: parts.map((part) => ({ ...part, response: [{ text: part['response'] }] })) }
                : message;
            }),
          ),
        }),
        details({ 'gen_ai.output.messages': json(partAnswer(conversation, round)) }),
      ],
    });
    const { step } = round;
    if (!step) continue;
    trace.add({
      name: `execute_tool ${step.tool}`,
      from: round.at + 10,
      to: round.at + 20,
      parent: root,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': step.tool,
        'gen_ai.tool.call.id': step.id,
        ...provider,
      },
      events: [
        details({
          'gen_ai.input.messages': json([
            {
              role: 'tool',
              parts: [{ type: 'tool_call', name: step.tool, id: step.id, arguments: step.arguments }],
            },
          ]),
        }),
        details({
          'gen_ai.output.messages': json([
            { role: 'tool', parts: [{ type: 'tool_call_response', id: step.id, response: [{ text: step.result }] }] },
          ]),
        }),
      ],
    });
  }
  trace.add({
    id: root,
    name: `invoke_agent ${conversation.agent}`,
    from: 0,
    to: 1_000,
    attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': conversation.agent, ...provider },
    events: [
      details({ 'gen_ai.input.messages': json(partMessages(conversation, { at: 0, before: [], step: undefined })) }),
      details({ 'gen_ai.output.messages': json(partAnswer(conversation, { at: 0, before: [], step: undefined })) }),
    ],
  });
  return trace.sent('strands.telemetry.tracer');
}

/** Semantic Kernel: spans without content, messages in log records whose body is JSON in a text. */
function semanticKernel(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const root = trace.spanId();
  const records: Parameters<typeof logged>[0] = [];
  for (const round of rounds(conversation)) {
    const spanId = trace.add({
      name: 'chat gpt',
      from: round.at,
      to: round.at + 10,
      parent: root,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt',
        'gen_ai.agent.id': conversation.agent,
        'gen_ai.response.finish_reason': round.step ? 'tool_calls' : 'stop',
      },
    });
    for (const message of chatMessages(conversation, round))
      records.push({
        traceId: trace.id,
        spanId,
        at: round.at + 1,
        name: `gen_ai.${message.role}.message`,
        body: json(message),
      });
    records.push({
      traceId: trace.id,
      spanId,
      at: round.at + 10,
      name: 'gen_ai.choice',
      body: json({ message: chatAnswer(conversation, round), finish_reason: 'stop', index: 0 }),
    });
    const { step } = round;
    if (step)
      trace.add({
        name: `execute_tool ${step.tool}`,
        from: round.at + 10,
        to: round.at + 20,
        parent: root,
        attributes: {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': step.tool,
          'gen_ai.tool.call.id': step.id,
          'gen_ai.tool.call.arguments': json(step.arguments),
          'gen_ai.tool.call.result': step.result,
        },
      });
  }
  trace.add({
    id: root,
    name: `invoke_agent ${conversation.agent}`,
    from: 0,
    to: 1_000,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.id': conversation.agent,
      'gen_ai.agent.name': 'Mail helper',
    },
  });
  return [...trace.sent('semantic_kernel'), logged(records)];
}

/** Azure AI Foundry's agents: what happens in a thread stands in events whose one attribute is JSON. */
function azureAgents(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const common = { 'gen_ai.system': 'az.ai.agents', 'gen_ai.thread.id': conversation.session };
  const event = (name: string, body: Value, at = 0) => ({
    name,
    at,
    attributes: { 'gen_ai.system': 'az.ai.agents', 'gen_ai.event.content': json(body) },
  });
  trace.add({
    name: 'create_message',
    from: 0,
    to: 1,
    attributes: { 'gen_ai.operation.name': 'create_message', ...common },
    events: [event('gen_ai.user.message', { content: conversation.prompt, role: 'user' })],
  });
  const run = trace.spanId();
  for (const step of conversation.steps)
    trace.add({
      name: `execute_tool ${step.tool}`,
      from: 100 * conversation.steps.indexOf(step) + 10,
      to: 100 * conversation.steps.indexOf(step) + 20,
      parent: run,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.call.id': step.id,
        'gen_ai.tool.name': step.tool,
      },
    });
  trace.add({
    name: 'submit_tool_outputs',
    from: 201,
    to: 202,
    parent: run,
    attributes: { 'gen_ai.operation.name': 'submit_tool_outputs', 'gen_ai.thread.run.id': 'run_1', ...common },
  });
  trace.add({
    id: run,
    name: 'process_thread_run',
    from: 0,
    to: 1_000,
    attributes: {
      'gen_ai.operation.name': 'process_thread_run',
      'gen_ai.agent.id': conversation.agent,
      'gen_ai.response.model': 'gpt',
      'gen_ai.thread.run.id': 'run_1',
      ...common,
    },
    events: [
      ...conversation.steps.flatMap((step, index) => [
        event('gen_ai.assistant.message', { tool_calls: [chatCall(step)] }, 100 * index + 9),
        event('gen_ai.tool.message', { content: step.result, id: step.id }, 100 * index + 21),
      ]),
      event(
        'gen_ai.assistant.message',
        { content: { text: { value: conversation.answer, annotations: [] } }, role: 'assistant' },
        990,
      ),
    ],
  });
  trace.add({
    name: 'list_messages',
    from: 1_001,
    to: 1_002,
    attributes: { 'gen_ai.operation.name': 'list_messages', ...common },
    events: [
      event('gen_ai.assistant.message', { content: { text: { value: conversation.answer } }, role: 'assistant' }),
      event('gen_ai.user.message', { content: { text: { value: conversation.prompt } }, role: 'user' }),
    ],
  });
  return trace.sent('azure.ai.agents');
}

export const CONVENTIONS: Shape[] = [
  { name: 'the conventions, values as JSON', write: (c) => conventional(c, (value) => json(value)) },
  { name: 'the conventions, values structured', write: (c) => conventional(c, (value) => value) },
  { name: 'Strands Agents, older events', write: strands },
  { name: 'Strands Agents, latest conventions', write: strandsLatest },
  { name: 'Semantic Kernel', write: semanticKernel, without: ['session'] },
  { name: 'Azure AI Foundry agents', write: azureAgents },
];
