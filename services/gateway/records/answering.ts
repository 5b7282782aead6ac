/**
 * From a question to an answer: warm the session, decide in memory, keep what must be kept, tell the rest.
 *
 * A call that is let run is told again by its result. One that is refused or held leaves no other trace: its event and
 * its decision are durable before the answer goes out, so that a refusal without an incident behind it cannot happen.
 */
import { entityKey } from '../../../schemas/entity.js';
import type { TelemetryEvent } from '../../../schemas/event.js';
import type { Principal } from '../../../schemas/principal.js';
import type { Clock } from '../../runtime/clock.js';
import type { InlineAnalysis } from '../../runtime/inline.js';
import type { Log } from '../../runtime/log.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';
import type { Asked } from '../asked.js';
import type { DecisionPoint, Outcome, Prepared } from '../decision-point.js';
import type { ApprovalKeeper } from './approval-keeper.js';
import type { Outbox } from './outbox.js';

export interface AnsweringOptions {
  point: DecisionPoint;
  approvals: ApprovalKeeper;
  outbox: Outbox;
  clock: Clock;
  log: Log;
  analysis: InlineAnalysis | undefined;
  newId(): string;
}

/** Reading a cold session's state takes one store read; beyond this the answer goes out without it, and says so. */
const WARM_BUDGET_MS = 250;
/** A refusal waits this long for the disk; after it the agent is refused all the same, and the records are tried on. */
const TELL_BUDGET_MS = 1_000;

export class Answering {
  readonly #options: AnsweringOptions;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  async answer(asked: Asked, principal: Principal): Promise<Outcome> {
    const { point, approvals, outbox, clock, log } = this.#options;
    if (clock.kind === 'event' && asked.timeMs !== undefined) clock.advance(asked.timeMs);
    const { prepared, warm } = await this.#prepared(clock.kind === 'event' ? asked : withoutTime(asked), principal);
    if (!warm)
      prepared.notChecked.push({ check: 'history', reason: 'the conversation was not read from the store in time' });
    const outcome = point.decide(prepared, clock.now());
    const { decision, event, spent, approval } = outcome;
    // A leave is good once, also across a crash and at several gateways: that it is spent must be durable before anybody is told.
    if (spent !== undefined && !(await this.#spend(spent))) return this.answer(asked, principal);
    const key = entityKey({ tenant: decision.tenant, type: 'session', id: decision.sessionId });
    const news: AnyOutgoing[] = [];
    if (event !== undefined) news.push({ topic: 'telemetry', key: event.streamKey, value: event });
    if (!outcome.repeat) news.push({ topic: 'decisions', key, value: decision });
    if (decision.verdict === 'allow') for (const record of news) outbox.offer(record);
    else if (news.length > 0 && !(await within(TELL_BUDGET_MS, outbox.tell(news))))
      log.warn({ decision: decision.id }, 'a refusal went out before its records were durable');
    if (approval !== undefined)
      approvals
        .keep(approval)
        .catch((error: unknown) =>
          log.error(
            { err: error, approval: approval.id },
            'a request for approval could not be stored; it is asked again with the next call',
          ),
        );
    return outcome;
  }

  /** The question made ready, in the conversation that its trace belongs to where it names none, with all of it in memory. */
  async #prepared(asked: Asked, principal: Principal): Promise<{ prepared: Prepared; warm: boolean }> {
    const { point, clock, analysis } = this.#options;
    const id = this.#options.newId();
    const first = point.prepare(asked, principal, id, clock.now());
    const warm = await this.warm(first.event);
    const sessionId = asked.sessionId === undefined ? analysis?.conversationOf?.(first.event) : undefined;
    if (sessionId === undefined) return { prepared: first, warm };
    const prepared = point.prepare({ ...asked, sessionId }, principal, id, clock.now());
    return { prepared, warm: (await this.warm(prepared.event)) && warm };
  }

  /** False: it was taken up at another gateway meanwhile, which the book knows now. */
  async #spend({ approval, before }: NonNullable<Outcome['spent']>): Promise<boolean> {
    const { point, approvals } = this.#options;
    try {
      return await approvals.keep(approval);
    } catch (error) {
      point.approvals.restore(before);
      throw error;
    }
  }

  /**
   * True: the conversation's state is in memory, as far as it is known at all. Asked every time: what is in memory
   * already costs nothing, and what was pushed out since must be read again, or its taint would go unseen.
   */
  async warm(event: TelemetryEvent): Promise<boolean> {
    const { analysis } = this.#options;
    return analysis === undefined || this.#inTime(analysis.warm(event), event);
  }

  /** Reads anew what the events have changed, one conversation once. */
  async refresh(events: readonly TelemetryEvent[]): Promise<void> {
    const { analysis } = this.#options;
    if (analysis?.refresh === undefined) return;
    const last = new Map(events.map((event) => [JSON.stringify([event.tenant, event.session.id]), event]));
    await Promise.all(Array.from(last.values(), async (event) => this.#inTime(analysis.refresh?.(event), event)));
  }

  async #inTime(reading: Promise<void> | undefined, event: TelemetryEvent): Promise<boolean> {
    const { log } = this.#options;
    const warming = Promise.resolve(reading).then(
      () => true,
      (error: unknown) => {
        log.warn({ err: error, session: event.session.id }, 'the state of a conversation could not be read');
        return false;
      },
    );
    return within(WARM_BUDGET_MS, warming);
  }
}

/** What it says, or false once the budget is spent. */
async function within(budgetMs: number, work: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), budgetMs);
  });
  const outcome = await Promise.race([work, late]);
  clearTimeout(timer);
  return outcome;
}

/** In wall-clock time a caller's own time counts for nothing. */
function withoutTime(asked: Asked): Asked {
  const { timeMs: _timeMs, ...rest } = asked;
  return rest;
}
