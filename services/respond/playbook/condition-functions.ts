/** The functions that conditions may call besides CEL's own. All of them are linear in what they read. */
import { RE2JS } from 're2js';
import { SEVERITIES } from '../../../schemas/common.js';
import { canonicalPermit, permits } from '../../policy/destination-pattern.js';
import { canonicalHost } from '../../policy/destination.js';
import { glob } from '../../policy/glob.js';
import { addressOf, type AddressRange, isInRange, rangeOf } from './address-range.js';

/** A domain, or any other origin by its name, is in a list of domains (`*.` for sub-domains) or names. */
export function domainIn(name: string, list: Iterable<string>): boolean {
  const host = canonicalHost(name);
  for (const entry of list) if (entry === name || permits(canonicalPermit(entry), { host })) return true;
  return false;
}

const MAX_PATTERN = 1_000;
/** Longer texts are looked at up to here. */
const MAX_TEXT = 65_536;
const MAX_KEPT = 500;

/** Why a text is no pattern of RE2's syntax; `undefined`: it is one. */
export function patternFault(pattern: string): string | undefined {
  if (pattern.length > MAX_PATTERN) return `longer than ${MAX_PATTERN} characters`;
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const patterns = new Map<string, RE2JS>();

/** Whether a pattern of RE2's syntax is found anywhere in the text: automata, no backtracking (Cox 2007). */
export function re2(text: string, pattern: string): boolean {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    compiled = RE2JS.compile(pattern);
    if (patterns.size >= MAX_KEPT) patterns.clear();
    patterns.set(pattern, compiled);
  }
  return compiled.matcher(text.slice(0, MAX_TEXT)).find();
}

export function isCidr(range: string): boolean {
  return rangeOf(range) !== undefined;
}

const ranges = new Map<string, AddressRange | undefined>();

/** Whether a text is an IP address in a range; false for what is no address. */
export function cidr(text: string, range: string): boolean {
  const address = addressOf(text);
  if (!address) return false;
  if (!ranges.has(range)) {
    if (ranges.size >= MAX_KEPT) ranges.clear();
    ranges.set(range, rangeOf(range));
  }
  const compiled = ranges.get(range);
  return compiled !== undefined && isInRange(address, compiled);
}

export function severityAtLeast(given: string, least: string): boolean {
  return SEVERITIES.indexOf(given as 'low') >= SEVERITIES.indexOf(least as 'low');
}

function inAny(text: string, list: Iterable<string>): boolean {
  for (const range of list) if (cidr(text, range)) return true;
  return false;
}

/** By CEL signature. */
export const CONDITION_FUNCTIONS: readonly (readonly [string, (...values: never[]) => boolean])[] = [
  ['glob(string, string): bool', (text: string, pattern: string) => glob(pattern)(text)],
  ['domainIn(string, list<string>): bool', domainIn],
  ['cidr(string, string): bool', cidr],
  ['cidr(string, list<string>): bool', inAny],
  ['re2(string, string): bool', re2],
  ['severityAtLeast(string, string): bool', severityAtLeast],
];
