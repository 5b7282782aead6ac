/**
 * What calling a tool does to the world, told from its name, description and arguments.
 *
 * Where the name says nothing the description's first sentence does, then the names of the arguments. Nothing found:
 * `unknown`, which counts as side-effecting. The baseline policy's `tools` overrides all of it: names are a guess, an owner knows.
 */
import type { EffectClass } from '../../schemas/common.js';
import { commandEffects, programEffects } from './command-effects.js';
import { effectsOfStems } from './foreign-verbs.js';
import { operationOf } from './operations.js';
import { isPageAction, pageEffects } from './page-actions.js';
import { effectsOfName, namesAThing, wordsOf } from './tool-name.js';
import { effectOfWord } from './verb-effects.js';

export interface ToolFacts {
  name: string;
  description?: string | undefined;
  arguments?: unknown;
}

function ofDescription(description: string): Set<EffectClass> {
  const sentence = description.slice(0, 400).split(/[.\n]/, 1)[0] ?? '';
  const words = wordsOf(sentence).slice(0, 24);
  // "Returns recent payments" tells of them; "Return an item of an order" is something else.
  if (/^(?:returns|displays)$/.test(words[0] ?? '')) return new Set(['read']);
  const first = words.map(effectOfWord).find((effect) => effect !== undefined);
  return new Set(first === undefined ? [] : [first]);
}

const ARGUMENTS: readonly (readonly [RegExp, EffectClass])[] = [
  [/^(command|cmd|script|code|sql)$/i, 'execute'],
  [/^(recipients?|to|cc|bcc|channel|webhook)$/i, 'send'],
  [/^(amount|iban|account|payee)$/i, 'pay'],
  [/^(password|passphrase)$/i, 'authenticate'],
  [/^(content|body|patch)$/i, 'write'],
];

function ofArguments(args: unknown): Set<EffectClass> {
  const found = new Set<EffectClass>();
  if (args === null || typeof args !== 'object') return found;
  for (const key of Object.keys(args)) for (const [name, effect] of ARGUMENTS) if (name.test(key)) found.add(effect);
  return found;
}

const byName = new Map<string, readonly EffectClass[]>();
const UNKNOWN: readonly EffectClass[] = ['unknown'];

/**
 * The effects of a tool, most telling source first; never empty. `override` is what the baseline policy says of it.
 * Names are remembered (bounded), so that asking again costs a map look-up.
 */
export function toolEffects(tool: ToolFacts, override?: readonly EffectClass[]): readonly EffectClass[] {
  if (override !== undefined && override.length > 0) return override;
  const cached = byName.get(tool.name);
  if (cached !== undefined && cached.length > 0) return cached;
  if (cached === undefined) {
    const named = [...effectsOfName(tool.name)];
    if (byName.size >= 10_000) byName.clear();
    byName.set(tool.name, named);
    if (named.length > 0) return named;
  }
  const described = tool.description === undefined ? [] : [...ofDescription(tool.description)];
  if (described.length > 0) return described;
  const { foreign, fallback } = otherwise(tool.name);
  if (foreign.length > 0) return foreign;
  const argued = [...ofArguments(tool.arguments)];
  return argued.length > 0 ? argued : fallback;
}

/** Of names that are no verb's in English: what they say in another language, and what counts where nothing says more. */
interface Otherwise {
  foreign: readonly EffectClass[];
  fallback: readonly EffectClass[];
}
const otherwiseByName = new Map<string, Otherwise>();

function otherwise(name: string): Otherwise {
  const known = otherwiseByName.get(name);
  if (known !== undefined) return known;
  const made = { foreign: ofForeignName(name), fallback: namesAThing(name) ? READ : UNKNOWN };
  if (otherwiseByName.size >= 10_000) otherwiseByName.clear();
  otherwiseByName.set(name, made);
  return made;
}

const READ: readonly EffectClass[] = ['read'];

