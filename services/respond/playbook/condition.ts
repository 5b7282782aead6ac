/**
 * Conditions: CEL, compiled when the playbook is loaded and typed against what a condition may look at. Refused are
 * unknown fields, other results than true or false, regular expressions (`matches` runs on a backtracking engine), parts that
 * are always the same, and comparisons outside the range a value can have.
 */
import { Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { nearest } from '../../runtime/nearness.js';
import { checkTree, type ConditionFault, type ConditionNames, type Param } from './condition-check.js';
import { CONDITION_FIELDS } from './condition-fields.js';
import { CONDITION_FUNCTIONS } from './condition-functions.js';
import { explanationOf } from './condition-explanation.js';
import type { Condition } from './types.js';

export type { ConditionNames, Param } from './condition-check.js';
export type CompiledCondition = { ok: true; condition: Condition } | { ok: false; faults: ConditionFault[] };

const LIMITS = { maxAstNodes: 400, maxDepth: 30, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 8 };

function typeOfParam(value: Param): string {
  if (typeof value === 'number') return 'double';
  if (typeof value === 'string') return 'string';
  return typeof value === 'boolean' ? 'bool' : 'list<string>';
}

const BASE = (() => {
  const environment = new Environment({ limits: LIMITS });
  for (const [name, schema] of Object.entries(CONDITION_FIELDS)) environment.registerVariable({ name, schema });
  for (const [signature, run] of CONDITION_FUNCTIONS) environment.registerFunction(signature, run);
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

/** What CEL says of a condition, in words for whoever wrote it, and how to mend it. */
function explained(
  summary: string,
  text: string,
  names: ConditionNames,
): { message: string; mend: string | undefined } {
  const unknown = /(?:No such key|Unknown variable): (\w+)/.exec(summary)?.[1];
  if (unknown === undefined)
    return {
      message: summary,
      mend: summary.includes('overload')
        ? 'both sides must be of one kind: text with text, number with number (1.0, not 1)'
        : 'see docs/playbooks.md for what a condition may say',
    };
  for (const [root, noun, where] of [
    ['params', 'parameter', 'params'],
    ['lists', 'list', 'overrides.yaml: lists'],
  ] as const) {
    const name = unknown === root ? new RegExp(`\\b${root}\\.(\\w+)`).exec(text)?.[1] : unknown;
    if (name === undefined || !text.includes(`${root}.${name}`)) continue;
    const guess = nearest(name, Object.keys(names[root]));
    return {
      message: `there is no ${noun} "${name}"`,
      mend: guess ? `did you mean "${guess}"?` : `declare it in ${where}: {${name}: …}`,
    };
  }
  const known = [
    ...Object.keys(CONDITION_FIELDS),
    ...Object.values(CONDITION_FIELDS).flatMap((fields) => Object.keys(fields)),
  ];
  const guess = nearest(unknown, known);
  return {
    message: `there is no "${unknown}" to look at`,
    mend: guess ? `did you mean "${guess}"?` : `known: ${Object.keys(CONDITION_FIELDS).join(', ')}, params, lists`,
  };
}

export function messageOf(error: unknown): string {
  if (error instanceof EvaluationError) return error.summary;
  return error instanceof Error ? error.message : String(error);
}

export function compileCondition(text: string, names: ConditionNames): CompiledCondition {
  const environment = environmentOf(names);
  try {
    const parsed = environment.parse(text);
    const check = parsed.check();
    if (!check.valid) {
      const { message, mend } = explained(check.error?.summary ?? 'it does not fit together', text, names);
      return {
        ok: false,
        faults: [{ code: 'PB011', message, ...(mend ? { mend } : {}), offset: check.error?.range?.start ?? 0 }],
      };
    }
    if (check.type !== 'bool')
      return {
        ok: false,
        faults: [
          {
            code: 'PB011',
            message: `a condition is true or false, this is ${check.type ?? 'unknown'}`,
            mend: 'compare it with something: >= 0.5, == "text"',
            offset: 0,
          },
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
            return { error: messageOf(error) };
          }
        },
        explain: (context) => explanationOf(parsed.ast, text, environment, { ...context, params, lists }),
      },
    };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { ok: false, faults: [{ code: 'PB010', message: error.summary, offset: error.range?.start ?? 0 }] };
  }
}
