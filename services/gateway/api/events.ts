/**
 * `POST /v1/events`: what happened, told by who saw it. One native event, an array, or NDJSON.
 *
 * The answer comes when everything the events caused is enforced (a barrier per stream key, docs/adr/0003) or when the
 * budget is spent, which is said. For a tool result it says whether the model may see it: `visible` true, false, or
 * `masked` with the text that may be shown. `?wait=false` answers as soon as the events are durable.
 */
import type { EventOf, TelemetryEvent } from '../../../schemas/event.js';
import type { Principal } from '../../../schemas/principal.js';
import { entityKey } from '../../../schemas/entity.js';
import { withUserNamed } from '../../runtime/pseudonyms.js';
import { letterOf } from '../../runtime/dead-letter.js';
import { StepdownError } from '../../runtime/errors.js';
import { shortHash } from '../../runtime/hash.js';
import { deeperThan, MAX_NESTING } from '../../runtime/nesting.js';
import type { Outgoing } from '../../runtime/stream/types.js';
import type { Engine } from '../engine.js';
import type { Reply } from '../http/message.js';
import { type Call, parseJson, type Route } from '../http/router.js';
import { speaksFor, trustOf } from '../principals.js';
import { admit } from '../../inspect/admit.js';
import type { Inspector } from '../../inspect/inspect-text.js';
import { READ_ON_TOGETHER_MS, readOn, timeLeft } from '../../inspect/read-on.js';

export const MAX_EVENTS = 1000;

type Verdict =
  | { status: 'refused'; code: string; message: string; pointer: string }
  | {
      status: 'accepted';
      id: string;
      result?: {
        visible: true | false | 'masked';
        text?: string;
        reason: string;
        decisionId: string;
        notChecked: unknown[];
      };
    };

export function eventRoutes(engine: Engine, inspector: Inspector): Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/events',
      right: 'decide',
      accepts: ['application/json', 'application/x-ndjson'],
      run: (call) => take(engine, inspector, call),
    },
  ];
}

async function take(engine: Engine, inspector: Inspector, call: Call): Promise<Reply> {
  engine.mustRun();
  const inputs = inputsOf(call);
  const verdicts: Verdict[] = [];
  const accepted: { at: number; event: TelemetryEvent }[] = [];
  const left = timeLeft(READ_ON_TOGETHER_MS);
  for (const [at, input] of inputs.entries()) {
    const admitted = admitOne(engine, inspector, call.principal, input);
    if ('event' in admitted) {
      accepted.push({ at, event: await readOn(admitted.event, inspector, left()) });
      verdicts.push({ status: 'accepted', id: admitted.event.id });
    } else {
      verdicts.push(admitted);
      // Who may not speak is only told so; what could not be read is kept with its reason (invariant 9).
      if (admitted.code !== 'forbidden') engine.outbox.offer(refusalOf(engine, input, admitted));
    }
  }

  const waits = call.query.get('wait') === 'false' ? [] : placeBarriers(engine, accepted);
  try {
    await engine.outbox.append(
      accepted.map(({ event }) => ({ topic: 'telemetry', key: event.streamKey, value: event })),
    );
  } catch (error) {
    for (const wait of waits) wait.forget();
    throw error;
  }
  const reached = await Promise.all(waits.map((wait) => wait.within(engine.config.gateway.barrierBudgetMs)));
  const acted = waits.length > 0 && reached.every((each) => each.reached);
  // The next question is judged with what these events have left behind.
  if (acted) await engine.refresh(accepted.map(({ event }) => event));
  for (const { at, event } of accepted) {
    const verdict = verdicts[at];
    if (verdict?.status === 'accepted' && event.kind === 'tool.result')
      verdict.result = await seen(engine, event, acted);
  }
  const notChecked =
    acted || accepted.length === 0
      ? []
      : [
          {
            check: 'barrier',
            reason:
              waits.length === 0
                ? 'the sender did not wait'
                : 'what the events caused was not enforced within the budget',
          },
        ];
  const refused = verdicts.filter((verdict) => verdict.status === 'refused').length;
  return {
    status: refused === verdicts.length ? 422 : 200,
    body: { events: verdicts, accepted: accepted.length, refused, notChecked },
  };
}

