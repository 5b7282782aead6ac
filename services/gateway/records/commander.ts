/** A person's commands on their way to response and back: durable first, then confirmed by the barrier behind it. */
import type { Principal } from '../../../schemas/principal.js';
import type { Command, Signal } from '../../../schemas/signal.js';
import type { Clock } from '../../runtime/clock.js';
import { shortHash } from '../../runtime/hash.js';
import type { CommandOutcome } from '../engine.js';
import type { Barriers } from './barriers.js';
import type { Outbox } from './outbox.js';

export interface CommanderOptions {
  tenant: string;
  clock: Clock;
  outbox: Outbox;
  barriers: Barriers;
}

/** How long a person's command may take until response confirms it. */
const COMMAND_BUDGET_MS = 10_000;

export class Commander {
  readonly #options: CommanderOptions;

  constructor(options: CommanderOptions) {
    this.#options = options;
  }

  /** @param key makes a repeat of the same request the same command */
  async command(what: Command, by: Principal, reason: string, key: string): Promise<CommandOutcome> {
    const { tenant, clock, outbox, barriers } = this.#options;
    const wait = barriers.expect();
    const value: Signal = {
      kind: 'command',
      id: shortHash(tenant, 'command', by.id, key),
      tenant,
      timeMs: clock.now(),
      by: by.name,
      reason,
      command: what,
      replyTo: wait.replyTo,
    };
    try {
      // Signals of a tenant are ordered among each other, so the key says only what the command is about.
      await outbox.append([{ topic: 'signals', key: subjectOf(what, tenant), value }]);
    } catch (error) {
      wait.forget();
      throw error;
    }
    const { reached, outcome } = await wait.within(COMMAND_BUDGET_MS);
    if (!reached) return { kind: 'unconfirmed' };
    return outcome?.ok === false
      ? { kind: 'refused', message: outcome.message }
      : { kind: 'done', message: outcome?.message ?? '' };
  }
}

function subjectOf(what: Command, tenant: string): string {
  if ('contractionId' in what) return what.contractionId;
  return 'incidentId' in what ? what.incidentId : tenant;
}
