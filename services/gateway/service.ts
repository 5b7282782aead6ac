/**
 * The gateway: the decision point with an API around it. Everything is put together here, in the order in which it opens,
 * and closed in the other, which is why it is one long file; each part says in its own
 * file what it guarantees. `handle` answers requests without a socket, also over the store of a stopped engine.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaselinePolicy } from '../../schemas/baseline.js';
import { SCHEMA_VERSION } from '../../schemas/common.js';
import type { DeadLetter } from '../../schemas/deadletter.js';
import type { Principal } from '../../schemas/principal.js';
import type { Risk } from '../../schemas/risk.js';
import { createInspector, type Inspector } from '../inspect/inspect-text.js';
import { inspectEvent } from '../inspect/admit.js';
import type { Clock } from '../runtime/clock.js';
import { StepdownError } from '../runtime/errors.js';
import type { InlineAnalysis } from '../runtime/inline.js';
import type { Log } from '../runtime/log.js';
import type { Metrics } from '../runtime/metrics.js';
import { userNames } from '../runtime/pseudonyms.js';
import type { Service } from '../runtime/service.js';
import { NO_TRACING, type Tracing } from '../runtime/tracing.js';
import { agentRoutes } from './api/agents.js';
import { answerRoutes } from './api/answers.js';
import { approvalRoutes } from './api/approvals.js';
import { auditRoutes } from './api/audit.js';
import { authzenRoutes } from './api/authzen.js';
import { commandRoutes } from './api/commands.js';
import { copilotRoutes } from './api/copilot.js';
import { eventRoutes } from './api/events.js';
import { explainRoutes } from './api/explain.js';
import { healthRoutes } from './api/health.js';
import { playbookRoutes } from './api/playbooks.js';
import { principalRoutes } from './api/principals.js';
import { readRoutes } from './api/reads.js';
import { userRoutes } from './api/users.js';
import { DecisionPoint } from './decision-point.js';
import type { Engine, GatewayConfig, GatewayDrivers } from './engine.js';
import type { ApiRequest, ApiResponse } from './http/message.js';
import { Router } from './http/router.js';
import { listen, type RunningServer } from './http/server.js';
import { AnsweredOnce } from './records/answered-once.js';
import { Answering } from './records/answering.js';
import { ApprovalKeeper } from './records/approval-keeper.js';
import { AuditSealer } from './records/audit-sealer.js';
import { Barriers } from './records/barriers.js';
import { Commander } from './records/commander.js';
import { Follower } from './records/follower.js';
import { Outbox } from './records/outbox.js';
import { unwritable } from './records/unwritable.js';
import { PrincipalStore } from './records/principal-store.js';
import { documentAt, part } from './records/read.js';
import { measuredGateway } from './measured-gateway.js';
import type { PlaybookDesk } from './playbook-desk.js';
import { Authentication } from './sign-in/authentication.js';
import { EntraTokens } from './sign-in/entra-token.js';
import { OidcSignIn } from './sign-in/oidc.js';

export interface GatewayOptions {
  config: GatewayConfig;
  drivers: GatewayDrivers;
  log: Log;
  clock: Clock;
  /** Detection and response in memory. Without it the decision point knows only what is contracted. */
  analysis?: InlineAnalysis;
  /** The baseline policy document; none: everything is allowed when nothing is wrong. */
  baseline?: BaselinePolicy;
  /** Shared with ingest, so that a text is read once. */
  inspector?: Inspector;
  /** Names this decision point, in decisions and as reader of the contractions topic. Must not change over restarts. */
  point?: string;
  /** The engine's services, for `/v1/health` and `/readyz`. */
  others?: () => readonly Pick<Service, 'name' | 'unready' | 'facts'>[];
  /** What a risk has decayed to, 0 to 100; without it lists show the score as it was last written. */
  riskNow?: (risk: Risk, nowMs: number) => number;
  /** Where it counts what it does; offered at `/metrics`. */
  metrics?: Metrics;
  /** Where its requests show. */
  tracing?: Tracing;
  /** Whether other gateways work over the same store and streams. */
  shared?: boolean;
  /** Reads a dead letter again, with what can be read now. */
  retryDeadLetter?: (letter: DeadLetter) => Promise<{ ok: boolean; message: string }>;
  /** Playbooks as people handle them. */
  playbooks?: PlaybookDesk;
}

