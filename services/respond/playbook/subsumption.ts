/**
 * Whether one playbook does all the work of another: whenever the one fires the other does too, on the same target, takes
 * at least as much, and holds it at least as long. Decided only where it is certain; a doubt is no warning.
 */
import type { Control } from '../../../schemas/control.js';
import { below, policyOf } from '../../policy/effective.js';
import { globCovers } from '../../policy/glob.js';
import type { CompiledPlaybook, CompiledTrigger, Template } from './types.js';

function triggerCovers(wide: CompiledTrigger, narrow: CompiledTrigger): boolean {
  if (wide.kind === 'finding' && narrow.kind === 'finding')
    return narrow.types.every((type) => wide.types.some((each) => globCovers(each, type)));
  if (wide.kind === 'risk' && narrow.kind === 'risk')
    return (
      wide.entity === narrow.entity &&
      wide.above <= narrow.above &&
      (wide.on === 'level' || (wide.on === narrow.on && wide.above === narrow.above))
    );
  return wide.kind === 'alert' && narrow.kind === 'alert' && globCovers(wide.title, narrow.title);
}

/** The parts of a condition that all must hold, as they are written. */
function conjuncts(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  // A part with an `or` or a bracket in it is taken whole: what is certain is asked for, not all that is true.
  return /\|\||\?/.test(text) ? [text.trim()] : text.split('&&').map((part) => part.replace(/\s+/g, ' ').trim());
}

function takesAsMuch(strict: readonly Template[], weak: readonly Template[]): boolean {
  const fixed = (templates: readonly Template[]): Control[] =>
    templates.flatMap((template) => (template.resolve ? [] : [template.control]));
  const open = (templates: readonly Template[]): string[] =>
    templates.flatMap((template) => (template.resolve ? [JSON.stringify(template)] : []));
  const theirs = new Set(open(strict));
  return open(weak).every((template) => theirs.has(template)) && below(policyOf(fixed(strict)), policyOf(fixed(weak)));
}

function holdsAsLong(wide: CompiledPlaybook, narrow: CompiledPlaybook): boolean {
  const [long, short] = [wide.shipped.revert, narrow.shipped.revert];
  if (!long || !short || long.stages.length !== 1 || short.stages.length !== 1) return false;
  const [a, b] = [long.stages[0]?.until, short.stages[0]?.until];
  if (long.maxMs < short.maxMs || !a || !b || a.kind !== b.kind) return false;
  return a.kind !== 'quiet' || b.kind !== 'quiet' || (a.forMs >= b.forMs && a.below <= b.below);
}

/** Neither limits, rests nor hours keep it from acting where the other would. */
function isUnlimited({ shipped, hours, suppressed, exceptions, allowed }: CompiledPlaybook): boolean {
  const { targets, fleetPercent, contractions } = shipped.limits;
  return (
    shipped.cooldownMs === 0 &&
    [hours, suppressed, exceptions, allowed].every(({ length }) => length === 0) &&
    targets === undefined &&
    fleetPercent === undefined &&
    contractions === undefined
  );
}

function sameLimits(a: CompiledPlaybook, b: CompiledPlaybook): boolean {
  const shape = ({ shipped, hours }: CompiledPlaybook) => JSON.stringify([shipped.limits, shipped.cooldownMs, hours]);
  return shape(a) === shape(b) && a.exceptions.length === 0 && a.allowed.length === 0 && a.suppressed.length === 0;
}

export function subsumes(wide: CompiledPlaybook, narrow: CompiledPlaybook): boolean {
  if (wide.id === narrow.id || wide.target !== narrow.target || narrow.templates.length === 0) return false;
  if (wide.shipped.mode !== narrow.shipped.mode) return false;
  if (!triggerCovers(wide.shipped.trigger, narrow.shipped.trigger)) return false;
  const theirs = new Set(conjuncts(narrow.shipped.when?.text));
  const params = JSON.stringify(wide.params) === JSON.stringify(narrow.params);
  const mine = conjuncts(wide.shipped.when?.text);
  if (!mine.every((part) => theirs.has(part) && (params || !part.includes('params.')))) return false;
  return (
    (isUnlimited(wide) || sameLimits(wide, narrow)) &&
    takesAsMuch(wide.templates, narrow.templates) &&
    holdsAsLong(wide, narrow)
  );
}
