/** A condition as a tree of passed and failed parts, each with the values it looked at. For people; evaluation is elsewhere. */
import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import type { Check } from '../../../schemas/explanation.js';
import { children, pathOf } from './condition-check.js';
import type { ConditionContext } from './types.js';

export type ConditionValues = ConditionContext & {
  params: Readonly<Record<string, unknown>>;
  lists: Readonly<Record<string, readonly string[]>>;
};
type Shown = NonNullable<Check['values']>;

/** Longer values are cut: an explanation is read, not computed with. */
const MAX_SHOWN = 200;

function shown(value: unknown): string | number | boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function lookUp(values: ConditionValues, path: string): unknown {
  let value: unknown = values;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Every field a part of a condition names, with what stood in it. */
function valuesOf(node: ASTNode, values: ConditionValues): Shown {
  const path = pathOf(node);
  if (path !== undefined) {
    const value = lookUp(values, path);
    return value === undefined || (typeof value === 'object' && !Array.isArray(value)) ? {} : { [path]: shown(value) };
  }
  return Object.assign({}, ...children(node).map((child) => valuesOf(child, values))) as Shown;
}

const UNKNOWN = ': could not be evaluated, ';
const PARTED = { '&&': 'all', '||': 'any' } as const;

/** Operands of one operator however it was nested: `a && b && c` is three. */
function operands(node: ASTNode, op: '&&' | '||'): ASTNode[] {
  return node.op === op ? node.args.flatMap((part) => operands(part, op)) : [node];
}

/** A part as it stands in the text. Its place may leave out a bracket at one end: the bracket is taken in again. */
function partOf(text: string, node: ASTNode): string {
  let { start, end } = node;
  for (;;) {
    const depths = depthsOf(text.slice(start, end));
    if (depths.lowest < 0 && start > 0) start -= 1;
    else if (depths.last > 0 && end < text.length) end += 1;
    else return text.slice(start, end).trim();
  }
}

/** How deep in brackets a text ends, and how far below its beginning it goes; brackets inside quotes are letters. */
function depthsOf(text: string): { last: number; lowest: number } {
  let last = 0;
  let lowest = 0;
  for (const character of text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '')) {
    if (character === '(') last += 1;
    else if (character === ')') last -= 1;
    lowest = Math.min(lowest, last);
  }
  return { last, lowest };
}

/** What could not be evaluated has neither matched nor failed; what decides without it is as it is. */
const unknowns = new WeakSet<Check>();

export function explanationOf(root: ASTNode, text: string, environment: Environment, values: ConditionValues): Check {
  const explain = (node: ASTNode): Check => {
    if (node.op === '&&' || node.op === '||') {
      const parts = operands(node, node.op).map(explain);
      const decided = parts.some((part) => part.pass === (node.op === '||') && !unknowns.has(part));
      const unknown = !decided && parts.some((part) => unknowns.has(part));
      const pass = node.op === '||' ? decided : !decided && !unknown;
      return marked({ check: PARTED[node.op], pass, text: node.op === '&&' ? 'all of' : 'any of', parts }, unknown);
    }
    const part = partOf(text, node);
    const said = part.replace(/\s+/g, ' ');
    if (node.op === '!_') {
      const inner = explain(node.args);
      const unknown = unknowns.has(inner);
      return marked({ check: 'not', pass: !inner.pass && !unknown, text: said, parts: [inner] }, unknown);
    }
    const looked = valuesOf(node, values);
    const shownPart = { text: said, ...(Object.keys(looked).length > 0 ? { values: looked } : {}) };
    try {
      return { check: 'when', pass: environment.parse(part)(values) === true, ...shownPart };
    } catch (error) {
      const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      return marked({ check: 'when', pass: false, ...shownPart, text: `${shownPart.text}${UNKNOWN}${why}` }, true);
    }
  };
  return explain(root);
}

function marked(check: Check, unknown: boolean): Check {
  if (unknown) unknowns.add(check);
  return check;
}
