/**
 * OTLP's JSON has names in lowerCamelCase. Writers of protobuf's JSON may keep the names of the `.proto` files (`resource_spans`), which
 * readers of that mapping take as well; and before 2022 a scope was an instrumentation library. All keys are the protocol's own:
 * those of attributes are values.
 */
import { define } from '../runtime/own-key.js';
import { isRecord } from './values.js';

const FORMER: Readonly<Record<string, string>> = {
  instrumentationLibrarySpans: 'scopeSpans',
  instrumentationLibraryLogs: 'scopeLogs',
  instrumentationLibrary: 'scope',
};

/** Attributes may nest; what nests further than any of them is left as it is, and cut where values are read. */
const MAX_DEPTH = 400;

/** The request with the names that OTLP's JSON has; the same object where it has them. */
export function withOtlpNames(request: unknown): unknown {
  return isRecord(request) && hasOtherNames(request) ? renamed(request, 0) : request;
}

/** A writer keeps to one way of naming: the outer two levels show which. */
function hasOtherNames(request: Readonly<Record<string, unknown>>): boolean {
  if ('resource_spans' in request || 'resource_logs' in request) return true;
  const groups = request['resourceSpans'] ?? request['resourceLogs'];
  const group: unknown = Array.isArray(groups) ? groups[0] : undefined;
  if (!isRecord(group)) return false;
  return Object.keys(group).some((key) => key.startsWith('scope_') || key.startsWith('instrumentation'));
}

function renamed(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, depth + 1));
  const made: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    define(made, Object.hasOwn(FORMER, camel) ? (FORMER[camel] ?? camel) : camel, renamed(item, depth + 1));
  }
  return made;
}
