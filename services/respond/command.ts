/** What people ask for: contain, lift, extend, approve, pause, resume, close an incident. Each act is audited, done or not. */
import type { Contraction } from '../../schemas/contraction.js';
import { entityKey } from '../../schemas/entity.js';
import type { Incident } from '../../schemas/incident.js';
import type { Risk } from '../../schemas/risk.js';
import type { Command, SignalOf } from '../../schemas/signal.js';
import { shortHash } from '../runtime/hash.js';
import { enter, keysOfContraction, leave } from './contraction-book.js';
import { told } from './incident.js';
import { chainOf, REOPEN_MS, touchIncident } from './incident-book.js';
import { endedKey, incidentKey, liveKey, riskKey, sessionKey, targetKey, tenantKey } from './keys.js';
import { approve as approved, extend, freeze, isOver, open } from './ledger.js';
import { approveByMs } from './lease.js';
import { withoutFindings } from './risk.js';
import type { TenantState } from './states.js';
import { incidentTimer, type Workspace } from './workspace.js';

/** After a false or benign verdict a playbook leaves the same target alone for so long. */
export const VERDICT_SUPPRESS_MS = 60 * 60_000;
/** How long an exception that a verdict proposes would last. */
const EXCEPTION_MS = 30 * 24 * 60 * 60_000;

export interface CommandOutcome {
  ok: boolean;
  message: string;
}

type Get = <T>(key: string) => T | undefined;
type CommandOf<K extends Command['do']> = Extract<Command, { do: K }>;

/** The states a command needs; asked again as they are loaded. */
export function keysOfCommand(signal: SignalOf<'command'>, get: Get): string[] {
  const { tenant, command } = signal;
  const contractionKeys = (id: string) => {
    const contraction = get<Contraction>(liveKey(tenant, id));
    return [liveKey(tenant, id), ...(contraction ? keysOfContraction(get, contraction) : [])];
  };
  switch (command.do) {
    case 'contain':
      return [
        ...contractionKeys(command.contractionId),
        endedKey(tenant, command.contractionId),
        targetKey(command.target),
        riskKey(command.target),
        ...(command.target.type === 'session' ? [sessionKey(tenant, command.target.id)] : []),
      ];
    case 'lift':
    case 'extend':
    case 'freeze':
    case 'approve':
    case 'deny':
      return contractionKeys(command.contractionId);
    case 'take-incident':
      return chainOf(get, tenant, command.incidentId);
    case 'close-incident': {
      const incident = get<Incident>(incidentKey(tenant, command.incidentId));
      if (!incident) return [incidentKey(tenant, command.incidentId)];
      return [
        ...chainOf(get, tenant, incident.id),
        ...incident.entities.map(riskKey),
        ...incident.contractionIds.flatMap(contractionKeys),
      ];
    }
    case 'pause':
    case 'resume':
      return [];
  }
}

function containByHand(
  work: Workspace,
  signal: SignalOf<'command'>,
  command: CommandOf<'contain'>,
  leaseMs: number,
): CommandOutcome {
  const { tenant, by, reason } = signal;
  if (command.target.tenant !== tenant) return { ok: false, message: 'the target belongs to another tenant' };
  if (work.contraction(tenant, command.contractionId)) return { ok: true, message: 'it is there already' };
  if (work.wasContracted(tenant, command.contractionId)) return { ok: false, message: 'this id was used before' };
  const contraction = open(
    {
      id: command.contractionId,
      tenant,
      mode: 'enforce',
      target: command.target,
      controls: command.controls,
      manual: { by, reason },
      findingIds: [],
      sessionIds: command.target.type === 'session' ? [command.target.id] : [],
      trust: 'authenticated',
      createdAtMs: work.nowMs,
      leaseMs,
      maxAtMs: work.nowMs + command.forMs,
      until: { kind: 'time' },
      atMax: { quiet: 'revert', active: 'revert' },
      // A person wanted it: the engine's absence does not end it at once.
      engineGone: 'hold',
    },
    work.nowMs,
    { by, reason },
    false,
  );
  enter(work, contraction);
  return { ok: true, message: `contracted ${entityKey(command.target)}` };
}

function lift(work: Workspace, signal: SignalOf<'command'>, command: CommandOf<'lift'>): CommandOutcome {
  const contraction = work.contraction(signal.tenant, command.contractionId);
  if (!contraction || isOver(contraction)) return { ok: false, message: 'no such contraction is live' };
  leave(work, contraction, {
    reason: 'lifted',
    actor: signal,
    cause: signal.id,
    ...(command.suppressMs === undefined ? {} : { suppressMs: command.suppressMs }),
  });
  return { ok: true, message: 'lifted' };
}

