/**
 * Copilot Studio's two endpoints. The answer always comes within its 1,000 ms, of which we take {@link BUDGET_MS}: a
 * timeout would count as leave. What could not be done in that time is said in `diagnostics`; where not even a decision
 * was reached, `gateway.entra.whenUnsure` decides.
 */
import { LRUCache } from 'lru-cache';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { admit } from '../../inspect/admit.js';
import type { Inspector } from '../../inspect/inspect-text.js';
import { readOn, timeLeft } from '../../inspect/read-on.js';
import { withUserNamed } from '../../runtime/pseudonyms.js';
import type { Principal } from '../../../schemas/principal.js';
import { Analysis, answerOf, askedOf, type Blocking, historyOf, unsure } from '../copilot.js';
import type { Engine } from '../engine.js';
import type { EntraTokens } from '../sign-in/entra-token.js';
import type { Reply } from '../http/message.js';
import { bearer, type Call, type Route } from '../http/router.js';
import { problemOf } from '../problem.js';

/** Of Copilot Studio's 1,000 ms; the rest is for the network and the proxy. */
export const BUDGET_MS = 700;
/** Of that, what earlier results may take to be acted on. */
const HISTORY_BUDGET_MS = 450;
/** And of the rest, what a deep text model or a judge may take to read them. */
const READ_BUDGET_MS = 150;
const TOLD_REMEMBERED = 50_000;

export function copilotRoutes(engine: Engine, inspector: Inspector, tokens: EntraTokens | undefined): Route[] {
  if (tokens === undefined) return [];
  const told = new LRUCache<string, true>({ max: TOLD_REMEMBERED });

  const verified = async (call: Call): Promise<{ clientId: string } | Reply> => {
    const token = bearer(call.headers['authorization']);
    const outcome =
      token === undefined ? ({ ok: false, reason: 'a bearer token is needed' } as const) : await tokens.verify(token);
    return outcome.ok
      ? { clientId: outcome.clientId }
      : failure(401, 2001, `Not authenticated: ${outcome.reason}`, call);
  };

  const validate = async (call: Call): Promise<Reply> => {
    const caller = await verified(call);
    if ('status' in caller) return caller;
    const missing = engine.unready();
    if (missing !== undefined) return failure(503, 5031, `Not ready: ${missing}`, call);
    return { status: 200, body: { isSuccessful: true, status: 'OK' } };
  };

  const analyze = async (call: Call): Promise<Reply> => {
    const caller = await verified(call);
    if ('status' in caller) return caller;
    let body: Analysis;
    try {
      engine.mustRun();
      body = call.json(Analysis);
    } catch (error) {
      const problem = problemOf(error);
      return failure(
        problem.status,
        problem.status === 503 ? 5031 : 4001,
        `${problem.detail}${problem.pointer === undefined ? '' : ` at ${problem.pointer}`}`,
        call,
      );
    }
    return {
      status: 200,
      body: await within(BUDGET_MS, decide(body, caller.clientId), () =>
        unsure(engine.config.gateway.entra.whenUnsure, 'the time was spent'),
      ),
    };
  };

  const decide = async (body: Analysis, clientId: string): Promise<Blocking> => {
    const asked = askedOf(body);
    // The service vouches for the agent it runs: its token authenticates what it says of it.
    const principal: Principal = {
      schemaVersion: 1,
      id: `entra:${clientId}`,
      name: `entra:${clientId}`,
      role: 'agent',
      agents: [asked.agent.id],
      tokenHash: '',
      createdAtMs: 0,
      createdBy: 'entra',
    };
    const notChecked: { check: string; reason: string }[] = [];
    try {
      if (!(await tell(body)))
        notChecked.push({ check: 'history', reason: 'what earlier results caused was not enforced in time' });
      const { decision } = await engine.answer(asked, principal);
      return answerOf(decision, notChecked);
    } catch (error) {
      engine.log.error({ err: error }, 'a question of Copilot Studio could not be answered');
      return unsure(engine.config.gateway.entra.whenUnsure, 'an error of ours');
    }
  };

  /** Tells what is new of the conversation and waits for what it causes. False: not in time, or not all of it. */
  const tell = async (body: Analysis): Promise<boolean> => {
    const receivedAtMs = engine.clock.now();
    let whole = true;
    const admittedNow = historyOf(body).flatMap((input) => {
      if (told.has(String(input['id']))) return [];
      const admitted = admit(input, {
        inspector,
        receivedAtMs,
        tenant: engine.config.tenant,
        trust: 'authenticated',
        dialect: 'inline',
      });
      if (!admitted.ok) {
        whole = false;
        return [];
      }
      return [withUserNamed(admitted.event, engine.userNames)];
    });
    const left = timeLeft(READ_BUDGET_MS);
    const fresh: TelemetryEvent[] = [];
    for (const event of admittedNow) fresh.push(await readOn(event, inspector, left()));
    const last = fresh.at(-1);
    if (last === undefined) return whole;
    const wait = engine.barriers.expect();
    last.replyTo = wait.replyTo;
    try {
      await engine.outbox.append(fresh.map((event) => ({ topic: 'telemetry', key: event.streamKey, value: event })));
    } catch (error) {
      wait.forget();
      engine.log.warn({ err: error }, 'what Copilot Studio told of a conversation could not be stored');
      return false;
    }
    for (const event of fresh) told.set(event.id, true);
    return (await wait.within(HISTORY_BUDGET_MS)).reached && whole;
  };

  return [
    { method: 'POST', path: '/validate', right: 'public', run: validate },
    { method: 'POST', path: '/analyze-tool-execution', right: 'public', run: analyze },
  ];
}

/** The error form that Copilot Studio documents. */
function failure(httpStatus: number, errorCode: number, message: string, call: Call): Reply {
  return {
    status: httpStatus,
    body: {
      errorCode,
      message,
      httpStatus,
      diagnostics: JSON.stringify({ correlationId: call.headers['x-ms-correlation-id'] ?? null }),
    },
  };
}

async function within<T>(budgetMs: number, work: Promise<T>, otherwise: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise()), budgetMs);
  });
  const first = await Promise.race([work, late]);
  clearTimeout(timer);
  return first;
}
