/**
 * One step's view of the states: reads through, keeps what changes apart, and writes it all at the end, each record once
 * with its version raised. A preview works on one too and never commits, so that what it says is what will be done.
 */
import { keyPart } from '../../schemas/entity.js';
import type { AuditEntry } from '../../schemas/audit.js';
import type { Contraction } from '../../schemas/contraction.js';
import type { PointDeclaration } from '../../schemas/enforcement.js';
import type { EntityRef } from '../../schemas/entity.js';
import type { Incident } from '../../schemas/incident.js';
import type { Risk } from '../../schemas/risk.js';
import { headFirst } from '../policy/lease-text.js';
import { shortHash } from '../runtime/hash.js';
import type { States, StepContext } from '../runtime/machine.js';
import type { AnyOutgoing } from '../runtime/stream/types.js';
import { withEffects } from './with-effects.js';
import { endedKey, incidentKey, liveKey, riskKey } from './keys.js';
import { nextLookMs } from './lease.js';
import { isLive } from './ledger.js';

/** What a timer of response is about. */
export type TimerPayload =
  | { about: 'contraction'; tenant: string; id: string }
  | { about: 'incident'; tenant: string; id: string }
  | { about: 'digest'; tenant: string; playbookId: string }
  | { about: 'risk'; entity: EntityRef }
  | { about: 'alert'; tenant: string; alertId: string }
  | { about: 'ladder'; target: EntityRef }
  | { about: 'correlation'; tenant: string; id: string; group: string };

export class Workspace {
  readonly nowMs: number;
  readonly halfLifeMs: number;
  readonly explains: boolean;
  readonly #states: Pick<States, 'get'>;
  readonly #points: readonly PointDeclaration[];
  readonly #written = new Map<string, unknown>();
  readonly #contractions = new Map<string, { before: Contraction | undefined; now: Contraction }>();
  readonly #incidents = new Map<string, { before: Incident | undefined; now: Incident }>();
  readonly #records: AnyOutgoing[] = [];
  readonly #last: AnyOutgoing[] = [];
  readonly #timers = new Map<string, { dueMs: number; payload: TimerPayload }>();
  #audited = 0;

  /**
   * @param points enforcement points outside, which active contractions have effects at
   * @param explains what is asked on the way is kept for people; a preview is read by nobody
   */
  constructor(
    states: Pick<States, 'get'>,
    nowMs: number,
    halfLifeMs: number,
    points: readonly PointDeclaration[] = [],
    explains = false,
  ) {
    this.explains = explains;
    this.#states = states;
    this.#points = points;
    this.nowMs = nowMs;
    this.halfLifeMs = halfLifeMs;
  }

  /** A state as this step sees it. Never change what you get: `put` a new one. */
  get<T>(key: string): T | undefined {
    return (this.#written.has(key) ? this.#written.get(key) : this.#states.get(key)) as T | undefined;
  }

  /** `undefined` deletes. */
  put(key: string, value: unknown): void {
    this.#written.set(key, value);
  }

  risk(entity: EntityRef): Risk | undefined {
    return this.get<Risk>(riskKey(entity));
  }

  /** A live contraction, as this step sees it; one that ended in this step is still to be had. */
  contraction(tenant: string, id: string): Contraction | undefined {
    return this.#contractions.get(id)?.now ?? (this.#states.get(liveKey(tenant, id)) as Contraction | undefined);
  }

  /** There is or was one of this id: an id is used once, and points that saw its end would not take it again. */
  wasContracted(tenant: string, id: string): boolean {
    return this.contraction(tenant, id) !== undefined || this.#states.get(endedKey(tenant, id)) !== undefined;
  }

  putContraction(contraction: Contraction): void {
    const { id, tenant } = contraction;
    const known = this.#contractions.get(id);
    this.#contractions.set(id, {
      before: known ? known.before : (this.#states.get(liveKey(tenant, id)) as Contraction | undefined),
      now: contraction,
    });
  }

