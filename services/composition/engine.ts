/**
 * An engine: the services that this process is to run, put together.
 *
 * Start goes against the data's way, so that whoever produces finds its consumer running: response, detection, forward,
 * decision point, and last the receiver. Stop goes with it: first nothing new comes in, then what is under way is made
 * durable. A stop never reverts a contraction; what is live goes on when the engine comes back.
 */
import { mkdirSync } from 'node:fs';
import type { TelemetryEvent } from '../../schemas/event.js';
import type { Signal } from '../../schemas/signal.js';
import { FINDING_TYPES } from '../detect/detectors/table.js';
import { openEnforce } from '../enforce/open.js';
import { ENFORCE_GROUP } from '../enforce/service.js';
import { isUndeliverable } from '../forward/dead-letter.js';
import { createForward, type Forward } from '../forward/service.js';
import { createGateway, type Gateway } from '../gateway/service.js';
import { createIngest, type Ingest } from '../ingest/service.js';
import { openInspector } from '../inspect/models/open-inspector.js';
import { Desk } from '../respond/desk/desk.js';
import { PlaybookWatch } from '../respond/playbook/files/watch.js';
import { settingAt } from '../respond/playbook/types.js';
import { scoreOf } from '../respond/risk.js';
import { type Clock, EventClock, WallClock } from '../runtime/clock.js';
import type { Config } from '../runtime/config.js';
import { openDrivers } from '../runtime/drivers.js';
import { removeEngineFile, writeEngineFile } from '../runtime/engine-file.js';
import type { Log } from '../runtime/log.js';
import {
  EngineWatch,
  type HealthListener,
  listenForHealth,
  measuredDrivers,
  Metrics,
  type Reader,
  watchServices,
} from '../runtime/metrics.js';
import { openTracing, tracedDrivers } from '../runtime/tracing.js';
import { packageVersion } from '../runtime/package-root.js';
import type { Service } from '../runtime/service.js';
import { Worker } from '../runtime/worker.js';
import { liveAnalysis, shadowAnalysis } from './analysis.js';
import { createMachines } from './machines.js';
import { playbookChanges, type RunningPlaybooks } from './playbook-changes.js';
import { readAgain } from './read-again.js';
import { type Role } from './roles.js';
import { Standby } from './standby.js';
import { stopAll } from './stop-all.js';

/** What a newcomer has to know once the engine is ready. */
export interface Ready {
  /** Empty where this process has no gateway. */
  gatewayUrl: string;
  otlpUrl: string | undefined;
  /** Where `/healthz`, `/readyz` and `/metrics` are answered, where they have a port of their own. */
  healthUrl: string | undefined;
  /** Files with tokens that this start has made. */
  tokenFiles: readonly string[];
  playbooks: { observe: number; enforce: number; off: number };
  dataDir: string;
  roles: readonly Role[];
  /** From the call of `up`, milliseconds. */
  startedInMs: number;
}

export interface Engine {
  readonly ready: Ready;
  /** The gateway; only where this process has one. */
  readonly gateway: Gateway | undefined;
  /** Resolves when everything that was read so far has been acted on, by whichever process. */
  settled(): Promise<void>;
  /** Reads playbooks and overrides again; what is faulty keeps its last good form. */
  reload(): void;
  /** Idempotent. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  log: Log;
  roles: readonly Role[];
  /** Names this process's decision point. */
  point: string;
  /** Where health is answered if `metrics.port` is not set; `undefined`: only on the gateway's port. */
  healthPort?: number;
}

