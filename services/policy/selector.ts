/**
 * Which calls a tool control is about, taken apart into clauses: one tool name (or effect, or any call) to one
 * destination (or any). `{tools, effects, destinations}` means (any of tools or effects) to (any of destinations), which is
 * exactly the union of its clauses.
 */
import type { EffectClass } from '../../schemas/common.js';
import type { Destinations } from './destination.js';
import { canonicalRestrict, restrictCovers, restricts } from './destination-pattern.js';
import { canonicalGlob, glob, globCovers } from './glob.js';

export interface Clause {
  readonly tool?: string;
  readonly effect?: EffectClass;
  readonly destination?: string;
}

export interface Selector {
  readonly tools?: readonly string[] | undefined;
  readonly effects?: readonly EffectClass[] | undefined;
  readonly destinations?: readonly string[] | undefined;
}

/** What a call looks like to a selector. Destinations are read only where a clause asks for them. */
export interface SelectedCall {
  name: string;
  effects: readonly EffectClass[];
  destinations: () => Destinations;
}

/**
 * An empty `tools` list selects no tool; a selector with neither tools nor effects selects every call. An empty
 * `destinations` list narrows to nothing.
 */
export function clausesOf(selector: Selector): Clause[] {
  const subjects: Clause[] = [];
  if (selector.tools === undefined && selector.effects === undefined) subjects.push({});
  for (const tool of selector.tools ?? [])
    subjects.push(canonicalGlob(tool) === '*' ? {} : { tool: canonicalGlob(tool) });
  for (const effect of selector.effects ?? []) subjects.push({ effect });
  if (selector.destinations === undefined) return subjects;
  return selector.destinations.flatMap((destination) =>
    subjects.map((subject) => ({ ...subject, destination: canonicalRestrict(destination) })),
  );
}

export function clauseName(clause: Clause): string {
  return JSON.stringify([clause.tool ?? null, clause.effect ?? null, clause.destination ?? null]);
}

/** Does `wide` select every call that `narrow` selects? */
export function clauseCovers(wide: Clause, narrow: Clause): boolean {
  const anySubject = wide.tool === undefined && wide.effect === undefined;
  const subject =
    anySubject ||
    (wide.tool !== undefined && narrow.tool !== undefined && globCovers(wide.tool, narrow.tool)) ||
    (wide.effect !== undefined && wide.effect === narrow.effect);
  if (!subject) return false;
  return (
    wide.destination === undefined ||
    (narrow.destination !== undefined && restrictCovers(wide.destination, narrow.destination))
  );
}

/** A tool whose effects are not known is taken for one that has the effect asked about, unless that is reading. */
export function hasEffect(effects: readonly EffectClass[], effect: EffectClass): boolean {
  if (effects.includes(effect)) return true;
  return effect !== 'read' && (effects.length === 0 || effects.includes('unknown'));
}

export function selects(clause: Clause, call: SelectedCall): boolean {
  if (clause.tool !== undefined && !glob(clause.tool)(call.name)) return false;
  if (clause.effect !== undefined && !hasEffect(call.effects, clause.effect)) return false;
  return clause.destination === undefined || restricts(clause.destination, call.destinations());
}
