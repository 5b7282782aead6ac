/**
 * Data carried out in a link: written text packed into an address (base64 or hexadecimal, in its query, path or a label of
 * its name), in a call's arguments or in what the model answers. A link that is drawn sends what it carries to whoever
 * answers at its host, with nobody clicking (cf. CVE-2025-32711). A picture in an answer is such a link even where its
 * text is not packed.
 *
 * Tokens, signatures and identifiers pack noise: what does not unpack to written text is not stated, nor is a place the
 * user or the developer named.
 */
import type { TelemetryEvent } from '../../../schemas/event.js';
import { destinationsIn, hostOf, leavesOf } from '../../inspect/destinations.js';
import { looksWritten } from '../../inspect/reading.js';
import { normalWords } from '../provenance.js';
import { userContext } from '../user-words.js';
import type { Detector, Scope, Statement } from '../types.js';

const URLS = /\bhttps?:\/\/[^\s"'<>`\\)\]}]{12,4000}/gi;
const PICTURES =
  /!\[[^\]\n]{0,400}\]\(\s{0,4}(https?:\/\/[^\s)]{12,4000})|<img\b[^<>]{0,400}?\ssrc\s{0,4}=\s{0,4}["']?(https?:\/\/[^\s"'>]{12,4000})/gi;
/** 24 characters carry 18 bytes of base64: three or four words. */
const PACKED = /[A-Za-z0-9+/_-]{24,}={0,2}/g;
const SHORTEST = 24;
const HEX = /^(?:[0-9a-f]{2}){12,}$/i;
const WORDS = /\p{L}{2,}[^\p{L}]{1,4}\p{L}{2,}/u;
/** Plain words in a picture's address that are too many for a name. */
const PLAIN_WORDS = 6;
const MAX_TEXT = 64_000;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

interface Carried {
  host: string;
  text: string;
  how: 'packed' | 'plain';
}

/** Written text that an address carries, unpacked; nothing where it carries none. */
export function carriedBy(url: string, picture: boolean): Carried | undefined {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return undefined;
  }
  const host = parsed.hostname;
  const rest = `${parsed.pathname}${parsed.search}${parsed.hash}`;
  const labels = host.split('.').slice(0, -2).join('');
  for (const [packed] of [...decoded(rest).matchAll(PACKED), ...labels.matchAll(PACKED)]) {
    // A slash is a character of base64 and what parts of a path are told apart by.
    for (const piece of [packed, ...packed.split('/')]) {
      const text = piece.length >= SHORTEST ? unpacked(piece) : undefined;
      if (text !== undefined) return { host, text, how: 'packed' };
    }
  }
  if (!picture) return undefined;
  const plain = decoded(rest.slice(rest.indexOf('?') + 1)).replaceAll('+', ' ');
  const words = rest.includes('?') ? (plain.match(/\p{L}{2,}/gu) ?? []) : [];
  return words.length >= PLAIN_WORDS && WORDS.test(plain) ? { host, text: plain, how: 'plain' } : undefined;
}

function unpacked(packed: string): string | undefined {
  for (const encoding of HEX.test(packed) ? (['hex'] as const) : (['base64'] as const)) {
    try {
      const text = UTF8.decode(Buffer.from(packed, encoding));
      if (looksWritten(text) && WORDS.test(text)) return text;
    } catch {
      // Not text at all.
    }
  }
  return undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function carriedIn(event: TelemetryEvent): Carried | undefined {
  const texts =
    event.kind === 'model.output'
      ? [event.text ?? '']
      : event.kind === 'tool.call'
        ? leavesOf(event.arguments ?? {}, 60).map(({ value }) => value)
        : [];
  for (const whole of texts) {
    const text = whole.slice(0, MAX_TEXT);
    if (!text.includes('://')) continue;
    for (const match of text.matchAll(PICTURES)) {
      const found = carriedBy((match[1] ?? match[2]) as string, true);
      if (found !== undefined) return found;
    }
    for (const [url] of text.matchAll(URLS)) {
      const found = carriedBy(url, false);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The host stands in something suspicious that this conversation read. */
function isAskedFor(host: string, scope: Readonly<Scope>): boolean {
  return scope.facts.taints.some(
    (taint) =>
      taint.asksFor?.destinations.some((value) =>
        destinationsIn(value).some((destination) => hostOf(destination) === host),
      ) === true,
  );
}

export const covert: Detector = {
  name: 'covert',
  version: '1',
  finds: ['exfiltration.link'],
  kinds: ['tool.call', 'model.output'],
  needs: ['content'],
  baseline: false,
  judge(event, scope) {
    const carried = carriedIn(event);
    if (carried === undefined) return [];
    const user = userContext(scope.facts);
    if (user.words.includes(normalWords(carried.host))) return [];
    const asked = isAskedFor(carried.host, scope);
    const untrusted = scope.facts.taints.length > 0;
    const confidence = asked ? 0.92 : carried.how === 'packed' ? (untrusted ? 0.75 : 0.55) : untrusted ? 0.55 : 0.4;
    const statement: Statement = {
      type: 'exfiltration.link',
      title: `A link to ${carried.host} carries text out`,
      about: ['session', 'agent', 'user'],
      confidence,
      severity: asked ? 'high' : 'medium',
      evidence: {
        observed: carried.text.slice(0, 200),
        expected: 'links that carry no text of the conversation',
        eventIds: [event.id],
        facts: {
          destination: carried.host,
          packed: carried.how === 'packed',
          chars: carried.text.length,
          askedFor: asked,
          untrustedContent: untrusted,
        },
      },
      predicted: [{ tool: '*', destination: carried.host, probability: confidence }],
      atlas: ['AML.T0086', 'AML.T0077'],
      owasp: ['ASI02'],
      pillar: 'data',
    };
    return [statement];
  },
};
