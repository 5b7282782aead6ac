/** Queries as trees: the part of KQL that the project's own queries use. What else there is, is refused. */
import { type Token, tokensOf } from './tokens.js';

export type Expression =
  | { kind: 'value'; value: unknown }
  | { kind: 'name'; name: string }
  | { kind: 'star' }
  | { kind: 'call'; name: string; parts: readonly Expression[] }
  | { kind: 'member'; of: Expression; name: Expression }
  | { kind: 'list'; items: readonly Expression[] };
export interface Named {
  name: string;
  value: Expression;
}
export type Source =
  | { kind: 'table'; name: string }
  | { kind: 'rows'; columns: readonly string[]; values: readonly Expression[] }
  | { kind: 'union'; withSource: string | undefined; of: readonly Query[] };
export type Operator =
  | { kind: 'where'; condition: Expression }
  | { kind: 'extend' | 'project' | 'distinct'; columns: readonly Named[] }
  | { kind: 'summarize'; columns: readonly Named[]; by: readonly Named[] }
  | { kind: 'order'; by: readonly { value: Expression; descending: boolean }[] }
  | { kind: 'take'; count: number }
  | { kind: 'join'; how: string; right: Query; on: readonly string[] }
  | { kind: 'expand'; column: Named };
export interface Query {
  source: Source;
  operators: readonly Operator[];
}
export interface Program {
  lets: readonly { name: string; query: Query }[];
  result: Query;
}

/** A length of time, milliseconds. */
export class Span {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BINDING: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  ...Object.fromEntries(
    ['==', '!=', '<', '<=', '>', '>=', '=~', 'has', 'in', '!in', 'between', 'matches'].map((word) => [word, 3]),
  ),
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
};

