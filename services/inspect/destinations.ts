/**
 * Where text or arguments point to: e-mail addresses, URLs, bare domains, IBANs, account and wallet numbers, telephone
 * numbers, file paths, handles and channels. Every value is given in a normal form, so that `HTTPS://Evil.Example/`,
 * `evil.example` and `evil[.]example` are one destination. Every pattern is linear: no quantifier stands inside another
 * one over the same characters.
 */
export const DESTINATION_KINDS = [
  'email',
  'url',
  'domain',
  'iban',
  'wallet',
  'phone',
  'path',
  'handle',
  'number',
] as const;
export type DestinationKind = (typeof DESTINATION_KINDS)[number];

export interface Destination {
  kind: DestinationKind;
  /** Normal form. */
  value: string;
  start: number;
  end: number;
}

/** Signs that a text may hold; most hold few of them, and each pattern needs some. */
const COLON = 1;
const SLASH = 2;
const POINT = 4;
const SIGN = 8;
const DIGIT = 16;
const CAPITAL = 32;
const PLUS = 64;
/** A slash or a backslash, which lead from one folder to another. */
const STEP = 128;
/** `@` or `#`. */
const MENTION = 256;
const POINT_BEFORE_LETTER = 512;

const SIGNS = new Uint16Array(128);
for (const [character, sign] of [
  [':', COLON],
  ['/', SLASH | STEP],
  ['\\', STEP],
  ['.', POINT],
  ['@', SIGN | MENTION],
  ['#', MENTION],
  ['+', PLUS],
] as const)
  SIGNS[character.charCodeAt(0)] = sign;
SIGNS.fill(DIGIT, 48, 58);
SIGNS.fill(CAPITAL, 65, 91);

function signsOf(text: string): number {
  let signs = 0;
  let behindPoint = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) {
      behindPoint = false;
      continue;
    }
    signs |= SIGNS[code] as number;
    if (behindPoint && (code | 32) >= 97 && (code | 32) <= 122) signs |= POINT_BEFORE_LETTER;
    behindPoint = code === 46;
  }
  return signs;
}

