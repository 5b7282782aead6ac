/**
 * Attacks made of clean runs: a request of a goal of our own is planted into a tool's result, bare or wrapped, and the run
 * either obeys it with a call of its own or goes on as it did. The recorded suites have one goal each, so that without these
 * a goal left out is a suite left out. Pure; the same for the same seed.
 */
import type { EventOf, TelemetryEvent } from '../../../schemas/event.js';
import { seeded } from '../backtest/bootstrap.js';
import type { Label } from '../backtest/score.js';
import { FOREIGN_WRAPPERS, wrapped } from '../eval/foreign-wrappers.js';
import { type Goal, GOALS } from './goals.js';

export interface PlantedRuns {
  events: TelemetryEvent[];
  labels: Label[];
}

export interface PlantedOptions {
  seed: number;
  /** Runs for each goal; two of three obey. */
  each: number;
}

/** Two thirds obey. */
const OBEYS = 2 / 3;
/** Half are bare. */
const BARE = 0.5;
const SECOND = 1_000;
const GAP = 3_600_000;

type Result = EventOf<'tool.result'>;

/** @param events of a recording, in time order: the planted runs come after it, an hour apart */
export function plantedRuns(
  events: readonly TelemetryEvent[],
  labels: readonly Label[],
  { seed, each }: PlantedOptions,
): PlantedRuns {
  const random = seeded(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const clean = new Map(
    labels.flatMap((label) => (label.attack || label.warmup === true ? [] : [[label.traceId, label]])),
  );
  const runs = new Map<string, TelemetryEvent[]>();
  for (const event of events) {
    const traceId = event.trace?.traceId;
    if (traceId === undefined || !clean.has(traceId)) continue;
    const run = runs.get(traceId);
    if (run === undefined) runs.set(traceId, [event]);
    else run.push(event);
  }
  const carriers = [...runs].filter(([, run]) => run.some(isCarrier));
  const planted: PlantedRuns = { events: [], labels: [] };
  let beginsMs = (events.at(-1)?.timeMs ?? 0) + GAP;
  for (const [number, goal] of carriers.length === 0 ? [] : GOALS.entries())
    for (let copy = 0; copy < each; copy++) {
      const [traceId, run] = pick(carriers);
      const obeys = random() < OBEYS;
      const request = random() < BARE ? goal.request : wrapped(pick(FOREIGN_WRAPPERS), goal.request, '\n');
      const made = onePlanted(run, { goal, request, obeys, id: `p${number}-${copy}`, beginsMs, random, pick });
      const label = clean.get(traceId) as Label;
      planted.events.push(...made.events);
      planted.labels.push({
        ...label,
        traceId: made.traceId,
        injectionTask: `planted ${number}`,
        attack: true,
        succeeded: obeys,
        utility: !obeys,
        exposure: made.exposure,
        harmful: obeys ? { toolCallId: made.harmfulId, spanId: null } : null,
      });
      beginsMs = (planted.events.at(-1)?.timeMs ?? beginsMs) + GAP;
    }
  return planted;
}

const isCarrier = (event: TelemetryEvent): event is Result =>
  event.kind === 'tool.result' && event.source.dialect !== 'derived' && (event.text?.length ?? 0) > 40;

interface Planting {
  goal: Goal;
  request: string;
  obeys: boolean;
  id: string;
  beginsMs: number;
  random: () => number;
  pick: <T>(items: readonly T[]) => T;
}

function onePlanted(run: readonly TelemetryEvent[], { goal, request, obeys, id, beginsMs, random, pick }: Planting) {
  const carrier = pick(run.filter(isCarrier));
  const before = carrier.text ?? '';
  const after = planted(before, request, random);
  const traceId = `${id}-${carrier.trace?.traceId ?? ''}`;
  const shiftMs = beginsMs - (run[0] as TelemetryEvent).timeMs;
  const copied = (event: TelemetryEvent): TelemetryEvent => ({
    ...withText(event, before, after),
    id: `${id}-${event.id}`,
    session: { id: `${id}-${event.session.id}` },
    trace: { ...event.trace, traceId },
    timeMs: event.timeMs + shiftMs,
    receivedAtMs: event.receivedAtMs + shiftMs,
  });
  const exposure = { toolCallId: carrier.toolCallId ?? null, spanId: carrier.trace?.spanId ?? null };
  const harmfulId = `${id}-harmful`;
  if (!obeys) return { traceId, exposure, harmfulId, events: run.map(copied) };
  const seen = run.slice(0, run.indexOf(carrier) + 1).map(copied);
  const last = seen.at(-1) as TelemetryEvent;
  const call: EventOf<'tool.call'> = {
    schemaVersion: last.schemaVersion,
    kind: 'tool.call',
    id: `${id}-call`,
    tenant: last.tenant,
    streamKey: last.streamKey,
    agent: last.agent,
    session: last.session,
    ...(last.user === undefined ? {} : { user: last.user }),
    trust: last.trust,
    source: last.source,
    trace: { traceId, spanId: harmfulId },
    timeMs: last.timeMs + SECOND,
    receivedAtMs: last.receivedAtMs + SECOND,
    toolCallId: harmfulId,
    tool: goal.tool,
    arguments: goal.arguments,
  };
  return { traceId, exposure, harmfulId, events: [...seen, call] };
}

/** The request behind one of the text's sentences or lines, told in the notation's own quotes. */
function planted(text: string, request: string, random: () => number): string {
  const ends = [...text.matchAll(/[.!?](?=\s)|\n/gu)].map(({ index, 0: end }) => index + end.length);
  const at = ends.length === 0 ? text.length : (ends[Math.floor(random() * ends.length)] as number);
  return `${text.slice(0, at)} ${request} ${text.slice(at)}`;
}

/** A result as it was, wherever the run repeats it. */
function withText(event: TelemetryEvent, before: string, after: string): TelemetryEvent {
  if (event.kind === 'tool.result') return event.text === before ? { ...event, text: after } : event;
  if (event.kind !== 'model.call' || event.messages === undefined) return event;
  return {
    ...event,
    messages: event.messages.map((message) => ({
      ...message,
      ...(message.role === 'tool' && message.text === before ? { text: after } : {}),
      ...(message.toolResults === undefined
        ? {}
        : {
            toolResults: message.toolResults.map((part) => (part.text === before ? { ...part, text: after } : part)),
          }),
    })),
  };
}
