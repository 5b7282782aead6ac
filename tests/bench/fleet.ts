/** Metadata-only telemetry of a fleet, written as a Collector's file exporter would. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { type OtlpSpan, request, spansOf } from '../scenarios/traffic.js';

const CONTENT = new Set([
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.result',
]);

const withoutContent = (span: OtlpSpan): OtlpSpan => ({
  ...span,
  attributes: span.attributes.filter(({ key }) => !CONTENT.has(key)),
});

const TOOLS = [
  'list_tickets',
  'read_ticket',
  'search_wiki',
  'post_comment',
  'close_ticket',
  'page_team',
  'read_log',
  'run_query',
];

/** Writes `turns` turns of `agents` agents, one request a turn; resolves to the number of spans. */
export async function writeFleet(file: string, options: { agents: number; turns: number }): Promise<number> {
  const out = createWriteStream(file);
  let spans = 0;
  for (let i = 0; i < options.turns; i++) {
    const made = spansOf({
      service: `service-${i % 7}`,
      agent: `agent-${i % options.agents}`,
      conversation: `conversation-${i % (options.agents * 3)}`,
      startMs: Date.UTC(2026, 9, 5) + i * 1_500,
      prompt: '',
      steps: Array.from({ length: 1 + (i % 4) }, (_, step) => ({
        tool: TOOLS[(i * 3 + step) % TOOLS.length]!,
        arguments: {},
        result: '',
      })),
      answer: '',
      seed: i,
    }).map(withoutContent);
    spans += made.length;
    if (!out.write(`${JSON.stringify(request(`service-${i % 7}`, made))}\n`)) await once(out, 'drain');
  }
  await new Promise<void>((resolve, reject) => {
    out.once('error', reject);
    out.end(resolve);
  });
  return spans;
}
