/** Frameworks with words of their own beside the conventions'. */
import {
  json,
  partAnswer,
  partMessages,
  rounds,
  chatAnswer,
  chatMessages,
  Trace,
  type Conversation,
  type Sent,
  type Shape,
} from './conversation.js';
import type { Value } from '../request.js';

/** Google's Agent Development Kit: requests and answers of Gemini, whole, as JSON. */
function googleAdk(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const [root, agent] = [trace.spanId(), trace.spanId()];
  for (const round of rounds(conversation)) {
    const { step } = round;
    const called = (id: string, name: string, args: Value) => ({
      role: 'model',
      parts: [{ function_call: { id, name, args } }],
    });
    trace.add({
      name: 'call_llm',
      from: round.at,
      to: round.at + 10,
      parent: agent,
      attributes: {
        'gen_ai.system': 'gcp.vertex.agent',
        'gen_ai.request.model': 'gemini',
        'gcp.vertex.agent.invocation_id': 'e-1',
        'gcp.vertex.agent.session_id': conversation.session,
        'gcp.vertex.agent.event_id': `event-${round.at}`,
        'gcp.vertex.agent.llm_request': json({
          model: 'gemini',
          config: {
            system_instruction: conversation.system,
            tools: [{ function_declarations: [{ name: 'read_inbox', description: 'Reads mail', parameters: {} }] }],
          },
          contents: [
            { role: 'user', parts: [{ text: conversation.prompt }] },
            ...round.before.flatMap((before) => [
              called(before.id, before.tool, before.arguments),
              {
                role: 'user',
                parts: [
                  { function_response: { id: before.id, name: before.tool, response: { result: before.result } } },
                ],
              },
            ]),
          ],
        }),
        'gcp.vertex.agent.llm_response': json({
          content: step
            ? called(step.id, step.tool, step.arguments)
            : { role: 'model', parts: [{ text: conversation.answer }] },
          finish_reason: 'STOP',
        }),
      },
    });
    if (!step) continue;
    trace.add({
      name: `execute_tool ${step.tool}`,
      from: round.at + 10,
      to: round.at + 20,
      parent: agent,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': step.tool,
        'gen_ai.tool.description': 'A tool',
        'gen_ai.tool.type': 'FunctionTool',
        'gcp.vertex.agent.llm_request': '{}',
        'gcp.vertex.agent.llm_response': '{}',
        'gcp.vertex.agent.tool_call_args': json(step.arguments),
        'gen_ai.tool.call.id': step.id,
        'gcp.vertex.agent.tool_response': json({ result: step.result }),
      },
    });
    trace.add({
      name: 'execute_tool (merged)',
      from: round.at + 20,
      to: round.at + 20,
      parent: agent,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': '(merged tools)',
        'gen_ai.tool.description': '(merged tools)',
        'gen_ai.tool.call.id': `event-${round.at}`,
        'gcp.vertex.agent.tool_call_args': 'N/A',
        'gcp.vertex.agent.tool_response': '<not serializable>',
      },
    });
  }
  trace.add({
    id: agent,
    name: `invoke_agent ${conversation.agent}`,
    from: 0,
    to: 1_000,
    parent: root,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': conversation.agent,
      'gen_ai.conversation.id': conversation.session,
    },
  });
  trace.add({ id: root, name: 'invocation', from: 0, to: 1_001 });
  return trace.sent('gcp.vertex.agent');
}

