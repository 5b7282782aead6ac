/** Heap and JSON bytes per agent baseline when every agent has a history. */
import { createDetectMachine } from '../../services/detect/machine.js';
import { createIntake } from '../../services/ingest/service.js';
import { createInspector } from '../../services/inspect/inspect-text.js';
import type { Config } from '../../services/runtime/config.js';
import { Stepper } from '../../services/runtime/stepper.js';
import { request, spansOf } from '../scenarios/traffic.js';

export function benchMemory(config: Config, agents = 100_000, turns = 3): void {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) {
    console.log('memory          skipped: run with node --expose-gc');
    return;
  }
  const intake = createIntake(config, createInspector());
  const detect = new Stepper({ machine: createDetectMachine({ clock: 'event' }), strict: false });
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < turns; round++) {
    for (let agent = 0; agent < agents; agent++) {
      const seed = round * agents + agent;
      const spans = spansOf({
        service: `service-${agent % 100}`,
        agent: `agent-${agent}`,
        conversation: `conversation-${agent}`,
        startMs: Date.UTC(2026, 9, 5) + round * 3_600_000 + agent,
        prompt: '',
        steps: Array.from({ length: 3 }, (_, step) => ({
          tool: `tool_${(agent + step * round) % 12}`,
          arguments: {},
          result: '',
        })),
        answer: '',
        seed,
      }).map((span) => ({
        ...span,
        attributes: span.attributes.filter(({ key }) => !/messages$|arguments$|result$/.test(key)),
      }));
      const taken = intake.document(request(`service-${agent % 100}`, spans), {
        receivedAtMs: undefined,
        source: 'bench',
        atMs: 0,
      });
      for (const record of taken.records) if (record.topic === 'telemetry') detect.feed(record.value);
    }
  }
  collect();
  const heap = process.memoryUsage().heapUsed - before;
  let baselines = 0;
  let bytes = 0;
  for (const [key, value] of detect.snapshot().states) {
    if (!key.startsWith('detect/agent/')) continue;
    baselines++;
    bytes += JSON.stringify(value).length;
  }
  console.log(
    `memory          ${(heap / agents / 1024).toFixed(2)} KB of heap per agent with its session (${agents} agents, ${turns} turns each)`,
  );
  console.log(`                ${(bytes / baselines / 1024).toFixed(2)} KB of JSON per agent baseline (aim ≤ 4 KB)`);
}
