/**
 * Any program that signs after the Standard Webhooks specification 1.0 (services/runtime/signature.ts): `webhook-id`,
 * `webhook-timestamp`, `webhook-signature`, and JSON
 * `{"answer": "approve" | "deny", "call" | "contraction": id, "by": user, "reason"?}`. Pure.
 */
import { sign } from '../../runtime/signature.js';
import { type ReadAnswer, reasonOf, type SignedRequest, staleness } from './answer.js';
import { same } from './digest.js';

export function readSigned({ headers, text, secret, nowMs }: SignedRequest): ReadAnswer {
  const id = headers['webhook-id'] ?? '';
  const stamp = headers['webhook-timestamp'] ?? '';
  const given = headers['webhook-signature'] ?? '';
  if (id === '' || id.length > 200 || !/^\d{1,12}$/.test(stamp) || given === '')
    return { kind: 'refused', why: 'it carries no webhook-id, webhook-timestamp and webhook-signature' };
  const expected = Buffer.from(sign(secret, id, Number(stamp) * 1000, text)['webhook-signature']);
  // Several signatures stand beside each other while a key is changed.
  if (!given.split(' ').some((each) => same(expected, Buffer.from(each))))
    return { kind: 'refused', why: 'the signature is another' };
  const stale = staleness(Number(stamp) * 1000, nowMs);
  if (stale !== undefined) return { kind: 'refused', why: stale };
  let body: Record<string, unknown>;
  try {
    body = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return { kind: 'unclear', why: 'the body is no JSON' };
  }
  const { answer: verb, by: user, reason } = body;
  const kind = typeof body['call'] === 'string' ? 'call' : 'contraction';
  const subject = body[kind];
  if (
    (verb !== 'approve' && verb !== 'deny') ||
    typeof user !== 'string' ||
    typeof subject !== 'string' ||
    !/^[\w-]{6,128}$/.test(subject)
  )
    return { kind: 'unclear', why: 'send {"answer": "approve" | "deny", "call" | "contraction": id, "by": user}' };
  return { kind: 'answer', answer: { verb, kind, id: subject, user, reason: reasonOf(reason) }, once: id };
}
