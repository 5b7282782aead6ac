/**
 * The inline path's view of analysis: what a decision point may ask before it answers. The composition root binds it
 * to detection and response, so that services do not import each other.
 */
import type { Contraction } from '../../schemas/contraction.js';
import type { EffectClass, Skip } from '../../schemas/common.js';
import type { TelemetryEvent } from '../../schemas/event.js';
import type { Finding } from '../../schemas/finding.js';

export interface Judgement {
  findings: Finding[];
  /** What response would contract because of these findings, not yet durable; ids are the ones it will get. */
  contractions: Contraction[];
  notChecked: Skip[];
  /** Of a tool's call: what it does, as far as earlier descriptions and results of the tool have told. */
  effects?: readonly EffectClass[];
}

export interface InlineAnalysis {
  /** Reads a cold session's state into memory. Outside the decision path; once per session and process. */
  warm(event: TelemetryEvent): Promise<void>;
  /**
   * What is known of the event's conversation has changed: reads it again. Outside the decision path, before a report is
   * answered. Absent where the states are looked at as they are.
   */
  refresh?(event: TelemetryEvent): Promise<void>;
  /** The conversation that an event without one belongs to by its trace, where that is known. Memory only; warmed before. */
  conversationOf?(event: TelemetryEvent): string | undefined;
  /** Memory only, changes nothing. */
  judge(event: TelemetryEvent, nowMs: number): Judgement;
}
