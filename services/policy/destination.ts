/**
 * Where a call's data would go, read from its arguments.
 *
 * Every URL and e-mail address anywhere in the arguments is a destination, also inside longer texts: a link in a mail
 * carries data out when it is drawn. A bare name (`evil.example`, `10.0.0.7`) is one where its key says so (`host`,
 * `url`, `to`, …), because `notes.txt` looks like a name too. Parsing is the WHATWG URL parser's, so that user
 * information, odd IPv4 spellings, backslashes, case and international names end as the host that would be dialled.
 */
import { domainToASCII } from 'node:url';

export interface Destination {
  /** ASCII, lower case, no trailing dot; IPv6 in brackets. `!` where a URL could not be read: it matches no permission. */
  host: string;
  /** The whole e-mail address, lower case, where it is one. */
  address?: string;
}

export interface Destinations {
  found: readonly Destination[];
  /** Texts as they stand, for destinations that are neither host nor address (account numbers, channel names). */
  texts: readonly string[];
  /** Set where the arguments were too big to read to the end. */
  truncated: boolean;
}

const MAX_LEAVES = 2000;
const MAX_CHARS = 65_536;
const MAX_DEPTH = 32;
/** Unreadable host: never permitted, never equal to another. */
export const UNREADABLE = '!';

const URL_LIKE =
  /(?:(?:https?|wss?|ftp):[\\/]*|[a-z][a-z0-9+.-]{0,30}:[\\/]{2}|(?<![\w:])[\\/]{2}(?=[^\s\\/]+\.))[^\s"'<>`]+/gi;
const ADDRESS_LIKE = /[^\s@<>"',;:()[\]\\]{1,64}@[^\s@<>"',;:()\\/?#]{1,255}/g;
const HOST_KEY =
  /host|domain|url|uri|link|endpoint|server|webhook|site|origin|destination|address|recipient|^(?:to|cc|bcc|href|target)$/i;
const BARE_HOST =
  /^[\p{L}\p{N}](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?(?:[.\u3002\uff0e\uff61][\p{L}\p{N}](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?)+\.?(?::\d{1,5})?(?:[/?#].*)?$/u;

/** The same hosts come again and again, and a URL parser is dear: the newest are kept. */
const HOSTS = new Map<string, string>();
const HOSTS_LIMIT = 4096;
/** Longer ones are no names, and would make the memory unbounded. */
const LONGEST_HOST = 255;

/** The host as it would be dialled; `!` where there is none. */
export function canonicalHost(text: string): string {
  const known = HOSTS.get(text);
  if (known !== undefined) return known;
  const host = dialledHost(text);
  if (text.length <= LONGEST_HOST) {
    if (HOSTS.size >= HOSTS_LIMIT) HOSTS.clear();
    HOSTS.set(text, host);
  }
  return host;
}

function dialledHost(text: string): string {
  const bare = text.trim().replace(/[.\u3002\uff0e\uff61]+$/, '');
  if (bare === '') return UNREADABLE;
  try {
    // Through a special scheme, so that 0x7f.1 and 2130706433 become the address they stand for.
    const host = new URL(
      `http://${bare.includes(':') && !bare.startsWith('[') && bare.split(':').length > 2 ? `[${bare}]` : bare}/`,
    ).hostname;
    return host.replace(/\.+$/, '').toLowerCase() || UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

function hostOfUrl(text: string): string {
  const readable = text.replace(/[),.;!?\]}]+$/, '');
  const relative = /^[\\/]{2}/.test(readable) ? `https:${readable}` : readable;
  try {
    const url = new URL(relative);
    // Schemes that the parser does not know keep their host as written: read it again as a web host.
    return url.hostname === '' ? UNREADABLE : canonicalHost(url.hostname);
  } catch {
    return UNREADABLE;
  }
}

function readText(text: string, key: string, add: (destination: Destination) => void): void {
  let rest = text;
  if (/[:\\/]/.test(text)) {
    for (const match of text.matchAll(URL_LIKE)) {
      if (/^mailto:/i.test(match[0])) continue;
      add({ host: hostOfUrl(match[0]) });
    }
    rest = text.replace(URL_LIKE, ' ');
  }
  if (rest.includes('@')) {
    for (const match of rest.matchAll(ADDRESS_LIKE)) {
      const [local = '', domain = ''] = match[0].split('@');
      const host = canonicalHost(domain);
      add({ host, address: `${local.toLowerCase()}@${host}` });
    }
    rest = rest.replace(ADDRESS_LIKE, ' ');
  }
  if (!HOST_KEY.test(key)) return;
  for (const token of rest.split(/[\s,;]+/, 64)) {
    if (BARE_HOST.test(token) || /^\[?[0-9a-f:]*:[0-9a-f:.]+\]?$/i.test(token))
      add({ host: canonicalHost(token.replace(/(?<!:)[/?#].*$/, '')) });
  }
}

/**
 * Reads arguments to the end or to its bounds: {@link MAX_LEAVES} values, {@link MAX_CHARS} characters, {@link MAX_DEPTH} levels.
 *
 * @param named destinations that the caller names beside the arguments
 * @param aimedOnly running text is left out unless its key says that it is a destination: what a note or a file mentions is no
 *   place that the call goes to
 */
export function destinationsOf(
  args: unknown,
  named: readonly string[] = [],
  { aimedOnly = false }: { aimedOnly?: boolean } = {},
): Destinations {
  const found = new Map<string, Destination>();
  const texts: string[] = [];
  let leaves = 0;
  let chars = 0;
  let truncated = false;
  const add = (destination: Destination) => found.set(destination.address ?? destination.host, destination);
  const visit = (value: unknown, key: string, depth: number): void => {
    if (truncated) return;
    if (depth > MAX_DEPTH || leaves >= MAX_LEAVES) {
      truncated = true;
    } else if (typeof value === 'string') {
      leaves += 1;
      chars += value.length;
      if (chars > MAX_CHARS) {
        truncated = true;
        return;
      }
      if (aimedOnly && !HOST_KEY.test(key) && /\s/.test(value.trim())) return;
      texts.push(value);
      readText(value, key, add);
    } else if (typeof value === 'number' || typeof value === 'bigint') {
      leaves += 1;
      texts.push(String(value));
    } else if (Array.isArray(value)) {
      for (const item of value) visit(item, key, depth + 1);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) {
        visit(item, name, depth + 1);
        // Names can carry an address as well as values can.
        if (name.includes('@') || name.includes('://')) readText(name, '', add);
      }
    }
  };
  visit(args, '', 0);
  for (const name of named) readText(name, 'host', add);
  return { found: [...found.values()], texts: [...texts, ...named], truncated };
}

/** What is equal for a person typing an account number: letters and digits only, lower case. */
export function plainText(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

/** ASCII form of a domain for patterns; the text itself where it is no domain. */
export function asciiDomain(domain: string): string {
  const trimmed = domain.trim().toLowerCase().replace(/\.+$/, '');
  return domainToASCII(trimmed) || trimmed;
}
