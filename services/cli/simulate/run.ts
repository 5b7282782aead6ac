/** Runs the simulated fleet through intake and detection in event time, and sets what was found against what was injected. */
import type { Finding } from '../../../schemas/finding.js';
import type { TelemetryEvent } from '../../../schemas/event.js';
import type { Incident } from '../../../schemas/incident.js';
import type { Signal } from '../../../schemas/signal.js';
import { Intake } from '../../ingest/intake.js';
import type { Inspector } from '../../inspect/inspect-text.js';
import type { Machine } from '../../runtime/machine.js';
import { Stepper } from '../../runtime/stepper.js';
import { ANOMALIES, type AnomalyKind, dayStart, type Injection, injectionsOf } from './anomalies.js';
import { AgentDay, DAY_MS, fleetOf, type FleetOptions, type NativeEvent } from './fleet.js';

export interface SimulationOptions extends FleetOptions {
  /** Anomalies of each kind. */
  each: number;
  detect: Machine<TelemetryEvent>;
  respond: Machine<Signal>;
  inspector: Inspector;
  tenant: string;
  onDay?: (day: number, events: number) => void;
}

export interface Found {
  kind: string;
  title: string;
  injected: number;
  found: number;
  /** From its beginning to the first finding, milliseconds; of those found. */
  delaysMs: number[];
  /** Which types of finding saw it, and how often they were the first. */
  first: Record<string, number>;
  /** The agents whose anomaly nobody saw. */
  missed: string[];
}

export interface FalseAlarms {
  total: number;
  agentDays: number;
  perAgentDay: number;
  byType: Record<string, number>;
  /** Those with a confidence of at least ½. */
  confident: number;
  byBlueprint: Record<string, number>;
}

export interface SimulationResult {
  agents: number;
  days: number;
  seed: number;
  events: number;
  refused: number;
  anomalies: Found[];
  falseAlarms: FalseAlarms;
  /** Incidents of the playbooks, all of them and those outside anything injected. */
  incidents: { total: number; outside: number; outsideByPlaybook: Record<string, number> };
  /** JSON of an agent's baselines, bytes. */
  baselineBytes: { median: number; largest: number };
  seconds: number;
}

interface Window {
  injection: Injection;
  fromMs: number;
  toMs: number;
  findings: Finding[];
}

/** What is stated on the day after still belongs to what was injected: days are judged when the next one begins. */
const GRACE_MS = DAY_MS;

