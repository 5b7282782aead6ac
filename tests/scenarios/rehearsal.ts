/** A timeline of turns through the inline path in event time, with the shipped playbooks enforced. */
import { join } from 'node:path';
import type { Contraction } from '../../schemas/contraction.js';
import type { Finding } from '../../schemas/finding.js';
import type { Incident } from '../../schemas/incident.js';
import type { TelemetryEvent } from '../../schemas/event.js';
import { Replay } from '../../services/cli/backtest/replay.js';
import { createDetectMachine } from '../../services/detect/machine.js';
import { Intake } from '../../services/ingest/intake.js';
import { createInspector } from '../../services/inspect/inspect-text.js';
import { createRespondMachine } from '../../services/respond/machine.js';
import { loadPlaybooks } from '../../services/respond/playbook/load.js';
import { packageRoot } from '../../services/runtime/package-root.js';
import { type OtlpSpan, request, spansOf, type Turn } from './traffic.js';

export class Rehearsal {
  readonly decisions: { tool: string; verdict: string; timeMs: number }[] = [];
  readonly findings: Finding[] = [];
  /** The newest version of each. */
  readonly contractions = new Map<string, Contraction>();
  readonly incidents = new Map<string, Incident>();
  readonly #replay: Replay;
  readonly #intake = new Intake({
    inspector: createInspector(),
    tenant: 'default',
    latenessMs: 86_400_000,
    skewMs: 86_400_000,
    keepContent: true,
    keepLetters: true,
  });

  constructor() {
    const { playbooks } = loadPlaybooks([join(packageRoot(), 'playbooks')], { mode: 'enforce' });
    this.#replay = new Replay({
      detect: createDetectMachine({ clock: 'event', sessionIdleMs: 30 * 60_000 }),
      respond: createRespondMachine({
        playbooks,
        riskHalfLifeMs: 600_000,
        leaseMs: 300_000,
        incidentsPerPlaybookPerHour: 20,
      }),
      tenant: 'default',
      lagMs: 0,
      on: {
        decision: ({ call, decision }) =>
          this.decisions.push({ tool: call.tool, verdict: decision.verdict, timeMs: call.timeMs }),
        finding: (finding) => this.findings.push(finding),
        contraction: (contraction) => this.contractions.set(contraction.id, contraction),
        incident: (incident) => this.incidents.set(incident.id, incident),
      },
    });
  }

  /** Plays a turn; its events are told in the order of their times. */
  play(turn: Turn): this {
    return this.tell(turn.service, spansOf(turn), turn.startMs);
  }

  /** Tells what any spans say. */
  tell(service: string, spans: OtlpSpan[], atMs: number): this {
    const taken = this.#intake.document(request(service, spans), {
      receivedAtMs: undefined,
      source: 'rehearsal',
      atMs,
    });
    const events = taken.records.flatMap((record): TelemetryEvent[] =>
      record.topic === 'telemetry' ? [record.value] : [],
    );
    for (const event of events.sort((a, b) => a.timeMs - b.timeMs)) this.#replay.take(event);
    return this;
  }

  /** Lets time pass with nothing happening. */
  wait(ms: number): this {
    this.#replay.finish(ms);
    return this;
  }

  verdictsOf(tool: string): string[] {
    return this.decisions.filter((decision) => decision.tool === tool).map(({ verdict }) => verdict);
  }

  inForce(): Contraction[] {
    return [...this.contractions.values()].filter(({ state, mode }) => state === 'active' && mode === 'enforce');
  }
}