/** Pydantic AI: tool spans without an operation; messages as a JSON list of events, later in the conventions' attributes. */
function pydanticAi(conversation: Conversation, version: 1 | 2): Sent[] {
  const trace = new Trace();
  const root = trace.spanId();
  for (const round of rounds(conversation)) {
    trace.add({
      name: 'chat gpt',
      from: round.at,
      to: round.at + 10,
      parent: root,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt',
        'logfire.msg': 'chat gpt',
        ...(version === 1
          ? {
              events: json([
                ...chatMessages(conversation, round).map((message, index) => ({
                  ...message,
                  ...(message['role'] === 'tool' && { id: message['tool_call_id'] }),
                  tool_call_id: undefined,
                  'gen_ai.message.index': index,
                  'event.name': `gen_ai.${message.role}.message`,
                })),
                { index: 0, message: chatAnswer(conversation, round), 'event.name': 'gen_ai.choice' },
              ]),
            }
          : {
              'gen_ai.input.messages': json([
                { role: 'system', parts: [{ type: 'text', content: conversation.system }] },
                ...partMessages(conversation, round).map((message) => {
                  const { role, parts } = message as { role: string; parts: Record<string, unknown>[] };
                  return role === 'tool'
                    ? {
                        role: 'user',
                        parts: parts.map(({ response, ...part }) => ({ ...part, name: 'x', result: response })),
                      }
                    : {
                        role,
                        parts: parts.map((part) =>
                          part['arguments'] ? { ...part, arguments: json(part['arguments']) } : part,
                        ),
                      };
                }),
              ]),
              'gen_ai.output.messages': json(partAnswer(conversation, round)),
            }),
      },
    });
    const { step } = round;
    if (!step) continue;
    trace.add({
      name: 'running tool',
      from: round.at + 10,
      to: round.at + 20,
      parent: root,
      attributes: {
        'gen_ai.tool.name': step.tool,
        'gen_ai.tool.call.id': step.id,
        tool_arguments: json(step.arguments),
        tool_response: step.result,
        'logfire.msg': `running tool: ${step.tool}`,
      },
    });
  }
  trace.add({
    id: root,
    name: 'agent run',
    from: 0,
    to: 1_000,
    attributes: {
      model_name: 'gpt',
      agent_name: conversation.agent,
      'gen_ai.agent.name': conversation.agent,
      'gen_ai.usage.input_tokens': 10,
      final_result: conversation.answer,
      'session.id': conversation.session,
      'logfire.msg': `${conversation.agent} run`,
    },
  });
  return trace.sent('pydantic-ai');
}

/** Spring AI: everything but the model's call is an operation `framework`. */
function springAi(conversation: Conversation): Sent[] {
  const trace = new Trace();
  const root = trace.spanId();
  for (const round of rounds(conversation)) {
    trace.add({
      name: 'chat gpt',
      from: round.at,
      to: round.at + 10,
      parent: root,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt',
        'gen_ai.input.messages': json(partMessages(conversation, round)),
        'gen_ai.output.messages': json(partAnswer(conversation, round)),
      },
    });
    const { step } = round;
    if (!step) continue;
    trace.add({
      name: `tool_call ${step.tool}`,
      from: round.at + 10,
      to: round.at + 20,
      parent: root,
      attributes: {
        'gen_ai.operation.name': 'framework',
        'gen_ai.system': 'spring_ai',
        'spring.ai.kind': 'tool_call',
        'spring.ai.tool.definition.name': step.tool,
        'spring.ai.tool.call.arguments': json(step.arguments),
        'spring.ai.tool.call.result': json(step.result),
      },
    });
  }
  trace.add({
    id: root,
    name: 'spring_ai chat_client',
    from: 0,
    to: 1_000,
    attributes: {
      'gen_ai.operation.name': 'framework',
      'gen_ai.system': 'spring_ai',
      'spring.ai.kind': 'chat_client',
      'gen_ai.conversation.id': conversation.session,
    },
  });
  return trace.sent('org.springframework.boot');
}

export const FRAMEWORKS: Shape[] = [
  { name: 'Google ADK', write: googleAdk },
  { name: 'Pydantic AI, events', write: (c) => pydanticAi(c, 1) },
  { name: 'Pydantic AI, messages', write: (c) => pydanticAi(c, 2) },
  { name: 'Spring AI', write: springAi, without: ['agent'] },
];