function admitOne(
  engine: Engine,
  inspector: Inspector,
  principal: Principal,
  input: unknown,
): { event: TelemetryEvent } | Extract<Verdict, { status: 'refused' }> {
  const agentId = (input as { agent?: { id?: unknown } } | null)?.agent?.id;
  if (typeof agentId !== 'string' || agentId === '')
    return { status: 'refused', code: 'input-malformed', message: 'Name the agent', pointer: '/agent/id' };
  if (!speaksFor(principal, agentId))
    return {
      status: 'refused',
      code: 'forbidden',
      message: `This token does not speak for the agent ${agentId}`,
      pointer: '/agent/id',
    };
  const sent = input as { id?: unknown; timeMs?: unknown };
  const inEventTime = engine.clock.kind === 'event' && typeof sent.timeMs === 'number' && Number.isFinite(sent.timeMs);
  if (inEventTime) engine.clock.advance(sent.timeMs as number);
  const receivedAtMs = engine.clock.now();
  const admitted = admit(sent.id === undefined ? { ...sent, id: `inline:${engine.newId()}` } : sent, {
    inspector,
    receivedAtMs,
    tenant: engine.config.tenant,
    trust: trustOf(principal, agentId),
    dialect: 'inline',
  });
  if (!admitted.ok)
    return { status: 'refused', code: admitted.code, message: admitted.message, pointer: admitted.pointer };
  const overreach = overreachOf(admitted.event, principal);
  return overreach === undefined
    ? { event: withUserNamed(admitted.event, engine.userNames) }
    : { status: 'refused', code: 'forbidden', ...overreach };
}

/**
 * What the token of an agent may not tell, whatever agent it names: that an alert is over ends contractions, also those
 * of others, and that two conversations are one makes one of what is known of them.
 */
function overreachOf(event: TelemetryEvent, principal: Principal): { message: string; pointer: string } | undefined {
  if (principal.role !== 'agent') return undefined;
  if (event.kind === 'alert' || event.kind === 'alias')
    return { message: `An event of kind ${event.kind} is not told with the token of an agent`, pointer: '/kind' };
  if (event.kind === 'message' && !speaksFor(principal, event.from) && !speaksFor(principal, event.to))
    return { message: 'This token speaks for neither the sender nor the receiver', pointer: '/from' };
  return undefined;
}

/** The same event refused for the same reason is one letter, however often it is sent. */
function refusalOf(
  engine: Engine,
  input: unknown,
  refused: Extract<Verdict, { status: 'refused' }>,
): Outgoing<'deadletter'> {
  const { tenant, ingest } = engine.config;
  // What nests without end cannot be written down.
  const writable = !deeperThan(input, MAX_NESTING);
  const keep = ingest.deadletterContent && writable;
  const text = writable ? JSON.stringify(input) : '';
  return letterOf({
    id: shortHash('deadletter', tenant, 'events', refused.code, refused.pointer, text),
    tenant,
    atMs: engine.clock.now(),
    source: '/v1/events',
    reason: { code: refused.code, text: refused.message, pointer: refused.pointer },
    format: 'native',
    ...(keep ? { payload: input } : {}),
    redacted: !keep,
  });
}

/** One barrier per stream key, behind its last event: order holds per key, so all before it have been acted on too. */
function placeBarriers(engine: Engine, accepted: { event: TelemetryEvent }[]) {
  const last = new Map<string, TelemetryEvent>();
  for (const { event } of accepted) last.set(event.streamKey, event);
  return [...last.values()].map((event) => {
    const wait = engine.barriers.expect();
    event.replyTo = wait.replyTo;
    return wait;
  });
}

async function seen(
  engine: Engine,
  event: EventOf<'tool.result'>,
  acted: boolean,
): Promise<NonNullable<Extract<Verdict, { status: 'accepted' }>['result']>> {
  if (!acted) await engine.warm(event);
  const sight = engine.point.see(event, engine.newId(), acted, engine.clock.now());
  const { decision } = sight;
  engine.outbox.offer({
    topic: 'decisions',
    key: entityKey({ tenant: decision.tenant, type: 'session', id: decision.sessionId }),
    value: decision,
  });
  return {
    visible: sight.visible,
    ...(sight.text === undefined ? {} : { text: sight.text }),
    reason:
      sight.visible === 'masked'
        ? `${sight.spans} stretches were taken out of it by a security policy`
        : decision.reason.text,
    decisionId: decision.id,
    notChecked: decision.notChecked,
  };
}

function inputsOf(call: Call): unknown[] {
  const text = call.text();
  const ndjson = call.headers['content-type']?.startsWith('application/x-ndjson') === true;
  const inputs = ndjson
    ? text.split('\n').flatMap((line, at) => {
        if (line.trim() === '') return [];
        try {
          return [JSON.parse(line) as unknown];
        } catch (error) {
          throw new StepdownError('input-malformed', `Line ${at + 1} is no JSON`, {
            place: { pointer: `/${at}` },
            cause: error,
          });
        }
      })
    : [parseJson(text)].flat();
  if (inputs.length === 0) throw new StepdownError('input-malformed', 'There is no event', { place: { pointer: '' } });
  if (inputs.length > MAX_EVENTS) throw new StepdownError('input-too-large', `At most ${MAX_EVENTS} events a request`);
  return inputs;
}
