/** Baselines from recorded telemetry, into the store of an engine that does not run. */
import type { TelemetryEvent } from '../../schemas/event.js';
import type { AgentDocument } from '../detect/agent-document.js';
import { scopedByStream } from '../composition/machines.js';
import { createDetectMachine } from '../detect/machine.js';
import { Intake } from '../ingest/intake.js';
import { readFileSource } from '../ingest/sources/files.js';
import { Stepper } from '../runtime/stepper.js';
import type { Drivers } from '../runtime/drivers.js';
import type { Store } from '../runtime/store/types.js';
import { configuredInspector } from './backtest/configured.js';
import { Progress } from './backtest/progress.js';
import { Reorder } from './backtest/reorder.js';
import { REORDER_BYTES, REORDER_EVENTS, weight } from './backtest/reorder-limits.js';
import { readBaseline } from '../runtime/baseline-file.js';
import type { CommandLine } from './command-line.js';

/** What is kept of the past: baselines of agents and of kinds of agents, and what people are shown of them. */
const LEARNED = ['detect/agent/', 'detect/blueprint/', 'agent/'] as const;
const PAGE = 500;

export interface Learned {
  events: number;
  refused: number;
  /** Events further out of order than the buffer reaches. */
  late: number;
  agents: AgentDocument[];
}

/** Only detection runs, in event time; of what it makes, only the baselines are kept. */
export async function learn(
  cli: CommandLine,
  telemetry: string,
  { store, telemetryScope }: Pick<Drivers, 'store' | 'telemetryScope'>,
): Promise<Learned> {
  const { config } = cli;
  const machine = createDetectMachine({
    clock: 'event',
    sessionIdleMs: config.detect.sessionIdleMs,
    learning: { events: config.detect.learning.events, ageMs: config.detect.learning.forMs },
    baseline: readBaseline(config.respond.baseline),
  });
  const detect = new Stepper<TelemetryEvent>({
    // Under the same keys as live detection.
    machine: telemetryScope === undefined ? machine : scopedByStream(machine),
    strict: false,
    initial: { states: await states(store) },
  });
  const reorder = new Reorder<TelemetryEvent>({ items: REORDER_EVENTS, bytes: REORDER_BYTES });
  const touched = new Set<string>();
  let events = 0;
  let refused = 0;
  const take = (event: TelemetryEvent): void => {
    events += 1;
    touched.add(JSON.stringify([event.tenant, event.agent.id, event.agent.blueprint]));
    detect.feed(event);
  };
  const progress = new Progress(cli.terminal);
  await readFileSource({
    path: telemetry,
    intake: new Intake({
      inspector: await configuredInspector(cli),
      tenant: config.tenant,
      latenessMs: Number.MAX_SAFE_INTEGER,
      skewMs: Number.MAX_SAFE_INTEGER,
      keepContent: true,
      keepLetters: false,
    }),
    append: async (records) => {
      for (const { topic, value } of records) {
        if (topic === 'telemetry') for (const event of reorder.push(value, value.timeMs, weight(value))) take(event);
        else if (topic === 'deadletter') refused += 1;
      }
    },
    now: () => 0,
    arrival: 'event',
    stdin: cli.terminal.stdin,
    onProgress: (soFar) => progress.show(soFar),
  });
  for (const event of reorder.drain()) take(event);
  progress.clear();

  const learned = detect.snapshot().states.filter(([key]) => LEARNED.some((prefix) => key.startsWith(prefix)));
  for (let from = 0; from < learned.length; from += PAGE)
    await store.write(learned.slice(from, from + PAGE).map(([key, value]) => ({ key, value })));
  const agents = learned.filter(([key]) => key.startsWith('agent/')).map(([, value]) => value as AgentDocument);
  const seen = new Set([...touched].map((text) => (JSON.parse(text) as string[])[1]));
  return { events, refused, late: reorder.late.count, agents: agents.filter(({ id }) => seen.has(id)) };
}

async function states(store: Store): Promise<[string, unknown][]> {
  const found: [string, unknown][] = [];
  for (const prefix of LEARNED) {
    for (let after: string | undefined; ;) {
      const page = await store.scan(prefix, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const { key, value } of page) found.push([key, value]);
      after = page.at(-1)?.key;
      if (after === undefined || page.length < PAGE) break;
    }
  }
  return found;
}