export interface Gateway extends Service {
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** Where it listens, once started. */
  address(): { host: string; port: number; url: string } | undefined;
  readonly decisionPoint: DecisionPoint;
  /** Files with tokens that this start has made. */
  readonly tokenFiles: readonly string[];
}

export type { ApiRequest, ApiResponse } from './http/message.js';
export { LOCAL_OPERATOR } from './principals.js';

const GATEWAY = 'gateway';
const OUTBOX_CAPACITY = 20_000;
const GIVE_UP_AFTER_MS = 30_000;
const MAX_IN_FLIGHT = 1_000;
const HOUSEKEEPING_MS = 1_000;
/** Contractions that one line of the log names. */
const NAMED_AT_ONCE = 100;
/** How often the head of the audit chain is said in the log. */
const ANCHOR_MS = 60 * 60_000;
const AUDIT_KEY_FILE = 'audit-key';

export function createGateway(options: GatewayOptions): Gateway {
  const { config, drivers, log, clock, analysis, metrics } = options;
  const { tenant } = config;
  const name = options.point ?? 'gateway';
  const run = randomUUID();
  const startedAtMs = clock.now();
  const inspector = options.inspector ?? createInspector();
  const newId = () => randomUUID();
  const names = userNames(config);

  const point = new DecisionPoint({
    tenant,
    point: name,
    baseline: options.baseline,
    inspect: (event) => inspectEvent(event, inspector),
    elapsedMs: clock.kind === 'wall' ? () => performance.now() : undefined,
    holdGraceMs: config.respond.holdGraceMs,
    ...(analysis === undefined ? {} : { judge: (event, nowMs) => analysis.judge(event, nowMs) }),
  });
  const outbox = new Outbox({
    stream: drivers.stream,
    capacity: OUTBOX_CAPACITY,
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    onLoss: (lost, reason) => log.error({ lost, reason }, 'records of the decision point were lost'),
    onUnwritable: (record, reason) => unwritable(record, reason, clock.now()),
  });
  const measured = measuredGateway(metrics, startedAtMs);
  const barriers = new Barriers(`${name}:${run}`, measured.waited);
  const commander = new Commander({ tenant, clock, outbox, barriers });
  const principals = new PrincipalStore({ store: drivers.store, dataDir: config.dataDir });
  const approvals = new ApprovalKeeper({ book: point.approvals, store: drivers.store, outbox, tenant });
  const once = new AnsweredOnce(drivers.store, tenant);
  const answering = new Answering({ point, approvals, outbox, clock, log, analysis, newId });
  const follower = new Follower({
    stream: drivers.stream,
    store: drivers.store,
    group: `decision-point/${name}`,
    take: (record) => {
      point.apply(record, clock.now());
      measured.told(record, clock.now());
      if (record.kind === 'barrier') barriers.reach(record.replyTo, record.outcome);
    },
    restore: (head, text) => {
      point.restore(head, text, clock.now());
      measured.restored(head);
    },
    takeText: (head, text) => {
      point.restore(head, text, clock.now());
      point.fresh(clock.now());
      measured.restored(head);
    },
    caughtUp: () => point.fresh(clock.now()),
    onError: (error) =>
      log.fatal({ err: error }, 'contractions can no longer be followed; decisions say how old their knowledge is'),
  });

  const sealer = new AuditSealer({
    stream: drivers.stream,
    store: drivers.store,
    keyFile: config.gateway.auditKey ?? join(config.dataDir, AUDIT_KEY_FILE),
    retentionMs: config.retention.auditMs,
    clock,
    log,
  });

  let server: RunningServer | undefined;
  let state: 'new' | 'running' | 'stopped' = 'new';
  let housekeeping: NodeJS.Timeout | undefined;
  let anchoring: NodeJS.Timeout | undefined;
  let tokenFiles: readonly string[] = [];
  let unheard: string | undefined;
  /** Kept beyond their lease when it was last looked; said once each. */
  let held: ReadonlySet<string> = new Set();

  const mustRun = (): void => {
    if (state !== 'running')
      throw new StepdownError('not-running', 'The engine is not running', { mend: 'start it with `stepdown up`' });
  };

  const audit = async (by: Principal, act: string, subject: string, reason: string, outcome: string): Promise<void> => {
    const atMs = clock.now();
    const value = {
      schemaVersion: SCHEMA_VERSION as typeof SCHEMA_VERSION,
      id: newId(),
      tenant,
      atMs,
      by: by.name,
      act,
      subject,
      reason,
      outcome,
    };
    await outbox.append([{ topic: 'audit', key: subject, value }]);
  };

  /** Without this one, which would ask itself. */
  const others = () => (options.others?.() ?? []).filter((other) => other.name !== GATEWAY);

  const unready = (): string | undefined => {
    if (state !== 'running') return 'the gateway is not running';
    const missing = others().flatMap((other) => {
      const what = other.unready();
      return what === undefined ? [] : [`${other.name}: ${what}`];
    });
    if (follower.failure !== undefined) missing.unshift('contractions are not followed');
    if (unheard !== undefined) missing.push(unheard);
    if (sealer.failure !== undefined) missing.push('audit entries are not sealed');
    return missing.length === 0 ? undefined : missing.join('; ');
  };

  const health = (): Record<string, unknown> => ({
    status: state === 'running' ? (unready() === undefined ? 'ready' : 'not-ready') : 'stopped',
    ...(unready() === undefined ? {} : { missing: unready() }),
    tenant,
    point: name,
    startedAtMs,
    nowMs: clock.now(),
    paused: point.paused ?? false,
    contractionsInForce: point.contractions.size,
    contractionsHeld: point.held(clock.now()).length,
    staleMs: point.staleMs(clock.now()),
    recordsWaiting: outbox.waiting,
    recordsLost: outbox.lost,
    barriersWaiting: barriers.waiting,
    services: others().map((other) => ({ name: other.name, missing: other.unready() ?? null, ...other.facts?.() })),
  });

  const engine: Engine = {
    config,
    drivers,
    log,
    clock,
    baseline: options.baseline,
    analysis,
    riskNow: options.riskNow ?? ((risk) => risk.score),
    retryDeadLetter: options.retryDeadLetter,
    point,
    principals,
    approvals,
    outbox,
    barriers,
    startedAtMs,
    running: () => state === 'running',
    mustRun,
    newId,
    userNames: names,
    answer: (asked, principal) => {
      mustRun();
      const { userId, ...rest } = asked;
      const named = userId === undefined ? rest : { ...rest, userId: names(userId) };
      return measured.answered(async () => answering.answer(named, principal));
    },
    warm: async (event) => {
      await answering.warm(event);
    },
    refresh: async (events) => answering.refresh(events),
    command: async (what, by, reason, key) => {
      mustRun();
      return commander.command(what, by, reason, key);
    },
    audit,
    health,
    unready,
  };

  const { tenantId, audience, authority, clientIds } = config.gateway.entra;
  const tokens =
    tenantId === undefined || audience === undefined
      ? undefined
      : new EntraTokens({ tenantId, audience, authority, clientIds }, log);

  const authentication = new Authentication(
    principals.principals,
    config.gateway.oidc.map((issuer) => new OidcSignIn(issuer, log)),
  );

  const router = new Router({
    routes: [
      ...authzenRoutes(engine),
      ...eventRoutes(engine, inspector),
      ...copilotRoutes(engine, inspector, tokens),
      ...commandRoutes(engine),
      ...approvalRoutes(engine),
      ...answerRoutes(engine, once),
      ...principalRoutes(engine),
      ...userRoutes(engine, sealer),
      ...auditRoutes(engine, sealer),
      ...agentRoutes(engine),
      ...playbookRoutes(engine, options.playbooks),
      ...explainRoutes(engine),
      ...readRoutes(engine),
      ...healthRoutes(engine, metrics),
    ],
    authenticate: (token) => authentication.of(token),
    maxBodyBytes: config.gateway.maxBodyBytes,
    onAnswer: measured.replied,
    onBug: (error, request) =>
      log.error({ err: error, method: request.method, path: request.path }, 'a request ended in an error of ours'),
  });

  metrics?.onRead(() =>
    measured.state({
      staleMs: point.staleMs(clock.now()),
      paused: point.paused !== undefined,
      held: point.held(clock.now()).length,
      outbox: { waiting: outbox.waiting, oldestAgeMs: outbox.oldestAgeMs, lost: outbox.lost },
    }),
  );

  const tracing = options.tracing ?? NO_TRACING;
  const handle = async (request: ApiRequest): Promise<ApiResponse> =>
    tracing.on
      ? tracing.span(
          {
            name: router.nameOf(request),
            kind: 'server',
            ...(request.headers === undefined ? {} : { headers: request.headers }),
          },
          async () => router.handle(request),
        )
      : router.handle(request);

  /** What time brings about: requests that ran out, leases that lapsed, how fresh the knowledge is. */
  const tidy = async (): Promise<void> => {
    const nowMs = clock.now();
    const lapsed = point.sweep(nowMs).map(({ id }) => id);
    // A stopped engine lets thousands go at once: each is named, in few lines.
    for (let at = 0; at < lapsed.length; at += NAMED_AT_ONCE)
      log.warn(
        { contractions: lapsed.slice(at, at + NAMED_AT_ONCE) },
        'contractions lapsed here: their leases were not renewed',
      );
    const holding = point.held(nowMs);
    const first = holding.filter((id) => !held.has(id));
    held = new Set(holding);
    for (let at = 0; at < first.length; at += NAMED_AT_ONCE)
      log.error(
        { contractions: first.slice(at, at + NAMED_AT_ONCE), graceMs: config.respond.holdGraceMs },
        'the engine does not renew contractions that are to be held: they are kept for their grace, and then lapse',
      );
    await follower.check();
    for (const approval of point.approvals.expire(nowMs)) await approvals.keep(approval);
    if (config.gateway.answers.length > 0) await once.sweep(nowMs);
    await principals.load();
  };

  return {
    name: GATEWAY,
    decisionPoint: point,
    get tokenFiles() {
      return tokenFiles;
    },
    handle,
    address: () => {
      if (server === undefined) return undefined;
      const scheme = config.gateway.tls.cert === undefined ? 'http' : 'https';
      const host = server.host.includes(':') ? `[${server.host}]` : server.host;
      return { host: server.host, port: server.port, url: `${scheme}://${host}:${server.port}` };
    },
    async start() {
      if (state === 'running') throw new StepdownError('already-running', 'The gateway is running');
      await principals.load();
      tokenFiles = await principals.ensureFirst(clock.now());
      if (options.shared === true)
        await approvals.follow(drivers.stream, `approvals/${name}`, log, (error) => {
          unheard = 'the answers of other gateways are not heard';
          log.error({ err: error }, unheard);
        });
      await approvals.load();
      // Whether the glass is broken stands in response's state: its record may be far behind in the topic.
      const paused = (
        await documentAt<{ paused?: { atMs: number; by: string } }>(engine, `respond/tenant/${part(tenant)}`)
      )?.paused;
      if (paused !== undefined) point.apply({ kind: 'paused', tenant, paused: true, ...paused }, clock.now());
      await follower.start();
      await sealer.start();
      state = 'running';
      server = await listen({
        bind: config.gateway.host,
        port: config.gateway.port,
        publicUrl: config.gateway.publicUrl,
        tls: await tlsOf(config),
        maxBodyBytes: config.gateway.maxBodyBytes,
        maxInFlight: MAX_IN_FLIGHT,
        handle,
      }).catch((error: NodeJS.ErrnoException) => {
        state = 'stopped';
        throw new StepdownError(
          'driver-unavailable',
          `The API cannot listen on ${config.gateway.host}:${config.gateway.port}: ${error.message}`,
          {
            cause: error,
            ...(error.code === 'EADDRINUSE' ? { mend: 'another program has the port; set `gateway.port`' } : {}),
          },
        );
      });
      tokens?.start();
      authentication.start();
      let tidying = false;
      housekeeping = setInterval(() => {
        if (tidying) return;
        tidying = true;
        tidy()
          .catch((error: unknown) => log.error({ err: error }, 'housekeeping of the gateway failed; it is tried again'))
          .finally(() => {
            tidying = false;
          });
      }, HOUSEKEEPING_MS);
      housekeeping.unref();
      anchoring = setInterval(() => {
        sealer.tell().catch((error: unknown) => log.error({ err: error }, 'the head of the audit chain was not read'));
      }, ANCHOR_MS);
      anchoring.unref();
    },
    async stop() {
      if (state !== 'running') return;
      clearInterval(housekeeping);
      clearInterval(anchoring);
      tokens?.stop();
      authentication.stop();
      await server?.close();
      server = undefined;
      state = 'stopped';
      barriers.close();
      await outbox.drained();
      await follower.stop();
      await approvals.stop();
      await sealer.stop();
    },
    unready,
  };
}

async function tlsOf(config: GatewayConfig): Promise<{ cert: string; key: string } | undefined> {
  const { cert, key } = config.gateway.tls;
  if (cert === undefined || key === undefined) return undefined;
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}
