/** A slice of the simulated fleet, through the real intake and detection; `npm run simulate` runs all of it. */
import { describe, expect, it, beforeAll } from 'vitest';
import { simulate, type SimulationResult } from '../../../services/cli/simulate/run.js';
import { AgentDay, BEGIN_MS, DAY_MS, fleetOf } from '../../../services/cli/simulate/fleet.js';
import { createDetectMachine } from '../../../services/detect/machine.js';
import { FINDING_TYPES } from '../../../services/detect/detectors/table.js';
import { ANOMALIES } from '../../../services/cli/simulate/anomalies.js';
import { createInspector } from '../../../services/inspect/inspect-text.js';
import { createRespondMachine } from '../../../services/respond/machine.js';

const run = (seed: number): SimulationResult =>
  simulate({
    agents: 12,
    days: 30,
    each: 1,
    seed,
    detect: createDetectMachine({ clock: 'event' }),
    respond: createRespondMachine({
      playbooks: [],
      riskHalfLifeMs: 600_000,
      leaseMs: 300_000,
      incidentsPerPlaybookPerHour: 20,
    }),
    inspector: createInspector(),
    tenant: 'default',
  });

describe('a simulated fleet', () => {
  let result: SimulationResult;
  beforeAll(() => {
    result = run(5);
  }, 120_000);

  it('is read whole: every event is one that an emitter could send', () => {
    expect(result.refused).toBe(0);
    expect(result.events).toBeGreaterThan(20_000);
  });

  it('has its bursts found within their minute, and its walk through records', () => {
    const found = Object.fromEntries(result.anomalies.map((each) => [each.kind, each]));
    expect(found['rate-x10']).toMatchObject({ injected: 1, found: 1 });
    expect(found['rate-x10']?.delaysMs[0]).toBeLessThanOrEqual(60_000);
    expect(found['enumeration']).toMatchObject({ injected: 1, found: 1 });
    expect(found['fan-out']).toMatchObject({ injected: 1, found: 1 });
  });

  it('is left in peace otherwise: at most one false alarm in ten agent-days', () => {
    expect(result.falseAlarms.agentDays).toBeGreaterThan(300);
    expect(result.falseAlarms.perAgentDay).toBeLessThanOrEqual(0.1);
    expect(result.incidents.outside).toBe(0);
  });

  it('keeps the baselines of an agent within four kilobytes', () => {
    expect(result.baselineBytes.largest).toBeLessThanOrEqual(4096);
  });

  it('counts for each anomaly only findings that exist', () => {
    for (const { types } of ANOMALIES) for (const type of types) expect(FINDING_TYPES).toContain(type);
  });
});

describe('the fleet', () => {
  it('is the same for the same seed, and another for another', () => {
    const day = (seed: number) => new AgentDay(fleetOf({ agents: 3, days: 9, seed })[1]!, 3, seed).work().events;
    expect(day(1)).toEqual(day(1));
    expect(day(1)).not.toEqual(day(2));
  });

  it('rests at weekends where it works in an office, and never where it watches', () => {
    const fleet = fleetOf({ agents: 24, days: 30, seed: 1 });
    const events = (blueprint: string, day: number) =>
      new AgentDay(
        fleet.find(({ profile }) => profile.blueprint === blueprint)!,
        day,
        1,
      ).work().events;
    expect(events('office-assistant', 5)).toEqual([]);
    expect(events('office-assistant', 4).length).toBeGreaterThan(0);
    expect(events('monitor', 5).length).toBe(events('monitor', 4).length);
  });

  it('keeps its days apart', () => {
    for (const agent of fleetOf({ agents: 12, days: 30, seed: 2 })) {
      const { events } = new AgentDay(agent, 7, 2).work();
      for (const { timeMs } of events) expect(Math.abs(timeMs - BEGIN_MS - 7.5 * DAY_MS)).toBeLessThan(DAY_MS);
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    }
  });
});
