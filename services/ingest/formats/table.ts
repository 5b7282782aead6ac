/** Every dialect that is read. */
import type { DialectName } from '../dialect.js';
import type { Format } from './format.js';
import { mcp } from './mcp.js';
import { openinference } from './openinference.js';
import { openllmetry } from './openllmetry.js';
import { otelGenai } from './otel-genai.js';
import { vercelAi } from './vercel-ai.js';

export const FORMATS: Readonly<Record<DialectName, Format>> = {
  'otel-genai': otelGenai,
  'vercel-ai': vercelAi,
  openinference,
  openllmetry,
  mcp,
};