const parsed = new Map<string, Program>();
/** @throws Error at what is no KQL that is known here */
export function parseKql(text: string): Program {
  const known = parsed.get(text) ?? new Parser(tokensOf(text)).program();
  parsed.set(text, known);
  return known;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  program(): Program {
    const lets: { name: string; query: Query }[] = [];
    while (this.#skip('let')) {
      const name = this.#take('name').text;
      this.#want('=');
      lets.push({ name, query: this.#query() });
      this.#want(';');
    }
    const result = this.#query();
    if (this.#at < this.#tokens.length) throw this.#lost('the end');
    return { lets, result };
  }

  #query(): Query {
    // `(a | b) | c` is `a | b | c`.
    const inner = this.#skip('(') ? this.#query() : undefined;
    if (inner !== undefined) this.#want(')');
    const source = inner?.source ?? this.#source();
    const operators = [...(inner?.operators ?? [])];
    while (this.#skip('|')) operators.push(this.#operator());
    return { source, operators };
  }

  #source(): Source {
    const { text } = this.#take('name');
    if (text === 'datatable') {
      this.#want('(');
      const columns = this.#until(')', () => {
        const name = this.#take('name').text;
        this.#want(':');
        this.#take('name');
        return name;
      });
      this.#want('[');
      return { kind: 'rows', columns, values: this.#until(']', () => this.#expression()) };
    }
    if (text !== 'union') return { kind: 'table', name: text };
    let withSource: string | undefined;
    while (this.#peek(1)?.text === '=') {
      const option = this.#take('name').text;
      this.#want('=');
      const { text: value } = this.#take('name');
      if (option === 'withsource') withSource = value;
    }
    const of: Query[] = [];
    do {
      const whole = this.#peek()?.text === '(';
      of.push(whole ? this.#query() : { source: this.#source(), operators: [] });
    } while (this.#skip(','));
    return { kind: 'union', withSource, of };
  }

  #operator(): Operator {
    const { text } = this.#take('name');
    switch (text) {
      case 'where':
        return { kind: 'where', condition: this.#expression() };
      case 'extend':
      case 'project':
      case 'distinct':
        return { kind: text, columns: this.#names() };
      case 'summarize': {
        const columns = this.#peek()?.text === 'by' ? [] : this.#names();
        return { kind: 'summarize', columns, by: this.#skip('by') ? this.#names() : [] };
      }
      case 'order': {
        this.#want('by');
        const by = [];
        do {
          const value = this.#expression();
          const ascending = this.#skip('asc');
          if (!ascending) this.#skip('desc');
          by.push({ value, descending: !ascending });
        } while (this.#skip(','));
        return { kind: 'order', by };
      }
      case 'take':
        return { kind: 'take', count: Number(this.#take('number').text) };
      case 'join': {
        this.#want('kind');
        this.#want('=');
        const how = this.#take('name').text;
        const right: Query = this.#peek()?.text === '(' ? this.#query() : { source: this.#source(), operators: [] };
        this.#want('on');
        return { kind: 'join', how, right, on: this.#names().map(({ name }) => name) };
      }
      case 'mv-expand': {
        const column = this.#named();
        if (this.#skip('to')) for (const word of ['typeof', '(']) this.#want(word);
        else return { kind: 'expand', column };
        this.#take('name');
        this.#want(')');
        return { kind: 'expand', column };
      }
      default:
        throw new Error(`no operator is known here by the name ${text}`);
    }
  }

  #names(): Named[] {
    const all = [this.#named()];
    while (this.#skip(',')) all.push(this.#named());
    return all;
  }

  #named(): Named {
    if (this.#peek()?.kind === 'name' && this.#peek(1)?.text === '=') {
      const name = this.#take('name').text;
      this.#want('=');
      return { name, value: this.#expression() };
    }
    const value = this.#expression();
    return { name: nameOf(value), value };
  }

  #expression(least = 1): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = this.#peek()?.text ?? '';
      const binding = BINDING[operator];
      if (binding === undefined || binding < least) return left;
      this.#at += 1;
      if (operator === 'matches') this.#want('regex');
      if (operator === 'in' || operator === '!in' || operator === 'between') {
        this.#want('(');
        const items = [this.#expression()];
        while (this.#skip(',') || this.#skip('..')) items.push(this.#expression());
        this.#want(')');
        left = { kind: 'call', name: operator, parts: [left, { kind: 'list', items }] };
      } else left = { kind: 'call', name: operator, parts: [left, this.#expression(binding + 1)] };
    }
  }

  #unary(): Expression {
    let made = this.#primary();
    for (;;) {
      if (this.#skip('.')) made = { kind: 'member', of: made, name: { kind: 'value', value: this.#take('name').text } };
      else if (this.#skip('[')) {
        made = { kind: 'member', of: made, name: this.#expression() };
        this.#want(']');
      } else return made;
    }
  }

  #primary(): Expression {
    const token = this.#peek();
    if (token === undefined) throw this.#lost('an expression');
    this.#at += 1;
    switch (token.kind) {
      case 'number':
        return { kind: 'value', value: Number(token.text) };
      case 'span': {
        const [, count = '', unit = ''] = /^(\d+)(\w+)$/.exec(token.text) ?? [];
        return { kind: 'value', value: new Span(Number(count) * (UNITS[unit] ?? 0)) };
      }
      case 'string':
        return { kind: 'value', value: token.text.slice(1, -1).replace(/\\(.)/g, '$1') };
      case 'name':
        if (!this.#skip('(')) return { kind: 'name', name: token.text };
        return { kind: 'call', name: token.text, parts: this.#until(')', () => this.#expression()) };
      case 'mark': {
        if (token.text === '*') return { kind: 'star' };
        if (token.text !== '(') throw this.#lost('an expression', -1);
        const inner = this.#expression();
        this.#want(')');
        return inner;
      }
    }
  }

  /** A list up to its closing mark; commas between. */
  #until<T>(close: string, one: () => T): T[] {
    const items: T[] = [];
    while (!this.#skip(close)) {
      items.push(one());
      if (this.#peek()?.text !== close) this.#want(',');
    }
    return items;
  }

  #peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }
  #skip(text: string): boolean {
    const found = this.#peek()?.text === text && this.#peek()?.kind !== 'string';
    if (found) this.#at += 1;
    return found;
  }
  #want(text: string): void {
    if (!this.#skip(text)) throw this.#lost(text);
  }
  #take(kind: Token['kind']): Token {
    const token = this.#peek();
    if (token?.kind !== kind) throw this.#lost(`a ${kind}`);
    this.#at += 1;
    return token;
  }
  #lost(wanted: string, back = 0): Error {
    const token = this.#peek(back);
    return new Error(`${wanted} is wanted at ${token?.at ?? 'the end'}, not ${token?.text ?? 'nothing'}`);
  }
}

/** The name that a column without one gets. */
function nameOf(value: Expression): string {
  switch (value.kind) {
    case 'name':
      return value.name;
    case 'call': {
      const [first] = value.parts;
      if (value.name === 'bin' && first !== undefined) return nameOf(first);
      return value.name.startsWith('arg_') && first !== undefined ? nameOf(first) : `${value.name}_`;
    }
    case 'member':
      return nameOf(value.name);
    case 'value':
      return String(value.value);
    case 'star':
    case 'list':
      return '*';
  }
}
