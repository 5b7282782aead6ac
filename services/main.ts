/** The composition root: `up` runs everything in one process, `run` one service of many; see composition/engine.ts. */
import { hostname } from 'node:os';
import { type Engine as AnyEngine, startEngine } from './composition/engine.js';
import { type Role, ROLES } from './composition/roles.js';
import type { Gateway } from './gateway/service.js';
import type { Config } from './runtime/config.js';
import { StepdownError } from './runtime/errors.js';
import type { Log } from './runtime/log.js';

export type { Ready } from './composition/engine.js';
export { type Role, ROLES } from './composition/roles.js';

/** An engine with everything in it. */
export interface Engine extends AnyEngine {
  readonly gateway: Gateway;
}

export interface UpOptions {
  log: Log;
}

/** Where a process without a gateway says how it is, unless `metrics.port` names another. */
export const HEALTH_PORT = 9464;

/** Throws a StepdownError where something needed is missing or taken; then nothing is left running. */
export async function up(config: Config, { log }: UpOptions): Promise<Engine> {
  const engine = await startEngine(config, { log, roles: ROLES, point: 'gateway' });
  const { gateway } = engine;
  if (gateway === undefined) throw new StepdownError('not-running', 'the engine has no gateway');
  return { ...engine, gateway };
}

/** One service, beside any number of others on any number of machines. Needs drivers that processes can share. */
export async function run(config: Config, role: Role, { log }: UpOptions): Promise<AnyEngine> {
  if (config.store.driver === 'sqlite')
    throw new StepdownError('config-invalid', 'SQLite belongs to one process; services that run apart share none', {
      place: { pointer: '/store/driver' },
      mend: 'use `stepdown up`, or set stream.driver: kafka, store.driver: redis, schedule.driver: bullmq',
    });
  return startEngine(config, {
    log,
    roles: [role],
    point: `${role}/${hostname()}/${process.pid}`,
    healthPort: HEALTH_PORT,
  });
}
