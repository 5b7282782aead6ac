/**
 * The inline path's view of detection and response. In one process it looks at the workers' own states, as they are at this
 * moment. Where the workers are elsewhere it looks at a shadow of what they have stored: read at first sight and when it
 * is older than a second, and read again when a report's barrier has come back, before the report is answered.
 */
import type { Signal } from '../../schemas/signal.js';
import type { TelemetryEvent } from '../../schemas/event.js';
import type { RespondMachine } from '../respond/machine.js';
import type { InlineAnalysis, Judgement } from '../runtime/inline.js';
import type { States } from '../runtime/machine.js';
import { StateShadow } from '../runtime/state-shadow.js';
import type { Store } from '../runtime/store/types.js';
import type { Worker } from '../runtime/worker.js';
import type { Machines } from './machines.js';

/** Beyond this age what was judged with is said not to be the newest. */
const SAID_BEYOND_MS = 5_000;
const FRESH_FOR_MS = 1_000;

export function liveAnalysis(
  machines: Machines,
  detect: Worker<TelemetryEvent>,
  respond: Worker<Signal>,
): InlineAnalysis {
  return {
    warm: async (event) => {
      await detect.warmFor(event);
      for (let known = -1; ;) {
        const keys = previewKeys(machines.respond, event, respond.states);
        await respond.warm(keys);
        if (keys.length === known) return;
        known = keys.length;
      }
    },
    conversationOf: (event) => machines.detect.conversationOf(event, machines.detectionStates(detect.states, event)),
    judge: (event, nowMs) => judged(machines, event, nowMs, detect.states, respond.states),
  };
}

export function shadowAnalysis(
  machines: Machines,
  options: { store: Pick<Store, 'get'>; maxStates: number; elapsedMs?: () => number },
): InlineAnalysis {
  const shadow = new StateShadow({ freshForMs: FRESH_FOR_MS, ...options });
  const { states } = shadow;
  const keysOf = (event: TelemetryEvent): string[] => [
    ...machines.detect.keys(event, states),
    ...previewKeys(machines.respond, event, states),
  ];
  return {
    warm: async (event) => shadow.warm(() => keysOf(event)),
    refresh: async (event) => shadow.refresh(() => keysOf(event)),
    conversationOf: (event) => machines.detect.conversationOf(event, machines.detectionStates(states, event)),
    judge: (event, nowMs) => {
      const judgement = judged(machines, event, nowMs, states, states);
      const ageMs = shadow.ageMs(keysOf(event));
      if (ageMs !== undefined && ageMs <= SAID_BEYOND_MS) return judgement;
      const reason =
        ageMs === undefined
          ? 'the conversation was not read yet'
          : `the conversation is known as of ${Math.round(ageMs)} ms ago`;
      return { ...judgement, notChecked: [...judgement.notChecked, { check: 'history', reason }] };
    },
  };
}

function judged(
  machines: Machines,
  event: TelemetryEvent,
  nowMs: number,
  detection: Pick<States, 'get'>,
  response: Pick<States, 'get'>,
): Judgement {
  const own = machines.detectionStates(detection, event);
  const { findings, ...known } = machines.detect.judge(event, own, nowMs);
  const subject = { tenant: event.tenant, agentId: event.agent.id, sessionId: event.session.id };
  return { findings, contractions: machines.respond.preview(findings, response, nowMs, subject), ...known };
}

/** Which states a preview looks at depends on other states: asked again until it names no new one. */
function previewKeys(respond: RespondMachine, event: TelemetryEvent, states: Pick<States, 'get'>): string[] {
  return respond.previewKeys(
    {
      tenant: event.tenant,
      agentId: event.agent.id,
      sessionId: event.session.id,
      ...(event.agent.blueprint === undefined ? {} : { blueprint: event.agent.blueprint }),
      ...(event.user === undefined ? {} : { userId: event.user.id }),
      ...('tool' in event ? { tool: event.tool } : {}),
      ...('model' in event && event.model !== undefined ? { model: event.model } : {}),
      ...(event.trace === undefined ? {} : { traceId: event.trace.traceId }),
    },
    states,
  );
}
