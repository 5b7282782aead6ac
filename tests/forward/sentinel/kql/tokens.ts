/** The words of a query. */
export interface Token {
  kind: 'name' | 'number' | 'span' | 'string' | 'mark';
  text: string;
  at: number;
}

const PARTS =
  /(?<skip>\s+|\/\/[^\n]*)|(?<span>\d+(?:ms|[dhms])\b)|(?<number>\d+(?:\.\d+)?)|(?<name>mv-expand\b|!?[A-Za-z_$][\w$]*)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<mark>==|!=|<=|>=|=~|\.\.|[|=<>()[\],;+\-*/.:])/y;

/** @throws Error at what is no KQL that is known here */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (PARTS.lastIndex = 0; PARTS.lastIndex < text.length;) {
    const at = PARTS.lastIndex;
    const groups = PARTS.exec(text)?.groups;
    if (groups === undefined) throw new Error(`not understood: ${text.slice(at, at + 40)}`);
    for (const kind of ['span', 'number', 'name', 'string', 'mark'] as const) {
      const found = groups[kind];
      if (found !== undefined) tokens.push({ kind, text: found, at });
    }
  }
  return tokens;
}