function extendByHand(
  work: Workspace,
  signal: SignalOf<'command'>,
  command: CommandOf<'extend'>,
  leaseMs: number,
): CommandOutcome {
  const contraction = work.contraction(signal.tenant, command.contractionId);
  if (!contraction || isOver(contraction)) return { ok: false, message: 'no such contraction is live' };
  const extended = extend(contraction, command.byMs, work.nowMs, leaseMs, { by: signal.by, reason: signal.reason });
  work.putContraction(extended);
  return { ok: true, message: `lasts until ${new Date(extended.maxAtMs).toISOString()} at most` };
}

function freezeByHand(
  work: Workspace,
  signal: SignalOf<'command'>,
  command: CommandOf<'freeze'>,
  leaseMs: number,
): CommandOutcome {
  const contraction = work.contraction(signal.tenant, command.contractionId);
  if (!contraction || isOver(contraction) || contraction.state !== 'active')
    return { ok: false, message: 'no such contraction is active' };
  const untilMs = work.nowMs + command.forMs;
  work.putContraction(freeze(contraction, untilMs, work.nowMs, leaseMs, { by: signal.by, reason: signal.reason }));
  touchIncident(work, contraction, {
    atMs: work.nowMs,
    kind: 'contraction',
    text: `Frozen by ${signal.by}: ${signal.reason}`,
    ref: contraction.id,
  });
  return { ok: true, message: `only a person ends it before ${new Date(untilMs).toISOString()}` };
}

/** Seen, and perhaps given to somebody. The first who saw it stays named. */
function takeIncident(
  work: Workspace,
  signal: SignalOf<'command'>,
  command: CommandOf<'take-incident'>,
): CommandOutcome {
  const { tenant, by, reason } = signal;
  const incident = work.incident(tenant, command.incidentId);
  if (!incident) return { ok: false, message: 'no such incident' };
  if (incident.mergedInto !== undefined) return { ok: false, message: `it belongs to incident ${incident.mergedInto}` };
  if (incident.status === 'closed') return { ok: false, message: 'it is closed' };
  const { assignee } = command;
  const text = assignee === undefined ? `Seen by ${by}: ${reason}` : `Assigned to ${assignee} by ${by}: ${reason}`;
  work.putIncident(
    told(
      {
        ...incident,
        status: 'active',
        updatedAtMs: work.nowMs,
        acknowledged: incident.acknowledged ?? { by, atMs: work.nowMs },
        ...(assignee === undefined ? {} : { assignee }),
      },
      { atMs: work.nowMs, kind: 'note', text },
    ),
  );
  return { ok: true, message: assignee === undefined ? 'acknowledged' : `assigned to ${assignee}` };
}

function approve(
  work: Workspace,
  signal: SignalOf<'command'>,
  command: CommandOf<'approve'>,
  leaseMs: number,
): CommandOutcome {
  const contraction = work.contraction(signal.tenant, command.contractionId);
  if (contraction?.state !== 'awaiting_approval')
    return { ok: false, message: 'no such contraction waits for approval' };
  if (work.nowMs >= approveByMs(contraction)) return { ok: false, message: 'it waited for too long' };
  // Whoever presses a button in a chat may not know that the glass was broken.
  if (contraction.mode === 'enforce' && work.get<TenantState>(tenantKey(signal.tenant))?.paused !== undefined)
    return { ok: false, message: 'the engine is paused, so that nothing new is enforced: resume it first' };
  if (isAuthor(contraction, signal.by))
    return { ok: false, message: `${signal.by} set its playbook to act: somebody else has to agree` };
  enter(work, approved(contraction, work.nowMs, leaseMs, { by: signal.by, reason: signal.reason }));
  touchIncident(work, contraction, {
    atMs: work.nowMs,
    kind: 'contraction',
    text: `Approved by ${signal.by}: ${signal.reason}`,
    ref: contraction.id,
  });
  return { ok: true, message: 'active' };
}

/** Nobody agrees to what their own change would do beyond its limits. */
const isAuthor = ({ author }: Contraction, by: string): boolean => author?.toLowerCase() === by.toLowerCase();

function deny(work: Workspace, signal: SignalOf<'command'>, command: CommandOf<'deny'>): CommandOutcome {
  const contraction = work.contraction(signal.tenant, command.contractionId);
  if (contraction?.state !== 'awaiting_approval')
    return { ok: false, message: 'no such contraction waits for approval' };
  leave(work, contraction, {
    reason: 'denied',
    actor: { by: signal.by, reason: signal.reason },
    cause: signal.id,
    suppressMs: VERDICT_SUPPRESS_MS,
  });
  return { ok: true, message: 'denied' };
}

/** Scoped to what made this incident, proposed and never adopted by itself. */
function proposedException(incident: Incident, nowMs: number): Incident['exception'] {
  const [playbook] = incident.playbooks;
  const [finding] = incident.findings;
  if (!playbook || !finding) return undefined;
  return {
    playbookId: playbook.id,
    when: `finding.type == ${JSON.stringify(finding.type)} && agent.id == ${JSON.stringify(finding.agentId)}`,
    expiresAtMs: nowMs + EXCEPTION_MS,
  };
}

