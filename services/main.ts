/**
 * The composition root: everything in one process.
 *
 * Start goes against the data's way, so that whoever produces finds its consumer running: response, detection, forward,
 * decision point, and last the receiver. Stop goes with it: first nothing new comes in, then what is under way is made
 * durable. A stop never reverts a contraction; what is live goes on when the engine comes back.
 */
import type { DeadLetter } from '../schemas/deadletter.js';
import type { TelemetryEvent } from '../schemas/event.js';
import type { Signal } from '../schemas/signal.js';
import { declaredPoints } from './enforce/points/declare.js';
import { openEnforce } from './enforce/open.js';
import { ENFORCE_GROUP } from './enforce/service.js';
import { isUndeliverable } from './forward/dead-letter.js';
import { createForward } from './forward/service.js';
import { createGateway, type Gateway } from './gateway/service.js';
import { createIngest, type Ingest } from './ingest/service.js';
import { FINDING_TYPES } from './detect/detectors/table.js';
import { createDetectMachine } from './detect/machine.js';
import { createRespondMachine, type RespondMachine } from './respond/machine.js';
import { openInspector } from './inspect/models/open-inspector.js';
import { readBaseline } from './runtime/baseline-file.js';
import { removeEngineFile, writeEngineFile } from './runtime/engine-file.js';
import { configuredPlaybooks } from './respond/playbook/files/configured.js';
import { PlaybookWatch } from './respond/playbook/files/watch.js';
import { packageVersion } from './runtime/package-root.js';
import { describeDiagnostic } from './respond/playbook/diagnostic.js';
import { settingAt } from './respond/playbook/types.js';
import { scoreOf } from './respond/risk.js';
import { type Clock, EventClock, WallClock } from './runtime/clock.js';
import type { Config } from './runtime/config.js';
import { openDrivers } from './runtime/drivers.js';
import type { InlineAnalysis } from './runtime/inline.js';
import type { Log } from './runtime/log.js';
import {
  EngineWatch,
  type HealthListener,
  listenForHealth,
  measuredDrivers,
  Metrics,
  watchServices,
} from './runtime/metrics.js';
import type { Service } from './runtime/service.js';
import type { Stream } from './runtime/stream/types.js';
import { Worker } from './runtime/worker.js';

/** What a newcomer has to know once the engine is ready. */
export interface Ready {
  gatewayUrl: string;
  otlpUrl: string | undefined;
  /** Files with tokens that this start has made. */
  tokenFiles: readonly string[];
  playbooks: { observe: number; enforce: number; off: number };
  dataDir: string;
  /** From the call of `up`, milliseconds. */
  startedInMs: number;
}

export interface Engine {
  readonly ready: Ready;
  readonly gateway: Gateway;
  /** Resolves when everything that was read so far has been acted on. */
  settled(): Promise<void>;
  /** Reads playbooks and overrides again; what is faulty keeps its last good form. */
  reload(): void;
  /** Idempotent. */
  stop(): Promise<void>;
}

export interface UpOptions {
  log: Log;
}

