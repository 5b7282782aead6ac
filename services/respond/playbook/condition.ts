/**
 * Conditions: CEL, compiled when the playbook is loaded and typed against what a condition may look at. Refused are
 * unknown fields, other results than true or false, regular expressions (`matches` runs on a backtracking engine), parts that
 * are always the same, and comparisons outside the range a value can have.
 */
import { type ASTNode, Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { PILLARS, SEVERITIES, TRUSTS } from '../../../schemas/common.js';
import { canonicalPermit, permits } from '../../policy/destination-pattern.js';
import { canonicalHost } from '../../policy/destination.js';
import { glob } from '../../policy/glob.js';
import { nearest } from '../../runtime/nearness.js';
import type { DiagnosticCode } from './diagnostic.js';
import type { Condition, ConditionContext } from './types.js';

export type Param = number | string | boolean | readonly string[];
export interface ConditionNames {
  params: Readonly<Record<string, Param>>;
  lists: Readonly<Record<string, readonly string[]>>;
}

export interface ConditionFault {
  code: DiagnosticCode;
  message: string;
  mend?: string;
  /** Characters from the beginning of the condition. */
  offset: number;
}
export type CompiledCondition = { ok: true; condition: Condition } | { ok: false; faults: ConditionFault[] };

/** What a condition may look at, with CEL's types. The same names as {@link ConditionContext}. */
export const CONDITION_FIELDS = {
  finding: {
    id: 'string',
    type: 'string',
    title: 'string',
    detector: 'string',
    confidence: 'double',
    severity: 'string',
    trust: 'string',
    pillar: 'string',
    tool: 'string',
    model: 'string',
    origin: 'string',
    learning: 'bool',
    observed: 'string',
    value: 'double',
    sampleSize: 'double',
    atlas: 'list<string>',
    owasp: 'list<string>',
    predicted: 'list<map<string, dyn>>',
    facts: 'map<string, dyn>',
  },
  risk: { entity: 'double', session: 'double', agent: 'double', user: 'double', corroboration: 'double' },
  session: { id: 'string' },
  agent: { id: 'string', blueprint: 'string' },
  user: { id: 'string' },
  alert: { id: 'string', title: 'string', state: 'string' },
} as const satisfies Record<keyof ConditionContext, Record<string, string>>;

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  'finding.confidence': [0, 1],
  'risk.entity': [0, 100],
  'risk.session': [0, 100],
  'risk.agent': [0, 100],
  'risk.user': [0, 100],
  'risk.corroboration': [0, 100],
  'finding.sampleSize': [0, Infinity],
};
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  'finding.severity': SEVERITIES,
  'finding.trust': TRUSTS,
  'finding.pillar': PILLARS,
  'alert.state': ['new', 'active', 'resolved'],
};

const LIMITS = { maxAstNodes: 400, maxDepth: 30, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 8 };

function typeOfParam(value: Param): string {
  if (typeof value === 'number') return 'double';
  if (typeof value === 'string') return 'string';
  return typeof value === 'boolean' ? 'bool' : 'list<string>';
}

/** A domain, or any other origin by its name, is in a list of domains (`*.` for sub-domains) or names. */
function domainIn(name: string, list: Iterable<string>): boolean {
  const host = canonicalHost(name);
  for (const entry of list) if (entry === name || permits(canonicalPermit(entry), { host })) return true;
  return false;
}

const BASE = (() => {
  const environment = new Environment({ limits: LIMITS });
  for (const [name, schema] of Object.entries(CONDITION_FIELDS)) environment.registerVariable({ name, schema });
  environment.registerFunction('glob(string, string): bool', (text: string, pattern: string) => glob(pattern)(text));
  environment.registerFunction('domainIn(string, list<string>): bool', domainIn);
  environment.registerFunction(
    'severityAtLeast(string, string): bool',
    (given: string, least: string) => SEVERITIES.indexOf(given as 'low') >= SEVERITIES.indexOf(least as 'low'),
  );
  return environment;
})();

