// The AI SDK with `experimental_telemetry`, exported by the OpenTelemetry SDK as the environment says.
import { createOpenAI } from '@ai-sdk/openai';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { generateText, stepCountIs, tool } from 'ai';
import { z } from 'zod';
import { RESULT, SYSTEM, USER } from './agent-turn.js';

const sdk = new NodeSDK();
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
  experimental_telemetry: {
    isEnabled: true,
    functionId: 'weather',
    metadata: { sessionId: 'conv-vercel', userId: 'u-1' },
  },
});
await sdk.shutdown();
