/**
 * What a model is not shown of a text (`data.mask`). Pure.
 *
 * `suspicious-spans` takes out what inspection found; where the text was not read, nothing is known to be harmless and
 * all of it goes. `secrets` and `pii` take out what has an unmistakable form: keys with a known prefix, private keys,
 * JSON web tokens; e-mail addresses, international telephone numbers, IBANs, card numbers (Luhn). A secret or a name
 * without such a form stays, and the answer's `notChecked` says so.
 */
import type { Skip } from '../../schemas/common.js';
import type { Inspection } from '../../schemas/inspection.js';
import type { Masked } from '../policy/controls.js';

export interface MaskedText {
  text: string;
  /** How many stretches were taken out. 0: the text is whole. */
  removed: number;
  notChecked: Skip[];
}

interface Stretch {
  start: number;
  end: number;
  what: string;
}

/** A span below this is not taken out: inspection reports faint ones too. */
export const SUSPICIOUS_FROM = 0.3;

const SECRETS: readonly (readonly [string, RegExp])[] = [
  [
    'private key',
    /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s]{0,10000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g,
  ],
  ['token', /\beyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{0,2000}/g],
  ['key', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ['key', /\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)[-_A-Za-z0-9]{12,200}/g],
  ['key', /\b(?:ghp|gho|ghu|ghs|ghr|glpat|xox[abprs]|npm|sd)[_-][A-Za-z0-9_-]{16,200}/g],
  ['key', /\bAIza[A-Za-z0-9_-]{35}/g],
  [
    'password',
    /\b(?:password|passwd|pwd|passphrase|secret|api[_-]?key|access[_-]?token)["']? {0,3}[:=] {0,3}["']?[^\s"',;]{6,200}/gi,
  ],
];
const PII: readonly (readonly [string, RegExp])[] = [
  ['e-mail address', /[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g],
  ['account number', /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g],
  ['telephone number', /\+\d[\d ().-]{6,18}\d\b/g],
];
const CARD = /\b\d(?:[ -]?\d){12,18}\b/g;

export function mask(text: string, what: readonly Masked[], inspection: Inspection | undefined): MaskedText {
  if (what.includes('all')) return { text: '[withheld]', removed: 1, notChecked: [] };
  const stretches: Stretch[] = [];
  const notChecked: Skip[] = [];
  if (what.includes('suspicious-spans')) {
    if (inspection === undefined || inspection.verdict.kind === 'skipped') {
      const reason = inspection?.verdict.kind === 'skipped' ? inspection.verdict.reason : 'the text was not inspected';
      return { text: '[withheld: not inspected]', removed: 1, notChecked: [{ check: 'inspection', reason }] };
    }
    for (const span of inspection.verdict.spans)
      if (span.probability >= SUSPICIOUS_FROM)
        stretches.push({ start: span.start, end: span.end, what: span.suspicion });
  }
  if (what.includes('secrets')) {
    collect(stretches, text, SECRETS);
    if (inspection?.verdict.kind === 'read')
      for (const span of inspection.verdict.spans)
        if (span.suspicion === 'credential' && span.probability >= SUSPICIOUS_FROM)
          stretches.push({ start: span.start, end: span.end, what: 'credential' });
    notChecked.push({ check: 'data.mask secrets', reason: 'only secrets of a known form are found' });
  }
  if (what.includes('pii')) {
    collect(stretches, text, PII);
    for (const match of text.matchAll(CARD))
      if (luhn(match[0]))
        stretches.push({ start: match.index, end: match.index + match[0].length, what: 'card number' });
    notChecked.push({ check: 'data.mask pii', reason: 'only personal data of a known form is found' });
  }
  const merged = merge(stretches, text.length);
  return { text: replace(text, merged), removed: merged.length, notChecked };
}

function collect(into: Stretch[], text: string, patterns: readonly (readonly [string, RegExp])[]): void {
  for (const [what, pattern] of patterns)
    for (const match of text.matchAll(pattern))
      into.push({ start: match.index, end: match.index + match[0].length, what });
}

/** Overlapping stretches become one, so that no tail of one is left standing. */
function merge(stretches: Stretch[], length: number): Stretch[] {
  const sorted = stretches
    .map(({ start, end, what }) => ({ start: Math.max(0, start), end: Math.min(length, end), what }))
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start);
  const merged: Stretch[] = [];
  for (const stretch of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && stretch.start <= last.end) last.end = Math.max(last.end, stretch.end);
    else merged.push(stretch);
  }
  return merged;
}

function replace(text: string, stretches: Stretch[]): string {
  let result = '';
  let from = 0;
  for (const { start, end, what } of stretches) {
    result += `${text.slice(from, start)}[removed: ${what}]`;
    from = end;
  }
  return result + text.slice(from);
}

/** ISO/IEC 7812-1 annex B. */
function luhn(number: string): boolean {
  const digits = [...number.replace(/\D/g, '')].reverse().map(Number);
  const sum = digits.reduce(
    (total, digit, at) => total + (at % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2),
    0,
  );
  return sum % 10 === 0;
}