function environmentOf(names: ConditionNames): Environment {
  const environment = BASE.clone();
  const params = Object.fromEntries(Object.entries(names.params).map(([name, value]) => [name, typeOfParam(value)]));
  const lists = Object.fromEntries(Object.keys(names.lists).map((name) => [name, 'list<string>']));
  // A map without any field cannot be declared: the first use of one is then an unknown variable, which is right.
  if (Object.keys(params).length > 0) environment.registerVariable({ name: 'params', schema: params });
  if (Object.keys(lists).length > 0) environment.registerVariable({ name: 'lists', schema: lists });
  return environment;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function children(node: ASTNode): ASTNode[] {
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
function pathOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return undefined;
  const [base, field] = node.args;
  const path = pathOf(base);
  return path === undefined ? undefined : `${path}.${field}`;
}

/** A number or text that is known when the playbook is loaded: a literal, or a parameter. */
function knownValue(node: ASTNode, names: ConditionNames): number | string | undefined {
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
        offset: node.start,
      });
  }
  const choices = CHOICES[field];
  if (choices && typeof value === 'string' && !choices.includes(value)) {
    const guess = nearest(value, choices);
    faults.push({
      code: 'PB013',
      message: `${field} is never "${value}"`,
      mend: guess ? `did you mean "${guess}"?` : `it is one of ${choices.join(', ')}`,
      offset: node.start,
    });
  }
}

function checkTree(root: ASTNode, names: ConditionNames): ConditionFault[] {
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
        mend: 'use glob(text, "*part*"), contains, startsWith or endsWith',
        offset: node.start,
      });
    }
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
    checkComparison(node, names, faults);
  });
  return faults;
}

function suggestion(summary: string, text: string, names: ConditionNames): string | undefined {
  const unknown = /(?:No such key|Unknown variable): (\w+)/.exec(summary)?.[1];
  if (unknown === undefined) return undefined;
  const known = [
    ...Object.keys(CONDITION_FIELDS),
    ...Object.values(CONDITION_FIELDS).flatMap((fields) => Object.keys(fields)),
    ...Object.keys(names.params),
    ...Object.keys(names.lists),
    'params',
    'lists',
  ];
  if (text.includes(`params.${unknown}`)) return `declare it: params: {${unknown}: …}`;
  if (text.includes(`lists.${unknown}`)) return `declare it in overrides.yaml: lists: {${unknown}: […]}`;
  const guess = nearest(unknown, known);
  return guess ? `did you mean "${guess}"?` : undefined;
}

export function compileCondition(text: string, names: ConditionNames): CompiledCondition {
  const environment = environmentOf(names);
  try {
    const parsed = environment.parse(text);
    const check = parsed.check();
    if (!check.valid) {
      const summary = check.error?.summary ?? 'it does not fit together';
      const mend = suggestion(summary, text, names);
      return {
        ok: false,
        faults: [
          { code: 'PB011', message: summary, ...(mend ? { mend } : {}), offset: check.error?.range?.start ?? 0 },
        ],
      };
    }
    if (check.type !== 'bool')
      return {
        ok: false,
        faults: [
          { code: 'PB011', message: `a condition is true or false, this is ${check.type ?? 'unknown'}`, offset: 0 },
        ],
      };
    const faults = checkTree(parsed.ast, names);
    if (faults.length > 0) return { ok: false, faults };
    const { params, lists } = names;
    return {
      ok: true,
      condition: {
        text,
        evaluate(context) {
          try {
            return { matched: parsed({ ...context, params, lists }) === true };
          } catch (error) {
            return {
              error:
                error instanceof EvaluationError
                  ? error.summary
                  : error instanceof Error
                    ? error.message
                    : String(error),
            };
          }
        },
      },
    };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { ok: false, faults: [{ code: 'PB010', message: error.summary, offset: error.range?.start ?? 0 }] };
  }
}
