/**
 * What detection keeps of an agent or a blueprint: its baselines, one slice per detector, and facts for people. Short
 * names because there may be a hundred thousand of them; its baselines bounded (baseline-budget.ts).
 */
import { define, own } from '../runtime/own-key.js';
import { EFFECT_CLASSES, type EffectClass, type Trust } from '../../schemas/common.js';
import {
  DIALECTS,
  EVENT_KINDS,
  type EventOf,
  type Dialect,
  type EventKind,
  type TelemetryEvent,
  type ToolDescription,
} from '../../schemas/event.js';
import { StepdownError } from '../runtime/errors.js';
import { shortHash } from '../runtime/hash.js';
import { effectOfResult, withObserved } from '../inspect/result-effects.js';
import { toolEffects } from '../inspect/tool-effects.js';

export const AGENT_STATE_VERSION = 1;

export interface AgentState {
  v: typeof AGENT_STATE_VERSION;
  /** First and last event time, milliseconds. */
  f: number;
  l: number;
  /** Events seen; of these, events learned from. */
  e: number;
  n: number;
  /** Sessions begun. */
  s: number;
  /** Kinds and dialects seen, one bit each. */
  k: number;
  d: number;
  /** What was sent at least once: content 1, usage 2, tool calls 4, identity 8, time 16. */
  c: number;
  /** The weakest trust seen lately. */
  t: Trust;
  b?: string;
  name?: string;
  /**
   * Tools offered or called, newest last: name → [hash of the description (empty: none seen), effects, one bit each, what its
   * results said that it did (absent: nothing; services/inspect/result-effects.ts)].
   */
  tools: Record<string, [hash: string, effects: number, observed?: number]>;
  /** Agents it exchanged messages with, the newest first: whom it could carry an attack to. */
  p?: string[];
  /** One slice per detector. */
  x: Record<string, unknown>;
  /** Events and time when the document for people was last written. */
  w?: [number, number];
}

const KIND_NAMES = Object.keys(EVENT_KINDS) as EventKind[];
const KIND_BITS = new Map(KIND_NAMES.map((kind, index) => [kind, 1 << index]));
const DIALECT_BITS = new Map(DIALECTS.map((dialect, index) => [dialect, 1 << index]));
const MAX_TOOLS = 64;
/** Of all names of tools together: some servers' names are whole sentences. */
const MAX_NAME_CHARS = 2048;
const MAX_PEERS = 20;

export const SENT = { content: 1, usage: 2, 'tool-calls': 4, identity: 8, time: 16 } as const;

export function newAgentState(event: TelemetryEvent): AgentState {
  return {
    v: AGENT_STATE_VERSION,
    f: event.timeMs,
    l: event.timeMs,
    e: 0,
    n: 0,
    s: 0,
    k: 0,
    d: 0,
    c: 0,
    t: event.trust,
    tools: {},
    x: {},
  };
}

export function readAgentState(stored: unknown): AgentState | undefined {
  if (stored === undefined) return undefined;
  const state = stored as AgentState;
  const version: number = state.v;
  if (version !== AGENT_STATE_VERSION) {
    throw new StepdownError(
      'schema-too-new',
      `an agent's state has version ${version}, this build reads ${AGENT_STATE_VERSION}`,
    );
  }
  return state;
}

/** Notes the plain facts of an event: when, what kind, what it carried. */
export function noteEvent(state: AgentState, event: TelemetryEvent): void {
  state.e += 1;
  if (event.timeMs > state.l) state.l = event.timeMs;
  else if (event.timeMs < state.f) state.f = event.timeMs;
  state.k |= KIND_BITS.get(event.kind) ?? 0;
  state.d |= DIALECT_BITS.get(event.source.dialect) ?? 0;
  state.t = event.trust;
  const { blueprint, name } = event.agent;
  if (blueprint !== undefined) state.b = blueprint;
  if (name !== undefined) state.name = name;
  if (event.kind === 'message') {
    const peer = event.from === event.agent.id ? event.to : event.from;
    state.p = [peer, ...(state.p ?? []).filter((known) => known !== peer)].slice(0, MAX_PEERS);
  }
  if (event.assumed === undefined) state.c |= SENT.identity | SENT.time;
  else {
    if (!event.assumed.includes('agent.id') && !event.assumed.includes('session.id')) state.c |= SENT.identity;
    if (!event.assumed.includes('time')) state.c |= SENT.time;
  }
  if (event.inspections !== undefined) state.c |= SENT.content;
  if (event.kind === 'tool.call') state.c |= SENT['tool-calls'];
  else if (event.kind === 'model.output' && event.usage !== undefined) state.c |= SENT.usage;
}

/** The hash of what a model is told about a tool. */
export function descriptionHash(tool: ToolDescription): string {
  return tool.description === undefined && tool.parameters === undefined
    ? ''
    : shortHash(tool.description ?? '', JSON.stringify(tool.parameters ?? null)).slice(0, 12);
}

export function effectMask(effects: readonly EffectClass[]): number {
  return effects.reduce((mask, effect) => mask | (1 << EFFECT_CLASSES.indexOf(effect)), 0);
}

export function effectsOfMask(mask: number): EffectClass[] {
  return EFFECT_CLASSES.filter((_effect, index) => (mask & (1 << index)) !== 0);
}

/** Notes that the agent has a tool; a description replaces what is known, its absence does not. */
export function noteTool(state: AgentState, tool: ToolDescription, args?: unknown): void {
  const known = own(state.tools, tool.name);
  const hash = descriptionHash(tool);
  if (known !== undefined && (hash === '' || hash === known[0])) return;
  const effects = effectMask(toolEffects({ name: tool.name, description: tool.description, arguments: args }));
  if (known === undefined) {
    const names = Object.keys(state.tools);
    let chars = tool.name.length + names.reduce((sum, name) => sum + name.length, 0);
    for (let at = 0; at < names.length && (names.length - at >= MAX_TOOLS || chars > MAX_NAME_CHARS); at++) {
      chars -= (names[at] as string).length;
      delete state.tools[names[at] as string];
    }
  }
  // What its results said stays: it only ever adds.
  define(state.tools, tool.name, known?.[2] === undefined ? [hash, effects] : [hash, effects, known[2]]);
}

/**
 * Learns what a tool does from what it says that it did, where nothing else tells: a receipt, twice. It is added to what is
 * known and takes nothing away. Results in which somebody gives orders teach nothing.
 */
export function noteResult(state: AgentState, event: EventOf<'tool.result'>): void {
  const known = own(state.tools, event.tool);
  if (known === undefined || event.text === undefined || event.errorType !== undefined || event.denied === true) return;
  if (!effectsOfMask(known[1]).includes('unknown')) return;
  const effect = effectOfResult(event.text);
  if (effect === undefined) return;
  const suspicious = event.inspections?.some(({ verdict }) => verdict.kind === 'read' && verdict.spans.length > 0);
  if (suspicious !== true) known[2] = withObserved(known[2] ?? 0, effect);
}

export const kindsSeen = (state: AgentState): EventKind[] =>
  KIND_NAMES.filter((kind) => (state.k & (KIND_BITS.get(kind) ?? 0)) !== 0);
export const dialectsSeen = (state: AgentState): Dialect[] =>
  DIALECTS.filter((dialect) => (state.d & (DIALECT_BITS.get(dialect) ?? 0)) !== 0);
