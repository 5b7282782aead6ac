/** What the resources of the API work with. Made by service.ts; types only, so that a resource names what it needs. */
import type { BaselinePolicy } from '../../schemas/baseline.js';
import type { DeadLetter } from '../../schemas/deadletter.js';
import type { TelemetryEvent } from '../../schemas/event.js';
import type { Principal } from '../../schemas/principal.js';
import type { Risk } from '../../schemas/risk.js';
import type { Command } from '../../schemas/signal.js';
import type { Clock } from '../runtime/clock.js';
import type { Config } from '../runtime/config.js';
import type { Drivers } from '../runtime/drivers.js';
import type { InlineAnalysis } from '../runtime/inline.js';
import type { Log } from '../runtime/log.js';
import type { UserNames } from '../runtime/pseudonyms.js';
import type { Asked } from './asked.js';
import type { DecisionPoint, Outcome } from './decision-point.js';
import type { ApprovalKeeper } from './records/approval-keeper.js';
import type { Barriers } from './records/barriers.js';
import type { Outbox } from './records/outbox.js';
import type { PrincipalStore } from './records/principal-store.js';

export type GatewayDrivers = Pick<Drivers, 'stream' | 'store' | 'upkeep'>;

/** The parts of the configuration the gateway reads. */
export type GatewayConfig = Pick<Config, 'tenant' | 'dataDir' | 'gateway' | 'ingest' | 'respond' | 'retention'>;

export type CommandOutcome =
  | { kind: 'done'; message: string }
  | { kind: 'refused'; message: string }
  /** Durable and on its way; response did not confirm it within the budget. */
  | { kind: 'unconfirmed' };

export interface Engine {
  readonly config: GatewayConfig;
  readonly drivers: GatewayDrivers;
  readonly log: Log;
  readonly clock: Clock;
  readonly baseline: BaselinePolicy | undefined;
  readonly analysis: InlineAnalysis | undefined;
  /** What a risk has decayed to. */
  readonly riskNow: (risk: Risk, nowMs: number) => number;
  readonly retryDeadLetter: ((letter: DeadLetter) => Promise<{ ok: boolean; message: string }>) | undefined;
  readonly point: DecisionPoint;
  readonly principals: PrincipalStore;
  readonly approvals: ApprovalKeeper;
  readonly outbox: Outbox;
  readonly barriers: Barriers;
  readonly startedAtMs: number;
  /** False for reads of a stopped engine's store. */
  running(): boolean;
  /** Throws `not-running` where nothing can be done, only read. */
  mustRun(): void;
  newId(): string;
  /** How a user is named here. */
  readonly userNames: UserNames;
  /** Warms, decides, keeps what has to be kept, tells the audit stream and telemetry. */
  answer(asked: Asked, principal: Principal): Promise<Outcome>;
  /** Reads a cold session's state; says within how long at most. */
  warm(event: TelemetryEvent): Promise<void>;
  /** Reads the events' conversations anew, where this process does not hold them itself; says within how long at most. */
  refresh(events: readonly TelemetryEvent[]): Promise<void>;
  /** Gives response a person's command and waits for what became of it. */
  command(command: Command, by: Principal, reason: string, key: string): Promise<CommandOutcome>;
  /** Writes down what a person did where response does not do it. */
  audit(by: Principal, act: string, subject: string, reason: string, outcome: string): Promise<void>;
  health(): Record<string, unknown>;
  /** `undefined`: ready. */
  unready(): string | undefined;
}
