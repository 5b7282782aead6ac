/** Comparing signatures without telling by the time it takes how much of one was right. */
import { createHmac, timingSafeEqual } from 'node:crypto';

export function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}

export function same(expected: Buffer, given: Buffer): boolean {
  return expected.length === given.length && timingSafeEqual(expected, given);
}
