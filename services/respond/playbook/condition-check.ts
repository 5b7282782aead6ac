/** What is wrong with a condition that can be parsed: parts that are always the same, values out of range, bad patterns. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { glob } from '../../policy/glob.js';
import { nearest } from '../../runtime/nearness.js';
import { CHOICES, CONDITION_FIELDS, RANGES } from './condition-fields.js';
import { isCidr, patternFault } from './condition-functions.js';
import type { DiagnosticCode } from './diagnostic.js';

export type Param = number | string | boolean | readonly string[];
export interface ConditionNames {
  params: Readonly<Record<string, Param>>;
  lists: Readonly<Record<string, readonly string[]>>;
  /** Names that are always empty where this condition is asked. */
  absent?: readonly string[];
  /** The finding types that can come here at all; patterns. */
  types?: readonly string[] | undefined;
}

export interface ConditionFault {
  code: DiagnosticCode;
  message: string;
  mend?: string;
  /** Characters from the beginning of the condition. */
  offset: number;
  severity?: 'warning';
}
function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

export function children(node: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  const collect = (value: unknown): void => {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) value.forEach(collect);
  };
  collect(node.args);
  return found;
}

function walk(node: ASTNode, visit: (node: ASTNode) => void): void {
  visit(node);
  for (const child of children(node)) walk(child, visit);
}

function looksAtSomething(node: ASTNode): boolean {
  return node.op === 'id' || children(node).some(looksAtSomething);
}

/** `finding.confidence` of a chain of fields; `undefined` for anything else. */
export function pathOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return undefined;
  const [base, field] = node.args;
  const path = pathOf(base);
  return path === undefined ? undefined : `${path}.${field}`;
}

/** A number or text that is known when the playbook is loaded: a literal, or a parameter. */
export function knownValue(node: ASTNode, names: ConditionNames): number | string | undefined {
  if (node.op === 'value')
    return typeof node.args === 'bigint'
      ? Number(node.args)
      : typeof node.args === 'number' || typeof node.args === 'string'
        ? node.args
        : undefined;
  if (node.op === '-_') {
    const value = knownValue(node.args, names);
    return typeof value === 'number' ? -value : undefined;
  }
  const path = pathOf(node);
  const value = path?.startsWith('params.') ? names.params[path.slice('params.'.length)] : undefined;
  return typeof value === 'number' || typeof value === 'string' ? value : undefined;
}

const MIRRORED: Readonly<Record<string, string>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
};

/** `undefined` where the comparison can come out either way. */
function alwaysSame(op: string, [low, high]: readonly [number, number], value: number): boolean | undefined {
  switch (op) {
    case '>':
      return value >= high ? false : value < low ? true : undefined;
    case '>=':
      return value > high ? false : value <= low ? true : undefined;
    case '<':
      return value <= low ? false : value > high ? true : undefined;
    case '<=':
      return value < low ? false : value >= high ? true : undefined;
    case '==':
      return value < low || value > high ? false : undefined;
    default:
      return value < low || value > high ? true : undefined;
  }
}

function checkComparison(node: ASTNode, names: ConditionNames, faults: ConditionFault[]): void {
  if (!(node.op in MIRRORED)) return;
  const [left, right] = node.args as [ASTNode, ASTNode];
  const path = pathOf(left) ?? '';
  const swapped = !(path in RANGES) && !(path in CHOICES);
  const field = swapped ? (pathOf(right) ?? '') : path;
  const value = knownValue(swapped ? left : right, names);
  const range = RANGES[field];
  if (range && typeof value === 'number') {
    const outcome = alwaysSame(swapped ? (MIRRORED[node.op] ?? node.op) : node.op, range, value);
    if (outcome !== undefined)
      faults.push({
        code: 'PB013',
        message: `this is always ${outcome}: ${field} lies between ${range[0]} and ${range[1]}`,
        mend:
          range[1] === 1 && value > 1 && value <= 100
            ? `it is no percentage: write ${value / 100}`
            : 'compare it with a value in between, or leave this out',
        offset: node.start,
      });
  }
  const choices = CHOICES[field];
  if (choices && typeof value === 'string' && choices.includes(value) && /^[<>]=?$/.test(node.op)) {
    const from = choices.slice(choices.indexOf(value)).map((choice) => `"${choice}"`);
    faults.push({
      code: 'PB013',
      message: `${node.op} compares the letters of ${field}, not what they stand for`,
      mend:
        field === 'finding.severity'
          ? `write severityAtLeast(${field}, "${value}")`
          : `write ${field} in [${from.join(', ')}], with those that are meant`,
      offset: node.start,
    });
  } else if (choices && typeof value === 'string' && !choices.includes(value)) {
    const guess = nearest(value, choices);
    faults.push({
      code: 'PB013',
      message: `${field} is never "${value}"`,
      mend: guess ? `did you mean "${guess}"?` : `it is one of ${choices.join(', ')}`,
      offset: node.start,
    });
  }
}

