/** How a span failed, where it did. */
import { isRefusal } from '../inspect/refusal.js';
import type { SpanView } from './span.js';
import { textOf } from './values.js';

export interface Failure {
  errorType: string;
  message: string | undefined;
  /** It ran into a permission refusal of its own. */
  denied: boolean;
}

/** Undefined where the span says nothing of an error. */
export function failureOf(span: SpanView): Failure | undefined {
  const type = textOf(span.attributes.get('error.type'));
  if (!span.failed && type === undefined) return undefined;
  const exception = span.events.find((event) => event.name === 'exception');
  const message = span.statusMessage ?? (exception && textOf(exception.attributes.get('exception.message')));
  const errorType = type ?? (exception && textOf(exception.attributes.get('exception.type'))) ?? 'error';
  return {
    errorType,
    message,
    denied: isRefusal(errorType) || (message !== undefined && isRefusal(message)),
  };
}
