/**
 * Patterns for destinations, in two readings.
 *
 * **Permit** (`egress.allow`): `contoso.example` is that host and no other; `*.contoso.example` is every sub-domain and not
 * the name itself; `ann@contoso.example` is one address; a host permits every address at it; `*` permits everything.
 *
 * **Restrict** (`destinations` of a tool control): a host also stands for its sub-domains (wider is safer here) and is
 * found wherever a text names it; an address stands for itself; anything else is compared as letters and digits with the values of the arguments, so that an
 * account number is found however it is spaced.
 */
import {
  asciiDomain,
  canonicalHost,
  type Destination,
  type Destinations,
  destinationsOf,
  plainText,
  UNREADABLE,
} from './destination.js';

/** One spelling for one meaning. */
export function canonicalPermit(pattern: string): string {
  const text = pattern.trim().toLowerCase();
  if (/^\*+$/.test(text)) return '*';
  const at = text.lastIndexOf('@');
  if (at >= 0) return `${text.slice(0, at)}@${canonicalHost(text.slice(at + 1))}`;
  if (text.startsWith('*.')) return `*.${asciiDomain(text.slice(2))}`;
  return canonicalHost(text.replace(/^[a-z][a-z0-9+.-]*:\/\//, '').replace(/\/.*$/, ''));
}

/** Does `wide` permit all that `narrow` permits? Both canonical. */
export function permitCovers(wide: string, narrow: string): boolean {
  if (wide === '*' || wide === narrow) return true;
  if (narrow === '*') return false;
  const at = narrow.lastIndexOf('@');
  if (at >= 0) return permitCovers(wide, narrow.slice(at + 1));
  if (!wide.startsWith('*.')) return false;
  const suffix = wide.slice(1);
  return narrow.startsWith('*.')
    ? narrow.slice(1).endsWith(suffix)
    : narrow.endsWith(suffix) && narrow.length > suffix.length;
}

export function permits(pattern: string, destination: Destination): boolean {
  if (pattern === '*') return true;
  const { host, address } = destination;
  if (host === UNREADABLE) return false;
  // What permitCovers says of `address ?? host`, without taking either apart again.
  return pattern === host || pattern === address || coversSubdomain(pattern, host);
}

const STAR = 42;
const DOT = 46;

/** `*.contoso.example` and `a.contoso.example`; the name itself is no sub-domain. */
function coversSubdomain(pattern: string, host: string): boolean {
  if (pattern.charCodeAt(0) !== STAR || pattern.charCodeAt(1) !== DOT) return false;
  const begin = host.length - pattern.length + 1;
  return begin > 0 && host.charCodeAt(begin) === DOT && host.startsWith(pattern.slice(1), begin);
}

const HOST_SHAPE = /^(?:\[[0-9a-f:.]+\]|[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+)\.?$/iu;

/** One spelling for one meaning; `text:` marks what is neither host nor address. */
export function canonicalRestrict(pattern: string): string {
  const text = pattern.trim();
  if (/^[a-z][a-z0-9+.-]*:[\\/]{2}/i.test(text)) {
    const host = destinationsOf(text).found[0]?.host;
    if (host !== undefined && host !== UNREADABLE) return host;
  }
  const address = /^(?:mailto:)?([^\s@]+)@([^\s@]+)$/i.exec(text);
  if (address) return `${(address[1] ?? '').toLowerCase()}@${canonicalHost(address[2] ?? '')}`;
  const host = text
    .replace(/^\*\./, '')
    .replace(/[/?#].*$/, '')
    .replace(/:\d{1,5}$/, '');
  if (HOST_SHAPE.test(host) && canonicalHost(host) !== UNREADABLE) return canonicalHost(host);
  return `text:${plainText(text)}`;
}

/** Does `wide` restrict all that `narrow` restricts? Both canonical. */
export function restrictCovers(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  if (wide.startsWith('text:') || narrow.startsWith('text:') || wide.includes('@')) return false;
  const host = narrow.slice(narrow.lastIndexOf('@') + 1);
  return host === wide || host.endsWith(`.${wide}`);
}

/** Shorter texts would be found inside unrelated values. */
const LEAST_CONTAINED = 8;

export function restricts(pattern: string, destinations: Destinations): boolean {
  if (!pattern.startsWith('text:'))
    return (
      destinations.found.some((destination) => restrictCovers(pattern, destination.address ?? destination.host)) ||
      (!pattern.includes('@') && destinations.texts.some((text) => mentions(text, pattern)))
    );
  const wanted = pattern.slice(5);
  if (wanted === '') return false;
  return destinations.texts.some((text) => {
    const plain = plainText(text);
    return plain === wanted || (wanted.length >= LEAST_CONTAINED && plain.includes(wanted));
  });
}

const INSIDE_NAME = /[\p{L}\p{N}_-]/u;

/** Whether a text names a host or one of its sub-domains in passing ("sign up at evil.example"): what is told there leads there. */
function mentions(text: string, host: string): boolean {
  const lower = text.toLowerCase();
  for (let at = lower.indexOf(host); at >= 0; at = lower.indexOf(host, at + 1)) {
    const behind = lower.slice(at + host.length, at + host.length + 2);
    if (at > 0 && INSIDE_NAME.test(lower[at - 1] as string)) continue;
    // `evil.example.com` is another host; `evil.example.` ends a sentence.
    if (behind !== '' && (INSIDE_NAME.test(behind[0] as string) || /^\.[\p{L}\p{N}]/u.test(behind))) continue;
    return true;
  }
  return false;
}
