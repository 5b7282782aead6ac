/** What CEL says of a condition, in words for whoever wrote it, and what to write instead. */
import { nearest } from '../../runtime/nearness.js';
import type { ConditionNames } from './condition-check.js';
import { CHOICES, CONDITION_FIELDS } from './condition-fields.js';
import { CONDITION_FUNCTIONS } from './condition-functions.js';

interface Words {
  message: string;
  mend: string | undefined;
}

/** CEL's own functions that a condition has a use for. */
const CEL_FUNCTIONS = [
  ...['contains', 'startsWith', 'endsWith', 'size', 'exists', 'exists_one', 'all', 'filter', 'map', 'has'],
  ...['lowerAscii', 'upperAscii', 'trim', 'split', 'join', 'indexOf', 'substring', 'string', 'double', 'int', 'bool'],
];
const OWN_FUNCTIONS = CONDITION_FUNCTIONS.map(([signature]) => signature.replace(/: bool$/, ''));

/** What people write who know another language, and what it is here. */
const HABITS: readonly (readonly [RegExp, string])[] = [
  [/\u201c|\u201d|\u2018|\u2019/, 'use straight quotes: "'],
  [/\bAND\b|\band\b/, 'write && for "and"'],
  [/\bOR\b|\bor\b/, 'write || for "or"'],
  [/\bNOT\b|\bnot\b/, 'write ! for "not"'],
  [/(?<![=!<>])=(?!=)/, 'compare with =='],
  [/<>/, 'write != for "is not"'],
  [/\bis\b/, 'compare with =='],
  [/[=<>]\s*(?:&&|\|\||\)|$)/, 'a comparison needs both sides'],
  [/&&\s*&&|\|\|\s*\|\||(?:&&|\|\|)\s*$/, 'something is missing beside && or ||'],
  [/=~|\blike\b/i, 'use glob(text, "*part*") or re2(text, "pattern")'],
];

/** Texts in quotes say nothing of the syntax. */
const withoutTexts = (text: string): string => text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');

/** How to mend a condition that cannot be parsed. */
export function mendOfSyntax(text: string): string {
  const bare = withoutTexts(text);
  const habit = HABITS.find(([pattern]) => pattern.test(bare));
  if (habit) return habit[1];
  const count = (character: string) => bare.split(character).length - 1;
  return count('(') === count(')') ? 'see docs/playbooks.md for what a condition may say' : 'each ( needs its )';
}

/** A function nobody knows, or one that is given something else than it takes. */
function ofCall(summary: string): Words | undefined {
  const found = /overload for '(?:[^'(]*\.)?(\w+)\(/.exec(summary);
  const name = found?.[1];
  if (name === undefined) return undefined;
  const own = OWN_FUNCTIONS.filter((signature) => signature.startsWith(`${name}(`));
  if (own.length > 0)
    return { message: `${name} is given something else than it takes`, mend: `write ${own.join(' or ')}` };
  if (CEL_FUNCTIONS.includes(name))
    return { message: `${name} is given something else than it takes (${summary})`, mend: 'see docs/playbooks.md' };
  const known = [...OWN_FUNCTIONS.map((signature) => signature.replace(/\(.*/, '')), ...CEL_FUNCTIONS];
  const guess = nearest(name, known);
  return {
    message: `there is no function "${name}"`,
    mend: guess ? `did you mean "${guess}"?` : `known: ${[...new Set(known)].join(', ')}`,
  };
}

function ofParamOrList(unknown: string, text: string, names: ConditionNames): Words | undefined {
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
  return undefined;
}

function ofName(unknown: string, text: string): Words {
  const message = `there is no "${unknown}" to look at`;
  // Compared with something, and no field follows: a text whose quotes are missing.
  const bare = new RegExp(`(?:[=!]=|\\bin)\\s*${unknown}\\b(?!\\s*[.(])`).test(withoutTexts(text));
  if (bare || Object.values(CHOICES).some((choices) => choices.includes(unknown)))
    return { message, mend: `a text stands in quotes: "${unknown}"` };
  const known = [
    ...Object.keys(CONDITION_FIELDS),
    ...Object.values(CONDITION_FIELDS).flatMap((fields) => Object.keys(fields)),
  ];
  const guess = nearest(unknown, known);
  return {
    message,
    mend: guess ? `did you mean "${guess}"?` : `known: ${Object.keys(CONDITION_FIELDS).join(', ')}, params, lists`,
  };
}

/** Words that were true or false in YAML 1.1, and are texts now. */
const OLD_BOOLEANS = /^(?:yes|no|on|off|y|n)$/i;

/** A parameter that was meant to be true or false. */
export function oldBooleanIn(text: string, { params }: Pick<ConditionNames, 'params'>): string | undefined {
  const found = Object.entries(params).find(
    ([name, value]) => typeof value === 'string' && OLD_BOOLEANS.test(value) && text.includes(`params.${name}`),
  );
  return found && `params.${found[0]} is the text "${String(found[1])}": write true or false`;
}

/** How to compare what cannot be compared so. */
function mendOfOverload(summary: string, text: string, names: ConditionNames): string {
  if (/\bnull\b/.test(summary)) return 'nothing is null here: a missing text is "", a missing number 0';
  if (/severity\s*[<>]/.test(text) && summary.includes('string'))
    return 'severities are compared by severityAtLeast(finding.severity, "medium")';
  return oldBooleanIn(text, names) ?? 'both sides must be of one kind: text with text, number with number (1.0, not 1)';
}

export function explained(summary: string, text: string, names: ConditionNames): Words {
  const unknown = /(?:No such key|Unknown variable): (\w+)/.exec(summary)?.[1];
  if (unknown !== undefined) return ofParamOrList(unknown, text, names) ?? ofName(unknown, text);
  return (
    ofCall(summary) ?? {
      message: summary,
      mend: summary.includes('overload')
        ? mendOfOverload(summary, text, names)
        : 'see docs/playbooks.md for what a condition may say',
    }
  );
}
