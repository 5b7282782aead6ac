/** How a span failed, where it did. */
import type { SpanView } from './span.js';
import { textOf } from './values.js';

export interface Failure {
  errorType: string;
  message: string | undefined;
  /** It ran into a permission refusal of its own. */
  denied: boolean;
}

const DENIED =
  /\b(?:permission|access|authori[sz]ation)[ _-]?(?:was |is )?(?:denied|refused|required|error)|\bunauthori[sz]ed|\bforbidden\b|\bnot (?:permitted|allowed|authori[sz]ed)\b|\b(?:eacces|eperm)\b|\b40[13]\b|permissionerror|accessdenied|insufficient(?: |_)?(?:permission|privilege|scope)/i;

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
    denied: DENIED.test(errorType) || (message !== undefined && DENIED.test(message.slice(0, 500))),
  };
}