/** Kinds, their patterns, and the signs without which one cannot match. */
const PATTERNS: readonly (readonly [kind: DestinationKind, pattern: RegExp, needed: number])[] = [
  ['url', /\b(?:https?|ftp|wss?|s3|gs|ssh):\/\/[^\s"'<>`\\)\]}]{1,2000}/gi, COLON | SLASH],
  ['url', /\bwww\.[^\s"'<>`\\)\]}]{1,500}/gi, POINT],
  ['email', /[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g, SIGN | POINT],
  ['iban', /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g, DIGIT | CAPITAL],
  ['wallet', /\b(?:0x[0-9a-fA-F]{40}|bc1[a-z0-9]{20,60}|[13][1-9A-HJ-NP-Za-km-z]{25,34})\b/g, DIGIT],
  ['phone', /\+\d[\d ().-]{6,18}\d\b/g, PLUS | DIGIT],
  [
    'path',
    /(?:^|[\s"'(=:,])((?:~|\.{0,2})\/[\w.@-]{1,80}(?:\/[\w.@-]{1,80}){0,16}|[A-Za-z]:\\[\w.\\ -]{2,200})/g,
    STEP,
  ],
  [
    'path',
    /\b[\w-]{1,60}\.(?:txt|md|csv|json|ya?ml|xml|html?|pdf|docx?|xlsx?|pptx?|py|js|ts|sh|sql|env|pem|key|log|zip|tar|gz|png|jpe?g|conf|ini|db)\b/gi,
    POINT_BEFORE_LETTER,
  ],
  ['handle', /(?:^|[\s"'(])([@#][A-Za-z][\w.-]{1,60})/g, MENTION],
  [
    'domain',
    /\b(?:[a-z0-9-]{1,63}\.){1,6}(?:com|net|org|io|ai|dev|app|xyz|info|biz|me|co|ru|cn|de|fr|uk|eu|nl|it|es|pl|us|tk|top|site|online|example|test|local|onion|link|click|cloud)\b/gi,
    POINT_BEFORE_LETTER,
  ],
];

/** Text longer than this is read for destinations only at its beginning; spans and arguments are far shorter. */
const MAX_CHARS = 64_000;
const MAX_FOUND = 64;

/** The normal form of a destination of a kind. */
export function normalDestination(kind: DestinationKind, raw: string): string {
  switch (kind) {
    case 'email':
      return raw.toLowerCase().replace(/\.+$/, '');
    case 'url':
      return normalUrl(raw);
    case 'domain':
      return raw
        .toLowerCase()
        .replace(/^www\./, '')
        .replace(/\.+$/, '');
    case 'iban':
      return raw.replace(/ /g, '').toUpperCase();
    case 'phone':
      return raw.replace(/[^\d+]/g, '');
    case 'handle':
      return raw.toLowerCase();
    case 'path':
      // The point behind a path ends a sentence.
      return raw.replace(/(?<=[\w-])\.+$/, '');
    case 'wallet':
    case 'number':
      return raw;
  }
}

function normalUrl(raw: string): string {
  const trimmed = raw.replace(/[.,;:!?]+$/, '');
  const bare = trimmed.replace(/^[a-z0-9+.-]+:\/\//i, '');
  const cut = bare.search(/[/?#]/);
  const authority = cut < 0 ? bare : bare.slice(0, cut);
  const host = authority
    .slice(authority.lastIndexOf('@') + 1)
    .toLowerCase()
    .replace(/^www\./, '')
    .replace(/:(80|443)$/, '')
    .replace(/\.$/, '');
  const rest = cut < 0 ? '' : bare.slice(cut).replace(/\/+$/, '');
  return host + rest;
}

/** The host a URL, domain or e-mail destination belongs to; others have none. */
export function hostOf(destination: Pick<Destination, 'kind' | 'value'>): string | undefined {
  if (destination.kind === 'email') return destination.value.slice(destination.value.lastIndexOf('@') + 1);
  if (destination.kind === 'domain') return destination.value;
  if (destination.kind === 'url') return destination.value.split(/[/?#]/, 1)[0];
  return undefined;
}

/** What would let any pattern match at all; most texts of metadata have none of it. */
const HINT = /[@/#\\.+]|\d{4}|0x|bc1/;

/** Destinations named in a text, without repeats, in order of appearance; at most 64. */
export function destinationsIn(text: string): Destination[] {
  if (text.length < 3) return [];
  const head = text.length > MAX_CHARS ? text.slice(0, MAX_CHARS) : text;
  if (!HINT.test(head)) return [];
  const refanged = head.includes('[') ? head.replace(/\[(?:\.|dot)\]/gi, '.').replace(/\[(?:@|at)\]/gi, '@') : head;
  // Refanging changes offsets; they are only kept where the text was left alone.
  const exact = refanged.length === head.length;
  const found: Destination[] = [];
  const seen = new Set<string>();
  const taken: [number, number][] = [];
  const signs = signsOf(refanged);
  for (const [kind, pattern, needed] of PATTERNS) {
    if ((signs & needed) !== needed) continue;
    pattern.lastIndex = 0;
    for (
      let match = pattern.exec(refanged);
      match !== null && found.length < MAX_FOUND;
      match = pattern.exec(refanged)
    ) {
      const raw = match[1] ?? match[0];
      const start = match.index + match[0].indexOf(raw);
      const end = start + raw.length;
      if (taken.some(([from, to]) => start < to && end > from)) continue;
      const value = normalDestination(kind, raw);
      if (value.length < 3) continue;
      taken.push([start, end]);
      if (seen.has(value)) continue;
      seen.add(value);
      found.push({ kind, value, start: exact ? start : 0, end: exact ? end : head.length });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

const MAX_JSON = 20_000;

/** What a string holds that is a JSON object or list itself: arguments are handed on so. */
export function jsonInside(text: string): unknown {
  if (text.length > MAX_JSON || !/^\s*[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? (value ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

/** Every string and number in a JSON value, depth first, with its path; in JSON inside strings, too. Bounded in depth and number. */
export function leavesOf(value: unknown, limit = 200): { path: string; value: string }[] {
  const leaves: { path: string; value: string }[] = [];
  const visit = (node: unknown, path: string, depth: number): void => {
    if (leaves.length >= limit || depth > 12) return;
    if (typeof node === 'string') {
      const inner = jsonInside(node);
      if (inner === undefined) leaves.push({ path, value: node });
      else visit(inner, path, depth + 1);
    } else if (typeof node === 'number' || typeof node === 'boolean') leaves.push({ path, value: String(node) });
    else if (Array.isArray(node)) node.forEach((item, index) => visit(item, `${path}/${index}`, depth + 1));
    else if (node !== null && typeof node === 'object')
      for (const [key, item] of Object.entries(node)) visit(item, `${path}/${key}`, depth + 1);
  };
  visit(value, '', 0);
  return leaves;
}

const TARGET_KEY =
  /(^|_|\b)(to|recipients?|cc|bcc|url|uri|link|endpoint|host|domain|address|email|channel|user|username|account|iban|payee|beneficiary|destination|target|webhook|path|file|filename|file_path|participants?|invitees?)(_|\b|$)/i;

/** Whether a leaf's key says that its value is whom or what a call goes to (`recipient`, `url`, `file_path`, …). */
export function isTargetLeaf(path: string): boolean {
  return TARGET_KEY.test(path.replace(/\/\d+/g, '').split('/').pop() ?? '');
}

/**
 * The destinations a call's arguments name: those that look like one, and whatever stands under a key that says it is
 * (`recipient`, `channel`, `url`, …), in normal form.
 *
 * @param targetsOnly only the latter: what a call that keeps a text is told to keep is no place that it goes to
 */
export function destinationsOfArguments(args: unknown, targetsOnly = false): string[] {
  const values = new Set<string>();
  for (const leaf of leavesOf(args)) {
    const named = isTargetLeaf(leaf.path);
    if (targetsOnly && !named) continue;
    const inside = destinationsIn(leaf.value);
    for (const destination of inside) values.add(destination.value);
    if (named && inside.length === 0 && leaf.value.length >= 2 && leaf.value.length <= 200)
      values.add(leaf.value.trim().toLowerCase());
    if (values.size >= MAX_FOUND) break;
  }
  return [...values];
}
