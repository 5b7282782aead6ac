// OpenTelemetry's own instrumentation of the OpenAI client (model spans, content in log events where it is switched on),
// and tool spans made by hand as the conventions have them.
import { createRequire } from 'node:module';
import { SpanKind, trace } from '@opentelemetry/api';
import { OpenAIInstrumentation } from '@opentelemetry/instrumentation-openai';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { openAiTurn } from './agent-turn.js';

const sdk = new NodeSDK({ instrumentations: [new OpenAIInstrumentation()] });
sdk.start();
// The instrumentation takes hold when the client is required.
const { OpenAI } = createRequire(import.meta.url)('openai');
const tracer = trace.getTracer('app');
await tracer.startActiveSpan(
  'invoke_agent weather',
  {
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'weather',
      'gen_ai.conversation.id': 'conv-otel',
    },
  },
  async (agent) => {
    await openAiTurn(new OpenAI({ apiKey: 'none' }), async (call, run) =>
      tracer.startActiveSpan(`execute_tool ${call.function.name}`, { kind: SpanKind.INTERNAL }, async (span) => {
        span.setAttributes({
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': call.function.name,
          'gen_ai.tool.call.id': call.id,
          'gen_ai.tool.call.arguments': call.function.arguments,
        });
        const result = await run();
        span.setAttribute('gen_ai.tool.call.result', result);
        span.end();
        return result;
      }),
    );
    agent.end();
  },
);
await sdk.shutdown();
