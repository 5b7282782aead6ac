/**
 * Lists that are flattened into attribute keys: `llm.input_messages.0.message.role`, `gen_ai.prompt.2.tool_calls.0.name`.
 */
import { own } from '../runtime/own-key.js';
import { define } from '../runtime/own-key.js';
import { isRecord, plainOf, type Attributes } from './values.js';

/** More than any real message list; a key that says otherwise is not one of ours. */
const MAX_INDEX = 10_000;
const MAX_PARTS = 16;

/**
 * The attributes under `prefix` as a tree: digits make list places, other parts keys. Lists may have holes where a
 * place was not sent; they are closed up, so the order stays and the numbers need not. Undefined: there are none.
 */
export function indexedList(attributes: Attributes, prefix: string): unknown[] | undefined {
  const start = `${prefix}.`;
  let root: Record<string, unknown> | undefined;
  for (const [key, value] of attributes) {
    if (!key.startsWith(start)) continue;
    const parts = key.slice(start.length).split('.');
    if (parts.length > MAX_PARTS || !isIndex(parts[0])) continue;
    put((root ??= Object.create(null) as Record<string, unknown>), parts, plainOf(value));
  }
  return root && (closedUp(root) as unknown[]);
}

function put(root: Record<string, unknown>, parts: readonly string[], value: unknown): void {
  let at = root;
  for (const part of parts.slice(0, -1)) {
    let next = own(at, part);
    if (!isRecord(next)) define(at, part, (next = Object.create(null) as Record<string, unknown>));
    at = next as Record<string, unknown>;
  }
  define(at, parts.at(-1) ?? '', value);
}

/** An object whose keys are all numbers becomes a list. */
function closedUp(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every(isIndex))
    return keys
      .map(Number)
      .sort((a, b) => a - b)
      .map((key) => closedUp(value[String(key)]));
  const plain: Record<string, unknown> = {};
  for (const key of keys) define(plain, key, closedUp(value[key]));
  return plain;
}

function isIndex(part: string | undefined): boolean {
  return part !== undefined && /^(?:0|[1-9]\d{0,4})$/.test(part) && Number(part) <= MAX_INDEX;
}
