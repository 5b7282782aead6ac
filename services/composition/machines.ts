/** The two machines as the configuration wants them, and what they need: playbooks, the baseline policy, the scope of states. */
import type { BaselinePolicy } from '../../schemas/baseline.js';
import type { TelemetryEvent } from '../../schemas/event.js';
import { FINDING_TYPES } from '../detect/detectors/table.js';
import { createDetectMachine, type DetectMachine } from '../detect/machine.js';
import { declaredPoints } from '../enforce/points/declare.js';
import { createRespondMachine, type RespondMachine } from '../respond/machine.js';
import { describeDiagnostic } from '../respond/playbook/diagnostic.js';
import { keepGoodTexts, startingPlaybooks } from '../respond/playbook/files/last-good.js';
import type { LoadedPlaybooks } from '../respond/playbook/load.js';
import { readBaseline } from '../runtime/baseline-file.js';
import type { Config } from '../runtime/config.js';
import type { Drivers } from '../runtime/drivers.js';
import type { Log } from '../runtime/log.js';
import { scopedMachine, scopedView } from '../runtime/scoped-machine.js';
import type { States } from '../runtime/machine.js';

/** What detection learns, and the documents that say what it knows of an agent. */
const DETECTION_STATES = ['detect/', 'agent/'];

export interface Machines {
  detect: DetectMachine;
  respond: RespondMachine;
  baseline: BaselinePolicy | undefined;
  loaded: LoadedPlaybooks;
  /** Detection's states as its `judge` sees them, of one event's scope. */
  detectionStates(states: Pick<States, 'get'>, event: TelemetryEvent): Pick<States, 'get'>;
}

export function createMachines(config: Config, log: Log, scope: Drivers['telemetryScope']): Machines {
  const baseline = readBaseline(config.respond.baseline);
  const points = declaredPoints(config);
  const loaded = startingPlaybooks(config, { nowMs: Date.now(), findingTypes: FINDING_TYPES, points });
  for (const diagnostic of loaded.diagnostics)
    log[diagnostic.severity === 'error' ? 'error' : 'warn'](describeDiagnostic(diagnostic));
  if (loaded.kept.length > 0)
    log.warn({ files: loaded.kept }, 'faulty files stand as they were when they were last right');
  keepGoodTexts(config, loaded, log);
  const detect = createDetectMachine({
    clock: config.clock,
    sessionIdleMs: config.detect.sessionIdleMs,
    learning: { events: config.detect.learning.events, ageMs: config.detect.learning.forMs },
    findingsKeptMs: config.retention.contentMs,
    baseline,
  });
  const respond = createRespondMachine({
    playbooks: loaded.playbooks,
    correlations: loaded.correlations,
    riskHalfLifeMs: config.respond.riskHalfLifeMs,
    leaseMs: config.respond.leaseMs,
    incidentsPerPlaybookPerHour: config.respond.incidentsPerPlaybookPerHour,
    points,
  });
  return {
    detect: scope === undefined ? detect : scopedByStream(detect),
    respond,
    baseline,
    loaded,
    detectionStates: (states, event) =>
      scope === undefined ? states : scopedView(states, DETECTION_STATES, event.streamKey),
  };
}

/** Detection with states per stream key; see docs/adr/0011. */
export function scopedByStream<M extends DetectMachine>(machine: M): M {
  return scopedMachine<TelemetryEvent, M>(machine, {
    prefixes: DETECTION_STATES,
    scopeOf: (event) => event.streamKey,
    scopeOfTimer: (payload) => {
      const { streamKey } = (payload ?? {}) as { streamKey?: unknown };
      return typeof streamKey === 'string' ? streamKey : undefined;
    },
  });
}
