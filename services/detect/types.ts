/**
 * The detector port. A detector is pure: it judges an event against the states, and, if the event was not flagged,
 * learns from it. Judging never changes a state, so an inline decision can judge an event before it is recorded, and
 * a tested value is never part of its own baseline.
 */
import type { Evidence, PredictedCall } from '../../schemas/finding.js';
import type { EffectClass, Pillar, Severity } from '../../schemas/common.js';
import type { EntityType } from '../../schemas/entity.js';
import type { EntityRef } from '../../schemas/entity.js';
import type { EventKind, TelemetryEvent } from '../../schemas/event.js';

/** What a detector says; the machine adds ids, tenant, identities and the copies per entity. */
export interface Statement {
  type: string;
  title: string;
  /** The entities that get a copy, the primary one first. */
  about: readonly EntityType[];
  /** Calibrated: of statements with confidence p, a share p is right. */
  confidence: number;
  severity: Severity;
  evidence: Evidence;
  origin?: string;
  predicted?: PredictedCall[];
  peers?: EntityRef[];
  atlas: readonly string[];
  owasp: readonly string[];
  pillar: Pillar;
  /** It holds whatever the baseline says (a rule for an agent's early life), so learning does not lower it. */
  firm?: boolean;
}

/** What a detector may look at. `session`, `agent`, `blueprint`, `global` hold one slice per detector name. */
export interface Scope {
  session: Record<string, unknown>;
  agent: Record<string, unknown>;
  blueprint: Record<string, unknown>;
  /** Whether the agent has a blueprint; without one what is put into `blueprint` is lost. */
  grouped: boolean;
  /** Of all agents of the tenant: the last resort of an agent without history and peers. */
  global: Record<string, unknown>;
  /** Facts the machine keeps for all detectors. */
  facts: SessionFacts;
  /** True for calls that a contraction blocked or held: they feed no rate, denial or baseline detector. */
  contracted: boolean;
  /** Events this agent has been learned from, and when the first came. */
  learned: { events: number; sinceMs: number };
  /** The agent is still being learned. */
  learning: boolean;
  /** The conversation came back with this event after it had ended. */
  resumed: boolean;
  tools: ToolKnowledge;
  /** Whether the inventory lists a thing; `undefined`: it says nothing of its kind. No inventory at all: not there. */
  listed?: (kind: InventoryKind, name: string) => boolean | undefined;
}

/** What an inventory lists. */
export type InventoryKind = 'agent' | 'model' | 'server' | 'endpoint' | 'evaluator';

/** What is known of tools: from the baseline policy, what the agent was offered, and names. */
export interface ToolKnowledge {
  effectsOf(tool: string, more?: { description?: string | undefined; arguments?: unknown }): readonly EffectClass[];
  /** The baseline policy says that whoever writes its results may instruct the agent. */
  trusted(tool: string): boolean;
  /** Tools this agent was offered or has called, newest last. */
  known(): readonly string[];
}

/** What is known of a conversation; kept as long as it may come back. */
export interface SessionFacts {
  /** Untrusted content that entered, newest last, bounded. */
  taints: Taint[];
  /** Sentences that untrusted content said, none of which a reader took for a request; bounded. */
  heard?: HeardSentence[];
  /** Normalised words of the user, for provenance; bounded. */
  userText: string[];
  /** Effects the user asked for in so many words, from the texts as they were written. */
  userAsks?: EffectClass[];
  /** Outside places the user named, in normal form; bounded. */
  userPlaces?: string[];
  /** What calls did before anything suspicious came: doing it again is the work itself. */
  did?: EffectClass[];
  /** What the agent last offered to do, as long as no answer came: a user who says yes has asked for it. */
  offered?: string;
  /** Normalised words of system messages: the developer's, whose values are trusted but ask for nothing. */
  systemText: string[];
  lastEventMs: number;
  events: number;
}

export interface Taint {
  eventId: string;
  timeMs: number;
  origin: string;
  /** 0: merely untrusted; higher: an inspection found an instruction in it. */
  probability: number;
  /** What was said of it without the deep text model, where that spoke. */
  fastProbability?: number;
  contentHash?: string;
  /** Where the instruction stands in the text with that hash. */
  span?: { start: number; end: number };
  spanText?: string;
  asksFor?: { tools: string[]; effects: EffectClass[]; destinations: string[] };
  /** The user's own words name where the text came from (a file, an address, a subject). */
  pointed?: boolean;
  /** Kinds of sources that it came from, as bits (handed-over.ts). */
  kinds?: number;
  /** The file or page that was read: what is edited there is naturally quoted from there. At most two. */
  places?: string[];
  /** Addresses of who wrote the record, as the record says: whom a reply goes to. At most three. */
  authors?: string[];
  /** The user wants an invoice paid, and this is the one account that the text names. */
  account?: string;
  /** It came with a memory that another, attacked conversation wrote. */
  remembered?: boolean;
  /** It stands in the description of this tool. */
  describes?: string;
  /** An agent whose identity was proven gave this conversation, in which no user speaks, its task. */
  task?: boolean;
  /** A phrase that speaks to the machine stands in or around the span. */
  wrapped?: boolean;
  /** What stands behind a span that announces something and does not say what. */
  near?: string;
  /** Normalised words of what the agent asked this source with. */
  own?: string;
}

/** A sentence of untrusted content: what a call that nobody asked for may have its values from. */
export interface HeardSentence extends Pick<
  Taint,
  | 'eventId'
  | 'timeMs'
  | 'origin'
  | 'contentHash'
  | 'span'
  | 'pointed'
  | 'kinds'
  | 'places'
  | 'authors'
  | 'own'
  | 'wrapped'
  | 'account'
  | 'describes'
> {
  text: string;
  /** How likely a call takes something from it: 0, 1, 2. */
  worth: number;
}

export interface Detector {
  readonly name: string;
  /** Rises when the detector's output may change for the same input. */
  readonly version: string;
  /** The types of finding it may state; docs/findings.md says what each means. Playbooks are checked against them. */
  readonly finds: readonly string[];
  readonly kinds: readonly EventKind[];
  /** What it needs to work; an agent that does not send it is reported as blind to this detector. */
  readonly needs: readonly ('content' | 'tool-calls' | 'usage' | 'identity' | 'time')[];
  /** It compares with a baseline: contracted calls are kept from it, and its word counts less while an agent is learned. */
  readonly baseline: boolean;
  judge(event: TelemetryEvent, scope: Readonly<Scope>): Statement[];
  /**
   * Keeps count of what the session or the running bucket has seen, flagged or not; never a baseline. Called after
   * `judge` and `learn` for every event but contracted, late and early ones (where `baseline`).
   */
  observe?(event: TelemetryEvent, scope: Scope, stated: readonly Statement[]): void;
  /** Called only for events that are neither flagged, contracted, late nor early. */
  learn?(event: TelemetryEvent, scope: Scope): void;
  /** Makes its baseline of an agent smaller, the rarest and oldest first; called when all of them take too much together. */
  shrink?: (states: Record<string, unknown>) => void;
}