function closeIncident(
  work: Workspace,
  signal: SignalOf<'command'>,
  command: CommandOf<'close-incident'>,
): CommandOutcome {
  const { tenant, by, reason } = signal;
  const incident = work.incident(tenant, command.incidentId);
  if (!incident) return { ok: false, message: 'no such incident' };
  if (incident.mergedInto !== undefined) return { ok: false, message: `it belongs to incident ${incident.mergedInto}` };
  const harmless = command.verdict !== 'true';
  const contractions = incident.contractionIds
    .map((id) => work.contraction(tenant, id))
    .filter((contraction) => contraction !== undefined && !isOver(contraction));
  for (const contraction of contractions) {
    if (contraction && (harmless || contraction.until.kind === 'verdict')) {
      leave(work, contraction, {
        reason: 'verdict',
        actor: { by, reason },
        cause: signal.id,
        ...(harmless ? { suppressMs: VERDICT_SUPPRESS_MS } : {}),
      });
    }
  }
  if (harmless) {
    const judged = new Set(incident.findings.map(({ id }) => id));
    for (const entity of incident.entities) {
      const risk = work.get<Risk>(riskKey(entity));
      if (risk) work.put(riskKey(entity), withoutFindings(risk, judged, work.nowMs, work.halfLifeMs));
    }
  }
  // What was lifted above has been told in it meanwhile.
  const now = work.incident(tenant, command.incidentId) ?? incident;
  const exception = harmless ? proposedException(now, work.nowMs) : undefined;
  work.putIncident(
    told(
      {
        ...now,
        status: 'closed',
        closedAtMs: work.nowMs,
        updatedAtMs: work.nowMs,
        verdict: { value: command.verdict, by, reason, atMs: work.nowMs },
        ...(exception ? { exception } : {}),
      },
      { atMs: work.nowMs, kind: 'verdict', text: `${by}: ${command.verdict} (${reason})` },
    ),
  );
  work.timer(incidentTimer(tenant, incident.id), work.nowMs + REOPEN_MS, {
    about: 'incident',
    tenant,
    id: incident.id,
  });
  return { ok: true, message: `closed as ${command.verdict}` };
}

function setPaused(work: Workspace, signal: SignalOf<'command'>, paused: boolean): CommandOutcome {
  const { tenant, by, reason } = signal;
  const state: TenantState = paused
    ? { schemaVersion: 1, paused: { by, reason, atMs: work.nowMs } }
    : { schemaVersion: 1 };
  work.put(tenantKey(tenant), state);
  work.emit({
    topic: 'contractions',
    key: `paused/${tenant}`,
    value: { kind: 'paused', tenant, paused, atMs: work.nowMs, by },
  });
  return {
    ok: true,
    message: paused
      ? 'no new contraction is enforced until resume; those that are active stay'
      : 'contractions are enforced again',
  };
}

function run(work: Workspace, signal: SignalOf<'command'>, leaseMs: number): CommandOutcome {
  const { command } = signal;
  switch (command.do) {
    case 'contain':
      return containByHand(work, signal, command, leaseMs);
    case 'lift':
      return lift(work, signal, command);
    case 'extend':
      return extendByHand(work, signal, command, leaseMs);
    case 'freeze':
      return freezeByHand(work, signal, command, leaseMs);
    case 'take-incident':
      return takeIncident(work, signal, command);
    case 'approve':
      return approve(work, signal, command, leaseMs);
    case 'deny':
      return deny(work, signal, command);
    case 'close-incident':
      return closeIncident(work, signal, command);
    case 'pause':
      return setPaused(work, signal, true);
    case 'resume':
      return setPaused(work, signal, false);
  }
}

const ACTS: Readonly<Record<Command['do'], string>> = {
  contain: 'contraction.contain',
  lift: 'contraction.lift',
  extend: 'contraction.extend',
  freeze: 'contraction.freeze',
  'take-incident': 'incident.take',
  approve: 'contraction.approve',
  deny: 'contraction.deny',
  pause: 'engine.pause',
  resume: 'engine.resume',
  'close-incident': 'incident.close',
};

function subjectOfCommand(signal: SignalOf<'command'>): string {
  const { command } = signal;
  if ('contractionId' in command) return command.contractionId;
  return 'incidentId' in command ? command.incidentId : signal.tenant;
}

/** Runs it, audits it and answers whoever waits. */
export function runCommand(work: Workspace, signal: SignalOf<'command'>, leaseMs: number): CommandOutcome {
  const outcome = run(work, signal, leaseMs);
  work.audit(
    signal.tenant,
    {
      by: signal.by,
      act: ACTS[signal.command.do],
      subject: subjectOfCommand(signal),
      reason: signal.reason,
      outcome: outcome.message,
    },
    signal.id,
  );
  if (signal.replyTo !== undefined) {
    work.emitLast({
      topic: 'contractions',
      key: shortHash(signal.tenant, signal.replyTo),
      value: { kind: 'barrier', tenant: signal.tenant, eventId: signal.id, replyTo: signal.replyTo, outcome },
    });
  }
  return outcome;
}
