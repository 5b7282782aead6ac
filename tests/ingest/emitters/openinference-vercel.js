// The AI SDK's spans, rewritten by OpenInference's span processor.
import { createOpenAI } from '@ai-sdk/openai';
import { OpenInferenceBatchSpanProcessor } from '@arizeai/openinference-vercel';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { generateText, stepCountIs, tool } from 'ai';
import { z } from 'zod';
import { RESULT, SYSTEM, USER } from './agent-turn.js';

const sdk = new NodeSDK({
  spanProcessors: [new OpenInferenceBatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
});
sdk.start();
const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: 'none' });
await generateText({
  model: openai.chat('scripted-1'),
  system: SYSTEM,
  prompt: USER,
  tools: {
    get_weather: tool({
      description: 'Tells the weather in a city.',
      inputSchema: z.object({ city: z.string() }),
      execute: async () => RESULT,
    }),
  },
  stopWhen: stepCountIs(5),
  experimental_telemetry: { isEnabled: true },
});
await sdk.shutdown();
