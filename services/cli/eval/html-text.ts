/** Text for HTML and SVG: what recorded runs said is shown, never obeyed. */
export function htmlText(text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return escaped.replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>').replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
