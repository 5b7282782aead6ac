/**
 * Which operation a call of a general tool is: `invoke {operation: "bank.transfer"}`, `api_request {method: "DELETE", path: …}`,
 * `computer {action: "type"}`, `flow {payload: "{\"verb\": \"terminate\"}"}`. The tool's name says nothing there, and its arguments do.
 */
import { jsonInside } from './destinations.js';

const OPERATION_KEY =
  /^(?:operation|operation_?(?:id|name)|op|action|action_?(?:name|type)|verb|function|function_?name|tool|tool_?name|method|method_?name|intent|rpc|procedure|command_?name|event_?type|capability|skill)$/i;
/** `bank.transfer`, `left_click`, `users:delete`; not a sentence. */
const NAME = /^[\p{L}][\p{L}\p{N}]*(?:[ _.:/-]{1,2}[\p{L}\p{N}]+){0,5}$/u;
const MAX_NAME = 60;
const MAX_DEPTH = 3;

const METHODS: Readonly<Record<string, string>> = {
  get: 'get',
  head: 'get',
  options: 'get',
  post: 'create',
  put: 'update',
  patch: 'update',
  delete: 'delete',
};
const PATH_KEY = /^(?:path|endpoint|route|resource|uri|url)$/i;
const MAX_PATH = 200;

export interface Operation {
  /** In words that a tool's name may have: "delete users roles". */
  name: string;
  /** It is an HTTP method on a resource, or a field of GraphQL. */
  http: boolean;
}

/** Whether a key only says which operation is meant: its value is part of the call's name, and of nothing that it works on. */
export function isOperationKey(key: string): boolean {
  return OPERATION_KEY.test(key);
}

/** `mutation Add { addOwner(…) }`: the first field is what is done. */
const GRAPHQL = /^\s*(query|mutation|subscription)\b[^{]{0,400}\{\s*(?:\w+\s*:\s*)?(\w+)/;

/** The operation that a call's arguments name; nothing where they name none. */
export function operationOf(args: unknown, depth = 0): Operation | undefined {
  if (args === null || typeof args !== 'object' || Array.isArray(args)) return undefined;
  let inner: Operation | undefined;
  for (const [key, value] of Object.entries(args) as [string, unknown][]) {
    if (typeof value === 'string' && isOperationKey(key)) {
      const method = METHODS[value.trim().toLowerCase()];
      if (method !== undefined && /method|verb|action|operation|op/i.test(key))
        return { name: `${method} ${pathWords(args)}`.trim(), http: true };
      if (value.length <= MAX_NAME && NAME.test(value.trim())) return { name: value.trim(), http: false };
    }
    const [, kind, field = ''] = typeof value === 'string' ? (GRAPHQL.exec(value.slice(0, 1000)) ?? []) : [];
    if (kind !== undefined) return { name: kind === 'mutation' ? field : `get ${field}`, http: true };
    if (depth >= MAX_DEPTH || inner !== undefined) continue;
    const nested = typeof value === 'string' ? jsonInside(value) : value;
    inner = operationOf(nested, depth + 1);
  }
  return inner;
}

/** `/users/vpetrenko/roles?x=1` → "users roles", names of things without their numbers. */
function pathWords(args: object): string {
  for (const [key, value] of Object.entries(args)) {
    if (typeof value !== 'string' || !PATH_KEY.test(key)) continue;
    return value
      .slice(0, MAX_PATH)
      .replace(/^[a-z]+:\/\/[^/]*/i, '')
      .replace(/[?#].*$/, '')
      .split('/')
      .filter((part) => /^\p{L}[\p{L}_-]*$/u.test(part))
      .join(' ');
  }
  return '';
}
