/** The inspector a configuration asks for: phrases alone, or phrases and the models of our own. */
import { createInspector, type Inspector, type InspectorOptions } from '../inspect-text.js';
import { createSemanticInspector } from './semantic-inspector.js';
import { openFastReader, openPromptReader } from './weight-files.js';

export interface InspectorChoice extends InspectorOptions {
  models: 'none' | 'fast';
}

/** Reads the weights once, at start. Throws `model-unreadable` where they are missing. */
export async function openInspector({ models, ...options }: InspectorChoice): Promise<Inspector> {
  if (models === 'none') return createInspector(options);
  const [fast, prompts] = await Promise.all([openFastReader(), openPromptReader()]);
  return createSemanticInspector({ ...options, fast, prompts });
}
