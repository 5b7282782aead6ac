/**
 * What a browser could be made to send to a server on loopback, and why it is refused.
 *
 * - DNS rebinding: a page's own host name is pointed at 127.0.0.1, and its script then is "same origin" with us. Its
 *   requests carry that host name in `Host`, so a server on loopback answers only to loopback names and to the host of
 *   its public URL.
 * - Cross-site requests: browsers say where a request comes from in `Origin` and `Sec-Fetch-Site`. No page is served
 *   here, so none has business here. No CORS header is ever sent.
 */

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export interface HostRule {
  /** The address listened on. */
  bind: string;
  publicUrl?: string | undefined;
}

/** Why the request is refused; `undefined`: it is not. */
export function refusalOf(headers: Record<string, string | undefined>, rule: HostRule): string | undefined {
  const host = hostName(headers.host);
  if (host === undefined) return 'A Host header is needed';
  const publicHost = rule.publicUrl === undefined ? undefined : hostName(new URL(rule.publicUrl).host);
  const known = host === publicHost || LOOPBACK.test(host) || host === hostName(bracketed(rule.bind));
  const any = rule.bind === '0.0.0.0' || rule.bind === '::';
  // A server on every address cannot know its names; there TLS names the host and a token is always needed.
  if (!known && !any) return 'The Host header names another server';
  const origin = headers.origin;
  if (origin !== undefined && originHost(origin) !== host) return 'Requests from other origins are not answered';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'none' && site !== 'same-origin')
    return 'Requests from other sites are not answered';
  return undefined;
}

/** `Host` without its port, lower case; `undefined` where it is none. */
function hostName(host: string | undefined): string | undefined {
  if (host === undefined) return undefined;
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(host);
  return match?.[1]?.toLowerCase();
}

function originHost(origin: string): string | undefined {
  try {
    return hostName(new URL(origin).host);
  } catch {
    return undefined;
  }
}

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
