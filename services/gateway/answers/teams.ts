/**
 * An outgoing webhook of Microsoft Teams: somebody mentions it, Teams posts the message with `Authorization: HMAC …`, the
 * base64 HMAC-SHA256 of the body under the security token (base64 too) that Teams showed when the webhook was made. The
 * time stands in the body, and so is signed with it. Pure.
 */
import { answerIn, HOW, type ReadAnswer, type SignedRequest, staleness } from './answer.js';
import { hmac, same } from './digest.js';

interface Activity {
  type?: unknown;
  timestamp?: unknown;
  text?: unknown;
  from?: { id?: unknown; aadObjectId?: unknown };
}

export function readTeams({ headers, text, secret, nowMs }: SignedRequest): ReadAnswer {
  const given = /^HMAC ([A-Za-z0-9+/]{43}=)$/i.exec(headers.authorization ?? '')?.[1];
  if (given === undefined) return { kind: 'refused', why: 'it is not signed as Teams signs' };
  if (!same(hmac(Buffer.from(secret, 'base64'), text), Buffer.from(given, 'base64')))
    return { kind: 'refused', why: 'the signature is another' };
  const activity = activityOf(text);
  const stale = staleness(Date.parse(typeof activity?.timestamp === 'string' ? activity.timestamp : ''), nowMs);
  if (stale !== undefined) return { kind: 'refused', why: stale };
  const user = activity?.from?.aadObjectId ?? activity?.from?.id;
  if (typeof user !== 'string') return { kind: 'unclear', why: 'it does not say who wrote it' };
  const answer = answerIn(plain(activity?.text), user);
  return answer === undefined ? { kind: 'unclear', why: HOW, user } : { kind: 'answer', answer, once: given };
}

/** Without the mention and the little HTML that Teams puts around a text. */
function plain(text: unknown): string {
  if (typeof text !== 'string') return '';
  return text
    .replace(/<at\b[^>]{0,200}>[^<]{0,200}<\/at>/gi, ' ')
    .replace(/<[^<>]{0,200}>/g, ' ')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .trim();
}

function activityOf(text: string): Activity | undefined {
  try {
    const activity = JSON.parse(text) as unknown;
    return typeof activity === 'object' && activity !== null ? activity : undefined;
  } catch {
    return undefined;
  }
}
