/**
 * Secrets and personal data of an unmistakable form in a text: keys with a known prefix, private keys, JSON web tokens,
 * passwords beside their name; e-mail addresses, telephone numbers, IBANs, card numbers (Luhn), social security numbers,
 * IP addresses. Pure. A secret or a name without such a form is not found, and whoever uses this says so.
 *
 * Every pattern is bounded, so that no text makes it slow.
 */

export type SensitiveKind = 'secrets' | 'pii';

export interface Stretch {
  start: number;
  end: number;
  what: string;
}

const SECRETS: readonly (readonly [string, RegExp])[] = [
  [
    'private key',
    /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s]{0,10000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g,
  ],
  ['token', /\beyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{0,2000}/g],
  ['key', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ['key', /\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)[-_A-Za-z0-9]{12,200}/g],
  [
    'key',
    /\b(?:ghp|gho|ghu|ghs|ghr|glpat|xox[abeprs]|npm|sd|hf|dop_v1|shpat|sq0[a-z]{3}|SG)[._-][A-Za-z0-9._-]{16,200}/g,
  ],
  ['key', /\bgithub_pat_[A-Za-z0-9_]{20,255}/g],
  ['key', /\bAIza[A-Za-z0-9_-]{35}/g],
  ['key', /\b(?:SharedAccessKey|AccountKey)=[A-Za-z0-9+/]{20,100}={0,2}/g],
  ['password', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,100}:[^\s/:@]{1,200}@/gi],
  [
    'password',
    /\b(?:password|passwd|pwd|passphrase|secret|client[_-]?secret|api[_-]?key|access[_-]?(?:token|key)|auth[_-]?token)["']? {0,3}[:=] {0,3}["']?[^\s"',;]{6,200}/gi,
  ],
  ['token', /\bBearer {1,3}[A-Za-z0-9._~+/-]{16,4000}/g],
];

const PII: readonly (readonly [string, RegExp])[] = [
  ['e-mail address', /[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g],
  ['account number', /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g],
  ['telephone number', /(?<![\w+])\+\d[\d ().-]{6,18}\d\b/g],
  // National forms: separated groups, so that plain numbers, dates and versions are left alone.
  [
    'telephone number',
    /(?<![\w.-])(?:\(\d{2,5}\)[ -]?|0\d{1,4}[ -])\d{2,4}(?:[ .-]?\d{2,4}){1,3}(?:x\d{1,6})?(?![\w-])/g,
  ],
  ['telephone number', /(?<![\w.-])(?:00\d{1,3}-|1-)?\d{3}([-. ])\d{3}\1\d{4}(?:x\d{1,6})?(?![\w-])/g],
  ['social security number', /(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g],
  ['IP address', /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.]\d)/g],
  ['IP address', /(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])/gi],
];
const CARD = /(?<![\d-])\d(?:[ -]?\d){11,18}(?![\d-])/g;

/** Where they stand, sorted, without overlaps: what overlaps is one stretch, so that no tail of one is left standing. */
export function sensitiveStretches(text: string, kinds: readonly SensitiveKind[]): Stretch[] {
  const found: Stretch[] = [];
  if (kinds.includes('secrets')) collect(found, text, SECRETS);
  if (kinds.includes('pii')) {
    collect(found, text, PII);
    for (const match of text.matchAll(CARD))
      if (luhn(match[0])) found.push({ start: match.index, end: match.index + match[0].length, what: 'card number' });
  }
  return withoutOverlaps(found, text.length);
}

/** The text with each stretch replaced by a word for what stood there. */
export function withoutStretches(text: string, stretches: readonly Stretch[]): string {
  let result = '';
  let from = 0;
  for (const { start, end, what } of stretches) {
    result += `${text.slice(from, start)}[removed: ${what}]`;
    from = end;
  }
  return result + text.slice(from);
}

export function withoutOverlaps(stretches: readonly Stretch[], length: number): Stretch[] {
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

function collect(into: Stretch[], text: string, patterns: readonly (readonly [string, RegExp])[]): void {
  for (const [what, pattern] of patterns)
    for (const match of text.matchAll(pattern))
      into.push({ start: match.index, end: match.index + match[0].length, what });
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
