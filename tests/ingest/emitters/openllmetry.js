// OpenLLMetry's instrumentation of the plain OpenAI client: model spans only, no tool spans.
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { trace } from '@opentelemetry/api';
import OpenAI from 'openai';
import { openAiTurn } from './agent-turn.js';

const instrumentation = new OpenAIInstrumentation();
const sdk = new NodeSDK({ instrumentations: [instrumentation] });
sdk.start();
instrumentation.manuallyInstrument(OpenAI);
await trace.getTracer('app').startActiveSpan('handle request', async (span) => {
  await openAiTurn(new OpenAI({ apiKey: 'none' }));
  span.end();
});
await sdk.shutdown();