/** A type that the trigger lets through nothing of. */
function checkType(node: ASTNode, names: ConditionNames, faults: ConditionFault[]): void {
  if (node.op !== '==' || names.types === undefined) return;
  const [left, right] = node.args;
  const value = pathOf(left) === 'finding.type' ? knownValue(right, names) : undefined;
  if (typeof value === 'string' && !names.types.some((type) => glob(type)(value)))
    faults.push({
      code: 'PB013',
      message: `finding.type is never "${value}" here: the trigger is ${names.types.join(', ')}`,
      mend: 'add it to the trigger, or leave it out',
      offset: node.start,
    });
}

function conjunctsOf(node: ASTNode): ASTNode[] {
  return node.op === '&&' ? node.args.flatMap(conjunctsOf) : [node];
}

/** What must hold of one field all at once, and cannot: a number above one bound and below a lower one, two texts. */
function checkTogether(root: ASTNode, names: ConditionNames, faults: ConditionFault[]): void {
  const bounds = new Map<string, { low: number; high: number; open: boolean }>();
  const texts = new Map<string, string>();
  for (const node of conjunctsOf(root)) {
    if (!(node.op in MIRRORED)) continue;
    const [left, right] = node.args as [ASTNode, ASTNode];
    const leftKnown = knownValue(left, names);
    const [path, value, op] =
      leftKnown === undefined
        ? [pathOf(left), knownValue(right, names), node.op as string]
        : [pathOf(right), leftKnown, MIRRORED[node.op] ?? node.op];
    if (path === undefined || value === undefined || path.startsWith('params.')) continue;
    if (typeof value === 'string') {
      const before = texts.get(path);
      if (op === '==' && before !== undefined && before !== value)
        faults.push(never(node, `${path} cannot be "${before}" and "${value}"`));
      if (op === '==') texts.set(path, value);
      continue;
    }
    const { low, high, open } = bounds.get(path) ?? { low: -Infinity, high: Infinity, open: false };
    const next = {
      low: op === '>' || op === '>=' || op === '==' ? Math.max(low, value) : low,
      high: op === '<' || op === '<=' || op === '==' ? Math.min(high, value) : high,
      open: open || op === '>' || op === '<',
    };
    if (op !== '!=' && (next.low > next.high || (next.low === next.high && next.open)))
      faults.push(never(node, `${path} would be at least ${next.low} and at most ${next.high}`));
    bounds.set(path, next);
  }
}

const never = (node: ASTNode, why: string): ConditionFault => ({
  code: 'PB013',
  message: `this never holds together with what stands before it: ${why}`,
  mend: 'use ||, or mend one of them',
  offset: node.start,
});

/** CEL's names of types are values too, so that `list.trusted` would compile and never match. */
const TYPE_NAMES = new Set(['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint']);

function checkTypeName(node: ASTNode, faults: ConditionFault[]): void {
  if (node.op !== '.' || node.args[0].op !== 'id') return;
  const name = node.args[0].args;
  if (!TYPE_NAMES.has(name)) return;
  const guess = nearest(name, [...Object.keys(CONDITION_FIELDS), 'params', 'lists']);
  faults.push({
    code: 'PB011',
    message: `there is no "${name}" to look at`,
    mend: guess ? `did you mean "${guess}"?` : `known: ${Object.keys(CONDITION_FIELDS).join(', ')}, params, lists`,
    offset: node.args[0].start,
  });
}

/** The name of a fact that is looked at; `undefined`: this looks at none by name. */
function factOf(node: ASTNode): string | undefined {
  if (node.op !== '.' && node.op !== '[]') return undefined;
  const [base, name] = node.args;
  if (pathOf(base) !== 'finding.facts') return undefined;
  return typeof name === 'string' ? name : name.op === 'value' && typeof name.args === 'string' ? name.args : undefined;
}