/** Throws a StepdownError where something needed is missing or taken; then nothing is left running. */
export async function up(config: Config, { log }: UpOptions): Promise<Engine> {
  const begunAt = performance.now();
  const baseline = readBaseline(config.respond.baseline);
  const loaded = configuredPlaybooks(config, {
    nowMs: Date.now(),
    findingTypes: FINDING_TYPES,
    points: declaredPoints(config),
  });
  for (const diagnostic of loaded.diagnostics)
    log[diagnostic.severity === 'error' ? 'error' : 'warn'](describeDiagnostic(diagnostic));
  const clock: Clock = config.clock === 'event' ? new EventClock() : new WallClock();
  const metrics = new Metrics();
  const drivers = measuredDrivers(await openDrivers(config, log, clock), metrics);
  const started: Service[] = [];
  let listener: HealthListener | undefined;
  try {
    const inspector = await openInspector({
      models: config.detect.inspection.models,
      maxChars: config.detect.inspection.maxTextBytes,
      keepText: config.ingest.keepContent,
    });
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
      points: declaredPoints(config),
    });
    const shared = { drivers, clock, log, deadletterContent: config.ingest.deadletterContent };
    const respondWorker = new Worker({
      ...shared,
      machine: respond,
      topic: 'signals',
      maxCached: config.respond.maxStates,
    });
    const detectWorker = new Worker({
      ...shared,
      machine: detect,
      topic: 'telemetry',
      maxCached: config.detect.maxStates,
      // In event time the decision point's clock is moved by what detection has read.
      onOutputs: (outputs) => {
        for (const { topic, value } of outputs) if (topic === 'signals') clock.advance(value.timeMs);
      },
    });
    const analysis: InlineAnalysis = {
      warm: async (event) => {
        await detectWorker.warmFor(event);
        await warmPreview(respond, respondWorker, event);
      },
      judge: (event, nowMs) => {
        const { findings, notChecked } = detect.judge(event, detectWorker.states, nowMs);
        const subject = { tenant: event.tenant, agentId: event.agent.id, sessionId: event.session.id };
        return { findings, contractions: respond.preview(findings, respondWorker.states, nowMs, subject), notChecked };
      },
    };
    const forward = createForward({
      sinks: config.forward.sinks,
      drivers,
      log,
      version: packageVersion(),
      publicUrl: config.gateway.publicUrl,
    });
    const ingest = createIngest({ config, drivers, log, clock, inspector });
    const enforce = await openEnforce(config, { drivers, clock, log, version: packageVersion() });
    const engines = new EngineWatch({
      drivers,
      metrics,
      readers: [
        { topic: 'telemetry', group: detectWorker.name },
        { topic: 'signals', group: respondWorker.name },
        { topic: 'incidents', group: forward.name },
        { topic: 'contractions', group: 'decision-point/gateway' },
        { topic: 'contractions', group: ENFORCE_GROUP },
      ],
      maxLag: config.health.maxLag,
    });
    const services: Service[] = [engines, respondWorker, detectWorker, forward, enforce];
    watchServices(metrics, () => services);
    const gateway = createGateway({
      config,
      drivers,
      log,
      clock,
      analysis,
      inspector,
      metrics,
      others: () => services,
      riskNow: (risk, nowMs) => scoreOf(risk, nowMs, config.respond.riskHalfLifeMs),
      retryDeadLetter: (letter) =>
        isUndeliverable(letter) ? forward.retry(letter) : readAgain(ingest, drivers.stream, letter, clock.now()),
      ...(baseline === undefined ? {} : { baseline }),
    });
    services.push(gateway, ingest);
    for (const service of services) {
      await service.start();
      started.push(service);
    }
    const watch = new PlaybookWatch(
      config,
      loaded,
      log,
      (playbooks, correlations) => respond.reload(playbooks, correlations),
      FINDING_TYPES,
    );
    watch.start();
    if (config.metrics.port !== undefined)
      listener = await listenForHealth({
        host: config.metrics.host,
        port: config.metrics.port,
        metrics,
        unready: () => gateway.unready(),
      });
    const gatewayUrl = gateway.address()?.url ?? '';
    const otlpUrl = ingest.endpoint;
    writeEngineFile(config.dataDir, {
      pid: process.pid,
      startedAtMs: Date.now(),
      gatewayUrl,
      ...(otlpUrl === undefined ? {} : { otlpUrl }),
    });

    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      watch.stop();
      removeEngineFile(config.dataDir);
      await listener?.close();
      await stopAll(started, log);
      await drivers.close();
    };
    return {
      ready: {
        gatewayUrl,
        otlpUrl,
        tokenFiles: gateway.tokenFiles,
        playbooks: modes(loaded.playbooks),
        dataDir: config.dataDir,
        startedInMs: performance.now() - begunAt,
      },
      gateway,
      settled: async () => {
        await detectWorker.settled();
        await respondWorker.settled();
      },
      reload: () => watch.reload(),
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    await listener?.close();
    await stopAll(started, log);
    await drivers.close();
    throw error;
  }
}

/** With the data's way: the receiver first, response and forward last. One that fails to stop does not keep others running. */
async function stopAll(started: readonly Service[], log: Log): Promise<void> {
  const order = ['ingest', 'gateway', 'detect', 'respond', 'enforce', 'forward', 'engines'];
  const rank = ({ name }: Service) => order.indexOf(name);
  for (const service of [...started].sort((a, b) => rank(a) - rank(b))) {
    try {
      await service.stop();
    } catch (error) {
      log.error({ err: error, service: service.name }, 'a service did not stop cleanly');
    }
  }
}

/** Which states a preview looks at depends on other states: asked again until it names no new one. */
async function warmPreview(respond: RespondMachine, worker: Worker<Signal>, event: TelemetryEvent): Promise<void> {
  const subject = {
    tenant: event.tenant,
    agentId: event.agent.id,
    sessionId: event.session.id,
    ...(event.agent.blueprint === undefined ? {} : { blueprint: event.agent.blueprint }),
    ...(event.user === undefined ? {} : { userId: event.user.id }),
    ...('tool' in event ? { tool: event.tool } : {}),
    ...('model' in event && event.model !== undefined ? { model: event.model } : {}),
    ...(event.trace === undefined ? {} : { traceId: event.trace.traceId }),
  };
  for (let known = -1; ;) {
    const keys = respond.previewKeys(subject, worker.states);
    await worker.warm(keys);
    if (keys.length === known) return;
    known = keys.length;
  }
}

/** What could not be read, once more, e.g. after an upgrade: durable before it is said to be done. */
async function readAgain(
  ingest: Ingest,
  stream: Stream,
  letter: DeadLetter,
  nowMs: number,
): Promise<{ ok: boolean; message: string }> {
  const again = ingest.intake.again(letter, { source: letter.source, receivedAtMs: nowMs, atMs: nowMs });
  if (!again.ok) return { ok: false, message: again.reason };
  // What is still refused has its letter already.
  await stream.append(again.taken.records.filter(({ topic }) => topic !== 'deadletter'));
  const [fault] = again.taken.refused;
  return fault === undefined
    ? { ok: true, message: `${again.taken.events} events were taken in` }
    : { ok: false, message: fault.message };
}

function modes(playbooks: readonly Parameters<typeof settingAt>[0][]): Ready['playbooks'] {
  const count = { observe: 0, enforce: 0, off: 0 };
  for (const playbook of playbooks) count[settingAt(playbook, Date.now()).mode] += 1;
  return count;
}
