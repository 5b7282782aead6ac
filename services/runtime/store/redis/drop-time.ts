/** When a document is dropped is known when it is written: its noun, its age by then, and what its value says. */
import { own } from '../../own-key.js';
import type { DocumentRule } from '../../retention-policy.js';
import type { SerializedWrite } from '../serialized.js';

/** For write.lua: milliseconds, "0" for a document that is kept while it is as it is, "" where no rule is about its noun. */
export function dropTimeOf(
  rules: readonly DocumentRule[],
  { key, json }: Pick<SerializedWrite, 'key' | 'json'>,
  nowMs: number,
): string {
  const rule = json === null ? undefined : rules.find(({ prefix }) => key.startsWith(prefix));
  if (rule === undefined || json === null) return '';
  if (rule.only !== undefined) {
    const { field, values } = rule.only;
    // What is written, not what has become of it since.
    const value = JSON.parse(json) as unknown;
    const is = typeof value === 'object' && value !== null ? own(value as Record<string, unknown>, field) : undefined;
    if (typeof is !== 'string' || !values.includes(is)) return '0';
  }
  return String(nowMs + rule.ageMs);
}