/** A fact may be missing, and a condition that looks at one which is missing has not matched. */
function checkFacts(root: ASTNode, faults: ConditionFault[]): void {
  const asked = new Set<string>();
  const told = new Set<string>();
  walk(root, (node) => {
    if (node.op !== 'in' || pathOf(node.args[1]) !== 'finding.facts') return;
    if (node.args[0].op === 'value' && typeof node.args[0].args === 'string') asked.add(node.args[0].args);
  });
  walk(root, (node) => {
    const fact = factOf(node);
    if (fact === undefined || asked.has(fact) || told.has(fact)) return;
    told.add(fact);
    faults.push({
      code: 'PB011',
      severity: 'warning',
      message: `not every finding has the fact "${fact}": without it the condition cannot be evaluated, and is not met`,
      mend: `ask first: "${fact}" in finding.facts && …`,
      offset: node.start,
    });
  });
}

/** A list may be shorter than that, and a condition that looks behind its end has not matched. */
function checkPlaces(root: ASTNode, faults: ConditionFault[]): void {
  const sized = new Set<string>();
  walk(root, (node) => {
    if (node.op === 'call' && node.args[0] === 'size') sized.add(pathOf(node.args[1][0] as ASTNode) ?? '');
    if (node.op === 'rcall' && node.args[0] === 'size') sized.add(pathOf(node.args[1]) ?? '');
  });
  walk(root, (node) => {
    if (node.op !== '[]') return;
    const [list, place] = node.args;
    const path = pathOf(list);
    if (path === undefined || path === 'finding.facts' || sized.has(path) || typeof knownPlace(place) !== 'number')
      return;
    faults.push({
      code: 'PB011',
      severity: 'warning',
      message: `${path} may have fewer entries: then the condition cannot be evaluated, and is not met`,
      mend: `ask for what is in it: "…" in ${path}, or ${path}.exists(each, …)`,
      offset: node.start,
    });
  });
}

const knownPlace = (node: ASTNode): number | string | undefined => knownValue(node, { params: {}, lists: {} });

/** Patterns and ranges are read when the playbook is loaded, so that a wrong one is said at once. */
function checkCall(node: ASTNode, names: ConditionNames, faults: ConditionFault[]): void {
  const [name, values] = node.args as [string, ASTNode[]];
  const [, second] = values;
  if ((name !== 're2' && name !== 'cidr') || second === undefined) return;
  const value = knownValue(second, names);
  if (name === 're2' && typeof value !== 'string') {
    faults.push({
      code: 'PB014',
      message: 'the pattern of `re2` must be known when the playbook is loaded',
      mend: 'write it out, or make it a parameter',
      offset: second.start,
    });
    return;
  }
  if (typeof value !== 'string') return;
  const fault = name === 're2' ? patternFault(value) : isCidr(value) ? undefined : 'no address range';
  if (fault !== undefined)
    faults.push({
      code: 'PB015',
      message: name === 're2' ? `this pattern cannot be read: ${fault}` : `"${value}" is no address range`,
      mend:
        name === 're2' ? 'write RE2 syntax (no look-around, no back-references)' : 'write 10.0.0.0/8 or 2001:db8::/32',
      offset: second.start,
    });
}

export function checkTree(root: ASTNode, names: ConditionNames): ConditionFault[] {
  const faults: ConditionFault[] = [];
  if (!looksAtSomething(root))
    return [
      {
        code: 'PB012',
        message: 'this is always the same: it looks at nothing',
        mend: 'look at finding, risk, session, agent, user or alert',
        offset: root.start,
      },
    ];
  walk(root, (node) => {
    if ((node.op === 'call' || node.op === 'rcall') && node.args[0] === 'matches') {
      faults.push({
        code: 'PB014',
        message: '`matches` is refused: a regular expression can stop the engine',
        mend: 'use re2(text, "…"), which cannot, or glob(text, "*part*")',
        offset: node.start,
      });
    }
    if (node.op === 'call') checkCall(node, names, faults);
    if (node.op === 'id' && names.absent?.includes(node.args) === true)
      faults.push({
        code: 'PB012',
        message: `\`${node.args}\` is always empty here: the trigger has none`,
        mend: 'leave it out, or trigger on it',
        offset: node.start,
      });
    const operands =
      node.op === '&&' || node.op === '||'
        ? node.args
        : node.op === '?:'
          ? [node.args[0]]
          : node.op === '!_'
            ? [node.args]
            : [];
    for (const operand of operands) {
      if (!looksAtSomething(operand))
        faults.push({
          code: 'PB012',
          message: 'this part is always the same',
          mend: 'leave it out',
          offset: operand.start,
        });
    }
    checkTypeName(node, faults);
    checkComparison(node, names, faults);
    checkType(node, names, faults);
  });
  checkTogether(root, names, faults);
  checkFacts(root, faults);
  checkPlaces(root, faults);
  return faults;
}