/** Throws a StepdownError where something needed is missing or taken; then nothing is left running. */
export async function startEngine(config: Config, options: EngineOptions): Promise<Engine> {
  const begunAt = performance.now();
  const { log, point } = options;
  const has = (role: Role) => options.roles.includes(role);
  const clock: Clock = config.clock === 'event' ? new EventClock() : new WallClock();
  const metrics = new Metrics();
  const tracing = await openTracing(config, options.roles.length > 1 ? 'up' : (options.roles[0] ?? 'up'));
  const drivers = tracedDrivers(measuredDrivers(await openDrivers(config, log, clock), metrics), tracing);
  const started: Service[] = [];
  let listener: HealthListener | undefined;
  try {
    const machines = createMachines(config, log, drivers.telemetryScope);
    const { respond, detect, baseline, loaded } = machines;
    const running: RunningPlaybooks = { playbooks: loaded.playbooks, correlations: loaded.correlations };
    const watch = new PlaybookWatch(
      config,
      loaded,
      log,
      (playbooks, correlations) => {
        const changes = has('respond') ? playbookChanges(running.playbooks, playbooks, config.tenant, clock.now()) : [];
        Object.assign(running, { playbooks, correlations });
        respond.reload(playbooks, correlations);
        if (changes.length > 0)
          drivers.stream
            .append(changes.map((value) => ({ topic: 'audit' as const, key: value.subject, value })))
            .catch((error: unknown) => log.error({ err: error }, 'changes of playbooks were not audited'));
      },
      FINDING_TYPES,
    );
    const needsTexts = has('ingest') || has('gateway');
    const inspector = needsTexts
      ? await openInspector({
          ...config.detect.inspection,
          maxChars: config.detect.inspection.maxTextBytes,
          keepText: config.ingest.keepContent,
          inBackground: true,
          onFault: (message) => log.warn({ fault: message }, 'the deep text model failed'),
        })
      : undefined;
    const services: Service[] = [];
    const readers: Reader[] = [];
    const add = <S extends Service>(service: S, ...reads: Reader[]): S => {
      services.push(service);
      readers.push(...reads);
      return service;
    };
    const shared = { drivers, clock, log, deadletterContent: config.ingest.deadletterContent };
    const respondWorker = new Worker<Signal>({
      ...shared,
      machine: respond,
      topic: 'signals',
      maxCached: config.respond.maxStates,
      // Findings are few and urgent; telemetry goes further in fewer, larger batches.
      positionsMayFollow: true,
    });
    const detectWorker = new Worker<TelemetryEvent>({
      ...shared,
      machine: detect,
      topic: 'telemetry',
      maxCached: config.detect.maxStates,
      // In event time the decision point's clock is moved by what detection has read.
      onOutputs: (outputs) => {
        for (const { topic, value } of outputs) if (topic === 'signals') clock.advance(value.timeMs);
      },
    });
    const engines = new EngineWatch({ drivers, metrics, readers, maxLag: config.health.maxLag });
    add(engines);
    if (has('respond')) add(respondWorker, { topic: 'signals', group: respondWorker.name });
    if (has('detect')) add(detectWorker, { topic: 'telemetry', group: detectWorker.name });
    const newForward = (): Forward =>
      createForward({
        sinks: config.forward.sinks,
        drivers,
        log,
        version: packageVersion(),
        publicUrl: config.gateway.publicUrl,
      });
    let forward: (() => Forward | undefined) | undefined;
    if (has('forward')) {
      const reads: Reader = { topic: 'incidents', group: 'forward' };
      if (drivers.checkpoint.atomic) {
        const only = add(newForward(), reads);
        forward = () => only;
      } else {
        const standby = add(
          new Standby({ name: 'forward', store: drivers.store, now: () => Date.now(), log, create: newForward }),
          reads,
        );
        forward = () => standby.acting;
      }
    }
    if (has('enforce'))
      add(await openEnforce(config, { drivers, clock, log, version: packageVersion() }), {
        topic: 'contractions',
        group: ENFORCE_GROUP,
      });
    const ingest: Ingest | undefined =
      inspector === undefined ? undefined : createIngest({ config, drivers, log, clock, inspector });
    let gateway: Gateway | undefined;
    if (has('gateway') && inspector !== undefined && ingest !== undefined) {
      mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
      const analysis =
        drivers.checkpoint.atomic && has('detect') && has('respond')
          ? liveAnalysis(machines, detectWorker, respondWorker)
          : shadowAnalysis(machines, {
              store: drivers.store,
              maxStates: config.detect.maxStates + config.respond.maxStates,
            });
      gateway = createGateway({
        config,
        drivers,
        log,
        clock,
        analysis,
        inspector,
        metrics,
        tracing,
        point,
        shared: !drivers.checkpoint.atomic,
        others: () => services,
        riskNow: (risk, nowMs) => scoreOf(risk, nowMs, config.respond.riskHalfLifeMs),
        retryDeadLetter: async (letter) => {
          if (!isUndeliverable(letter)) return readAgain(ingest, drivers.stream, letter, clock.now());
          const acting = forward?.();
          return acting === undefined
            ? { ok: false, message: 'forwarding is another process’s; retry there, through its gateway' }
            : acting.retry(letter);
        },
        playbooks: new Desk({
          config,
          store: drivers.store,
          now: () => clock.now(),
          findingTypes: FINDING_TYPES,
          running: () => running,
          reload: () => watch.reload(),
          alone: drivers.checkpoint.atomic,
        }),
        ...(baseline === undefined ? {} : { baseline }),
      });
      // With other processes it reads everything by itself and commits nothing: how old its knowledge is says more.
      if (drivers.checkpoint.atomic) readers.push({ topic: 'contractions', group: `decision-point/${point}` });
    }
    watchServices(metrics, () => services);
    if (gateway !== undefined) services.push(gateway);
    if (has('ingest') && ingest !== undefined) services.push(ingest);
    for (const service of services) {
      await service.start();
      started.push(service);
    }
    watch.start();
    const healthPort = config.metrics.port ?? options.healthPort;
    if (healthPort !== undefined)
      listener = await listenForHealth({
        host: config.metrics.host,
        port: healthPort,
        metrics,
        // The gateway answers for the others beside it.
        unready: () => (gateway === undefined ? unreadyOf(services) : gateway.unready()),
      });
    const gatewayUrl = gateway?.address()?.url ?? '';
    const otlpUrl = has('ingest') ? ingest?.endpoint : undefined;
    if (gateway !== undefined)
      writeEngineFile(config.dataDir, {
        pid: process.pid,
        startedAtMs: Date.now(),
        gatewayUrl,
        ...(otlpUrl === undefined ? {} : { otlpUrl }),
      });

    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      watch.stop();
      if (gateway !== undefined) removeEngineFile(config.dataDir);
      await listener?.close();
      await stopAll(started, log);
      await inspector?.close?.();
      await drivers.close();
      await tracing.close();
    };
    return {
      ready: {
        gatewayUrl,
        otlpUrl,
        healthUrl: listener === undefined ? undefined : `http://${config.metrics.host}:${listener.port}`,
        tokenFiles: gateway?.tokenFiles ?? [],
        playbooks: modes(loaded.playbooks),
        dataDir: config.dataDir,
        roles: options.roles,
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
    await tracing.close();
    throw error;
  }
}

function unreadyOf(services: readonly Service[]): string | undefined {
  const missing = services.flatMap((service) => {
    const what = service.unready();
    return what === undefined ? [] : [`${service.name}: ${what}`];
  });
  return missing.length === 0 ? undefined : missing.join('; ');
}

function modes(playbooks: readonly Parameters<typeof settingAt>[0][]): Ready['playbooks'] {
  const count = { observe: 0, enforce: 0, off: 0 };
  for (const playbook of playbooks) count[settingAt(playbook, Date.now()).mode] += 1;
  return count;
}