export function simulate(options: SimulationOptions): SimulationResult {
  const { days, seed, each } = options;
  const begunAt = performance.now();
  const agents = fleetOf(options);
  const injections = injectionsOf(agents, { days, each, from: Math.floor((days * 2) / 3) });
  const byAgent = new Map(injections.map((injection) => [injection.agent, injection]));
  const windows = new Map<string, Window>();
  const detect = new Stepper({ machine: options.detect, strict: false });
  const respond = new Stepper({ machine: options.respond, strict: false });
  const intake = new Intake({
    inspector: options.inspector,
    tenant: options.tenant,
    latenessMs: DAY_MS,
    skewMs: DAY_MS,
    keepContent: true,
    keepLetters: false,
  });
  const outside: Finding[] = [];
  /** The playbook of each incident outside anything injected; empty for those inside. */
  const incidents = new Map<string, string>();
  let [events, refused, agentDays] = [0, 0, 0];

  const take = (finding: Finding): void => {
    const window = windows.get(finding.agentId);
    if (window !== undefined && finding.timeMs >= window.fromMs && finding.timeMs <= window.toMs + GRACE_MS)
      window.findings.push(finding);
    else outside.push(finding);
  };
  const feed = (native: NativeEvent): void => {
    const taken = intake.native(native, { receivedAtMs: native.timeMs, source: 'simulation', atMs: native.timeMs });
    refused += taken.refused.length;
    for (const record of taken.records) {
      if (record.topic !== 'telemetry') continue;
      events += 1;
      for (const output of detect.feed(record.value)) {
        if (output.topic !== 'signals') continue;
        if (output.value.kind === 'finding' && output.value.finding.primary) take(output.value.finding);
        for (const told of respond.feed(output.value))
          if (told.topic === 'incidents' && !incidents.has(told.value.id))
            incidents.set(told.value.id, windows.has(native.agent.id) ? '' : playbookOf(told.value));
      }
    }
  };

  for (let day = 0; day < days; day++) {
    const todays: NativeEvent[] = [];
    for (const agent of agents) {
      if (day < agent.from) continue;
      const injection = byAgent.get(agent.id);
      const silent =
        injection?.kind.dormant !== undefined && day < injection.day && day >= injection.day - injection.kind.dormant;
      if (silent) continue;
      agentDays += 1;
      const work = new AgentDay(agent, day, seed).work();
      if (injection !== undefined && day >= injection.day && day < injection.day + injection.kind.days) {
        const { fromMs, toMs } = injection.kind.inject(work, agent, dayStart(day), day - injection.day);
        const window = windows.get(agent.id);
        if (window === undefined) windows.set(agent.id, { injection, fromMs, toMs, findings: [] });
        else window.toMs = toMs;
      }
      todays.push(...work.events);
    }
    todays.sort((a, b) => a.timeMs - b.timeMs);
    for (const native of todays) feed(native);
    options.onDay?.(day, events);
  }

  const sizes = detect
    .snapshot()
    .states.filter(([key]) => key.startsWith('detect/agent/'))
    .map(([, state]) => JSON.stringify((state as { x: unknown }).x).length)
    .sort((a, b) => a - b);
  return {
    agents: agents.length,
    days,
    seed,
    events,
    refused,
    anomalies: ANOMALIES.map((kind) => foundOf(kind, [...windows.values()])),
    falseAlarms: falseAlarmsOf(outside, agentDays, new Map(agents.map(({ id, profile }) => [id, profile.blueprint]))),
    incidents: incidentsOf([...incidents.values()]),
    baselineBytes: { median: sizes[sizes.length >> 1] ?? 0, largest: sizes.at(-1) ?? 0 },
    seconds: (performance.now() - begunAt) / 1000,
  };
}

function foundOf(kind: AnomalyKind, windows: readonly Window[]): Found {
  const of = windows.filter(({ injection }) => injection.kind === kind);
  const found: Found = {
    kind: kind.name,
    title: kind.title,
    injected: of.length,
    found: 0,
    delaysMs: [],
    first: {},
    missed: [],
  };
  for (const { injection, fromMs, findings } of of) {
    const first = findings.filter(({ type }) => kind.types.includes(type)).sort((a, b) => a.timeMs - b.timeMs)[0];
    if (first === undefined) found.missed.push(injection.agent);
    else {
      found.found += 1;
      found.delaysMs.push(first.timeMs - fromMs);
      found.first[first.type] = (found.first[first.type] ?? 0) + 1;
    }
  }
  return found;
}

const playbookOf = ({ playbooks }: Incident): string => playbooks.map(({ id }) => id).join(' + ') || 'none';

function incidentsOf(incidents: readonly string[]): SimulationResult['incidents'] {
  const outside = incidents.filter((playbook) => playbook !== '');
  const outsideByPlaybook: Record<string, number> = {};
  for (const playbook of outside) outsideByPlaybook[playbook] = (outsideByPlaybook[playbook] ?? 0) + 1;
  return { total: incidents.length, outside: outside.length, outsideByPlaybook };
}

function falseAlarmsOf(
  outside: readonly Finding[],
  agentDays: number,
  blueprints: ReadonlyMap<string, string>,
): FalseAlarms {
  const byType: Record<string, number> = {};
  const byBlueprint: Record<string, number> = {};
  for (const { type, agentId } of outside) {
    byType[type] = (byType[type] ?? 0) + 1;
    const blueprint = blueprints.get(agentId) ?? '';
    byBlueprint[blueprint] = (byBlueprint[blueprint] ?? 0) + 1;
  }
  return {
    total: outside.length,
    agentDays,
    perAgentDay: outside.length / Math.max(1, agentDays),
    byType,
    confident: outside.filter(({ confidence }) => confidence >= 0.5).length,
    byBlueprint,
  };
}
