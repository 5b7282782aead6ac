/** Whether a tool ran into a permission refusal of its own, as emitters name it and as servers word it. */

const DENIED =
  /\b(?:permission|access|authori[sz]ation)[ _-]?(?:was |is )?(?:denied|refused|required|error)|\bunauthori[sz]ed|\bforbidden\b|\bnot (?:permitted|allowed|authori[sz]ed)\b|\b(?:eacces|eperm)\b|\b40[13]\b|permissionerror|accessdenied|insufficient(?: |_)?(?:permission|privilege|scope)/i;

/** The kind of an error, or its message, speaks of a refusal. */
export function isRefusal(text: string): boolean {
  return DENIED.test(text.slice(0, 500));
}

/** Answers that hold more than a refusal are longer. */
const MAX_ANSWER = 300;
/** A result that is nothing but a refusal: what a server answers, not what a document says. */
const ANSWER =
  /^[\s{["'<]*(?:(?:error|errors|exception|status|status_?code|code|message|detail|reason|title|http(?:\/[\d.]+)?|failed|failure|sorry)["'\s:=,{[]*){0,4}(?:(?:40[13]\b|e?acces(?:s ?denied)?\b|eperm\b|permission ?(?:was |is )?(?:denied|error)|access ?(?:was |is )?(?:denied|refused)|forbidden|unauthori[sz]ed|not (?:authori[sz]ed|permitted)\b|insufficient[ _](?:permissions?|privileges?|scopes?))|(?:you|the (?:user|caller|agent|role)|this (?:user|account|role))\b.{0,60}\b(?:not (?:have|authori[sz]ed|permitted|allowed)|lacks?)\b)/i;

/** What a tool's result, without a mark of its own, says by its kind of error or as the whole of a short answer. */
export function saysDenied({
  errorType,
  text,
}: {
  errorType?: string | undefined;
  text?: string | undefined;
}): boolean {
  if (errorType !== undefined && isRefusal(errorType)) return true;
  return text !== undefined && text.length <= MAX_ANSWER && ANSWER.test(text);
}
