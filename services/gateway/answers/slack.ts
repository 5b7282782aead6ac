/**
 * Interactivity of a Slack app: a form with `payload`, signed with the app's signing secret as Slack's "Verifying requests
 * from Slack" describes: `v0=` and the hex HMAC-SHA256 of `v0:timestamp:body`. Pure.
 */
import { type Answer, answerIn, HOW, type ReadAnswer, reasonOf, type SignedRequest, staleness } from './answer.js';
import { hmac, same } from './digest.js';

interface Payload {
  type?: unknown;
  user?: { id?: unknown };
  actions?: { action_id?: unknown; value?: unknown }[];
  state?: { values?: Record<string, Record<string, { value?: unknown } | undefined> | undefined> };
}

export function readSlack({ headers, text, secret, nowMs }: SignedRequest): ReadAnswer {
  const stamp = headers['x-slack-request-timestamp'] ?? '';
  const signature = headers['x-slack-signature'] ?? '';
  if (!/^\d{1,12}$/.test(stamp) || !/^v0=[0-9a-f]{64}$/.test(signature))
    return { kind: 'refused', why: 'it is not signed as Slack signs' };
  if (!same(hmac(secret, `v0:${stamp}:${text}`), Buffer.from(signature.slice(3), 'hex')))
    return { kind: 'refused', why: 'the signature is another' };
  const stale = staleness(Number(stamp) * 1000, nowMs);
  if (stale !== undefined) return { kind: 'refused', why: stale };
  const payload = payloadOf(text);
  const user = payload?.user?.id;
  if (payload === undefined || typeof user !== 'string')
    return { kind: 'unclear', why: 'it holds no payload of Slack' };
  const action = payload.actions?.find(({ action_id: id }) => id === 'stepdown_approve' || id === 'stepdown_deny');
  const subject = typeof action?.value === 'string' ? action.value : '';
  const answer: Answer | undefined =
    action && answerIn(`${action.action_id === 'stepdown_approve' ? 'approve' : 'deny'} ${subject}`, user);
  if (answer === undefined) return { kind: 'unclear', why: HOW, user };
  const reason = reasonOf(payload.state?.values?.['stepdown_reason']?.['reason']?.value);
  return { kind: 'answer', answer: { ...answer, reason }, once: signature };
}

function payloadOf(text: string): Payload | undefined {
  const json = new URLSearchParams(text).get('payload');
  if (json === null) return undefined;
  try {
    const payload = JSON.parse(json) as unknown;
    return typeof payload === 'object' && payload !== null ? payload : undefined;
  } catch {
    return undefined;
  }
}
