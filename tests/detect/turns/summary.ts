/** What a turn says, without ids and times: for comparing turns that different emitters told. */
import type { TelemetryEvent } from '../../../schemas/event.js';

export interface TurnSummary {
  prompts: string[];
  /** `tool {arguments}` */
  calls: string[];
  results: string[];
  said: string[];
}

/** Sorted, so that it is a multiset. */
export function summary(events: readonly TelemetryEvent[]): TurnSummary {
  const found: TurnSummary = { prompts: [], calls: [], results: [], said: [] };
  for (const event of events) {
    if (event.kind === 'prompt') found.prompts.push(event.text ?? '');
    if (event.kind === 'tool.call') found.calls.push(`${event.tool} ${JSON.stringify(event.arguments)}`);
    if (event.kind === 'tool.result') found.results.push(event.text ?? '');
    if (event.kind === 'model.output' && event.text !== undefined) found.said.push(event.text);
  }
  for (const list of Object.values(found) as string[][]) list.sort();
  return found;
}
