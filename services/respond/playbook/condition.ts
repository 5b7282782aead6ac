/**
 * Conditions: CEL, compiled when the playbook is loaded and typed against what a condition may look at. Refused are
 * unknown fields, other results than true or false, regular expressions (`matches` runs on a backtracking engine), parts that
 * are always the same, and comparisons outside the range a value can have.
 */
import { Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { checkTree, type ConditionFault, type ConditionNames, type Param } from './condition-check.js';
import { CONDITION_FIELDS } from './condition-fields.js';
import { CONDITION_FUNCTIONS } from './condition-functions.js';
import { explanationOf } from './condition-explanation.js';
import { explained, mendOfSyntax, oldBooleanIn } from './condition-words.js';
import type { Condition } from './types.js';

export type { ConditionNames, Param } from './condition-check.js';
export type CompiledCondition =
  { ok: true; condition: Condition; warnings: ConditionFault[] } | { ok: false; faults: ConditionFault[] };

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
            mend: oldBooleanIn(text, names) ?? 'compare it with something: >= 0.5, == "text"',
            offset: 0,
          },
        ],
      };
    const told = checkTree(parsed.ast, names);
    const faults = told.filter(({ severity }) => severity === undefined);
    if (faults.length > 0) return { ok: false, faults };
    const { params, lists } = names;
    return {
      ok: true,
      warnings: told,
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
    const offset = error.range?.start ?? 0;
    return { ok: false, faults: [{ code: 'PB010', message: error.summary, mend: mendOfSyntax(text), offset }] };
  }
}