  /** Those this step made or changed, in order. */
  changedContractions(): Contraction[] {
    return [...this.#contractions.values()]
      .filter(({ before, now }) => before !== now)
      .map(({ before, now }) => headFirst(withEffects(now, this.#points, this.nowMs), (before?.version ?? 0) + 1));
  }

  incident(tenant: string, id: string): Incident | undefined {
    return this.#incidents.get(id)?.now ?? (this.#states.get(incidentKey(tenant, id)) as Incident | undefined);
  }

  putIncident(incident: Incident): void {
    const known = this.#incidents.get(incident.id);
    this.#incidents.set(incident.id, {
      before: known
        ? known.before
        : (this.#states.get(incidentKey(incident.tenant, incident.id)) as Incident | undefined),
      now: incident,
    });
  }

  audit(tenant: string, entry: Pick<AuditEntry, 'by' | 'act' | 'subject' | 'reason' | 'outcome'>, cause: string): void {
    const id = shortHash(tenant, 'audit', cause, entry.act, entry.subject, String(this.#audited++));
    this.#records.push({
      topic: 'audit',
      key: entry.subject,
      value: { schemaVersion: 1, id, tenant, atMs: this.nowMs, ...entry },
    });
  }

  emit(record: AnyOutgoing): void {
    this.#records.push(record);
  }

  /** After everything else of this step: barriers and answers. */
  emitLast(record: AnyOutgoing): void {
    this.#last.push(record);
  }

  timer(id: string, dueMs: number, payload: TimerPayload): void {
    this.#timers.set(id, { dueMs, payload });
  }

  /** Nothing changed but the time to look again. */
  relook(contraction: Contraction): void {
    const { tenant, id } = contraction;
    this.timer(
      contractionTimer(tenant, id),
      nextLookMs(contraction, this.risk(contraction.target), this.nowMs, this.halfLifeMs),
      { about: 'contraction', tenant, id },
    );
  }

  commit(context: Pick<StepContext, 'states' | 'emit' | 'setTimer' | 'cancelTimer'>): void {
    for (const contraction of this.changedContractions()) this.#commitContraction(contraction, context);
    for (const { before, now } of this.#incidents.values()) {
      if (before === now) continue;
      const incident: Incident = { ...now, version: (before?.version ?? 0) + 1 };
      context.states.set(incidentKey(incident.tenant, incident.id), incident);
      context.emit({ topic: 'incidents', key: incident.id, value: incident });
    }
    for (const [key, value] of this.#written) context.states.set(key, value);
    for (const record of this.#records) context.emit(record);
    for (const record of this.#last) context.emit(record);
    for (const [id, { dueMs, payload }] of this.#timers) context.setTimer(id, dueMs, payload);
  }

  #commitContraction(
    contraction: Contraction,
    context: Pick<StepContext, 'states' | 'emit' | 'setTimer' | 'cancelTimer'>,
  ): void {
    const { tenant, id } = contraction;
    const timer = contractionTimer(tenant, id);
    context.emit({ topic: 'contractions', key: id, value: { kind: 'contraction', contraction } });
    if (contraction.state === 'ending') {
      // Nothing here ends it any more: it waits for the points outside, and they tell.
      context.states.set(liveKey(tenant, id), contraction);
      context.cancelTimer(timer);
    } else if (isLive(contraction)) {
      context.states.set(liveKey(tenant, id), contraction);
      const risk = this.risk(contraction.target);
      context.setTimer(timer, nextLookMs(contraction, risk, this.nowMs, this.halfLifeMs), {
        about: 'contraction',
        tenant,
        id,
      } satisfies TimerPayload);
    } else {
      context.states.set(liveKey(tenant, id), undefined);
      context.states.set(endedKey(tenant, id), contraction);
      context.cancelTimer(timer);
    }
  }
}

export const contractionTimer = (tenant: string, id: string): string => `contraction:${keyPart(tenant)}/${keyPart(id)}`;
export const incidentTimer = (tenant: string, id: string): string => `incident:${keyPart(tenant)}/${keyPart(id)}`;
export const digestTimer = (tenant: string, playbookId: string): string =>
  `digest:${keyPart(tenant)}/${keyPart(playbookId)}`;