/** Verbs of reading in other languages, as tools are named with them: `correo_buscar`, `fluege_suchen`. */
const FOREIGN_READ =
  /(?:^|[^a-z])(?:such|finde|lese|lies|zeig|abruf|hole|pruef|busc|consult|leer|mostr|muestr|listar|obten|cherch|lire|affich|recuper|trouv|cerca|legg|mostra|trova|zoek|lees|toon|szuka|wyszuk|czyta|pokaz)/;

/** The effects of a tool that is named in another language than English. */
function ofForeignName(name: string): readonly EffectClass[] {
  const words = name
    .replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ')
    .replace(/[_.-]+/g, ' ')
    .toLowerCase();
  const found = [...effectsOfStems(words)];
  return found.length > 0 ? found : FOREIGN_READ.test(words) ? READ : [];
}

/**
 * The effects of one call: those of its tool, and those of the command or statement that its arguments hold. What an
 * `override` says of a tool holds for every call of it.
 */
export function callEffects(tool: ToolFacts, override?: readonly EffectClass[]): readonly EffectClass[] {
  const effects = toolEffects(tool, override);
  return override !== undefined && override.length > 0 ? effects : withArguments(tool.name, effects, tool.arguments);
}

const operating = new Map<string, boolean>();

/** Whether a call operates a page: `browser_click`, `computer {action: "type"}`. */
export function operatesPage(name: string, args?: unknown): boolean {
  if (isPageTool(name)) return true;
  const operation = operationOf(args);
  return operation !== undefined && !operation.http && isPageTool(`${name} ${operation.name}`);
}

/** {@link isPageAction} of a name; remembered as {@link toolEffects} is, since every call asks. */
function isPageTool(name: string): boolean {
  let operates = operating.get(name);
  if (operates === undefined) {
    operates = isPageAction(wordsOf(name));
    if (operating.size >= 10_000) operating.clear();
    operating.set(name, operates);
  }
  return operates;
}

/**
 * What one call does, of a tool with such effects: what the command in its arguments does comes to them (one that only reads
 * takes nothing away), and what is clicked or typed stands for them where the tool operates a page.
 */
export function withArguments(name: string, effects: readonly EffectClass[], args: unknown): readonly EffectClass[] {
  const operation = operationOf(args);
  const whole = operation === undefined ? name : `${name} ${operation.name}`;
  if (isPageTool(name) || (operation !== undefined && !operation.http && isPageTool(whole)))
    return pageEffects(wordsOf(whole), args, effectOfWord);
  const programmed = programEffects(name, args);
  if (programmed.length > 0) return programmed;
  const told = operation === undefined ? effects : ofOperation(name, effects, operation.name);
  const commanded = commandEffects(args).filter((effect) => effect !== 'read' && !told.includes(effect));
  return commanded.length === 0 ? told : [...told, ...commanded];
}

/** Words of names that say that something is done, and not what. */
const GENERAL =
  /^(?:invoke|execute|exec|run|call|perform|dispatch|do|use|apply|make|send|handle|process|tool|tools|action|actions|operation|operations|function|api|rest|http|https|request|requests|rpc|graphql|query|mutation|command|mcp|proxy|gateway|bridge|connector|app|apps|client|server|service|composio|zapier|v\d+)$/;

/** A general tool does what its operation says; another one that, too. */
function ofOperation(name: string, effects: readonly EffectClass[], operation: string): readonly EffectClass[] {
  const done = toolEffects({ name: operation });
  if (done.includes('unknown')) return effects;
  if (effects.includes('unknown') || wordsOf(name).every((word) => GENERAL.test(word))) return done;
  const more = done.filter((effect) => effect !== 'read' && !effects.includes(effect));
  return more.length === 0 ? effects : [...effects, ...more];
}

/** Whether a call only keeps what it is given, in a file or a note: what it holds goes nowhere by that. */
export function onlyKeeps(effects: readonly EffectClass[]): boolean {
  return effects.every((effect) => effect === 'write' || effect === 'read');
}

/** Whether any of the effects changes something or lets data out; `unknown` counts. */
export function isSideEffecting(effects: readonly EffectClass[]): boolean {
  return effects.some((effect) => effect !== 'read');
}
