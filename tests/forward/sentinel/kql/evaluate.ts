/**
 * Runs the project's own queries over rows in memory, so that tests see what a rule alerts on and documents show what the
 * workbook shows. Microsoft's language service says whether a query is one (kusto.ts); this says what it comes to, for the part
 * of the language that is used, after Microsoft's reference. It is no engine: what it does not know, it refuses.
 */
import { AGGREGATES, FUNCTIONS, isEmpty, order, type Row } from './functions.js';
import type { Span } from './syntax.js';
import { type Expression, type Operator, parseKql, type Query } from './syntax.js';

export type { Row } from './functions.js';
export { Span } from './syntax.js';
export type Tables = Readonly<Record<string, readonly Row[]>>;

/** Where a row keeps when it was ingested, which no column says. */
export const INGESTED_AT = '$ingestedAt';

/** @param tables rows by table; times are `Date`, dynamic values are plain. One that is missing is empty only under `union`. */
export function evaluate(query: string, tables: Tables, now: Date): Row[] {
  const program = parseKql(query);
  const known: Record<string, readonly Row[]> = { ...tables };
  const run = new Run(known, now);
  for (const { name, query: part } of program.lets) known[name] = run.query(part);
  return run.query(program.result);
}

class Run {
  readonly #tables: Readonly<Record<string, readonly Row[]>>;
  readonly #now: Date;

  constructor(tables: Readonly<Record<string, readonly Row[]>>, now: Date) {
    this.#tables = tables;
    this.#now = now;
  }

  query({ source, operators }: Query): Row[] {
    return operators.reduce<readonly Row[]>(
      (rows, operator) => this.#apply(operator, rows),
      this.#source(source),
    ) as Row[];
  }

  #source(source: Query['source']): readonly Row[] {
    switch (source.kind) {
      case 'table': {
        const rows = this.#tables[source.name];
        if (rows === undefined) throw new Error(`there is no table ${source.name}`);
        return rows;
      }
      case 'rows': {
        const { columns, values } = source;
        return Array.from({ length: values.length / columns.length }, (_, at) =>
          Object.fromEntries(
            columns.map((name, index) => [name, this.#value(values[at * columns.length + index] as Expression, {})]),
          ),
        );
      }
      case 'union':
        return source.of.flatMap((part) => {
          const name = part.source.kind === 'table' ? part.source.name : '';
          if (part.source.kind === 'table' && this.#tables[name] === undefined) return [];
          return this.query(part).map((row) =>
            source.withSource === undefined ? row : { ...row, [source.withSource]: name },
          );
        });
    }
  }

  #apply(operator: Operator, rows: readonly Row[]): readonly Row[] {
    switch (operator.kind) {
      case 'where':
        return rows.filter((row) => this.#value(operator.condition, row) === true);
      case 'extend':
        return rows.map((row) => ({ ...row, ...this.#columns(operator.columns, row) }));
      case 'project':
        return rows.map((row) => this.#columns(operator.columns, row));
      case 'distinct':
        return this.#groups(operator.columns, rows).map(([key]) => key);
      case 'summarize':
        return this.#groups(operator.by, rows).map(([key, group]) => {
          const made: Record<string, unknown> = { ...key };
          for (const { name, value } of operator.columns) {
            const whole = this.#extreme(value, group);
            if (whole !== undefined) Object.assign(made, whole, key);
            else made[name] = this.#value(value, {}, group);
          }
          return made;
        });
      case 'order':
        return [...rows].sort((a, b) => {
          for (const { value, descending } of operator.by) {
            const by = order(this.#value(value, a), this.#value(value, b));
            if (by !== 0) return descending ? -by : by;
          }
          return 0;
        });
      case 'take':
        return rows.slice(0, operator.count);
      case 'expand': {
        const { name, value } = operator.column;
        return rows.flatMap((row) => {
          const items = this.#value(value, row);
          return Array.isArray(items) ? items.map((item: unknown) => ({ ...row, [name]: item })) : [];
        });
      }
      case 'join':
        return this.#join(operator, rows);
    }
  }

  #join({ how, right, on }: Extract<Operator, { kind: 'join' }>, rows: readonly Row[]): Row[] {
    const others = this.query(right);
    const partners = (row: Row) => others.filter((other) => on.every((name) => order(row[name], other[name]) === 0));
    const joined = (row: Row, other: Row): Row => ({
      ...Object.fromEntries(Object.entries(other).map(([name, value]) => [name in row ? `${name}1` : name, value])),
      ...row,
    });
    switch (how) {
      case 'leftanti':
        return rows.filter((row) => partners(row).length === 0);
      case 'inner':
        return rows.flatMap((row) => partners(row).map((other) => joined(row, other)));
      case 'leftouter':
        return rows.flatMap((row) => {
          const found = partners(row);
          return found.length === 0 ? [row] : found.map((other) => joined(row, other));
        });
      default:
        throw new Error(`no join is known here by the kind ${how}`);
    }
  }

  #columns(columns: readonly { name: string; value: Expression }[], row: Row): Row {
    // Later columns of one extend do not see earlier ones there either.
    return Object.fromEntries(columns.map(({ name, value }) => [name, this.#value(value, row)]));
  }

  #groups(by: readonly { name: string; value: Expression }[], rows: readonly Row[]): [Row, Row[]][] {
    const groups = new Map<string, [Row, Row[]]>();
    for (const row of rows) {
      const key = this.#columns(by, row);
      const word = JSON.stringify(key);
      const group = groups.get(word) ?? [key, []];
      group[1].push(row);
      groups.set(word, group);
    }
    return [...groups.values()];
  }

  /** `arg_max(x, *)`: the whole row that has the most. */
  #extreme(value: Expression, group: readonly Row[]): Row | undefined {
    if (value.kind !== 'call' || !/^arg_(min|max)$/.test(value.name)) return undefined;
    const [by] = value.parts as [Expression];
    const sign = value.name === 'arg_max' ? 1 : -1;
    return group.reduce((best, row) => (sign * order(this.#value(by, row), this.#value(by, best)) > 0 ? row : best));
  }

  #value(expression: Expression, row: Row, group?: readonly Row[]): unknown {
    switch (expression.kind) {
      case 'value':
        return expression.value;
      case 'star':
        throw new Error('* stands for no value');
      case 'name':
        return expression.name === 'true' ? true : expression.name === 'false' ? false : row[expression.name];
      case 'list':
        return expression.items.map((item) => this.#value(item, row, group));
      case 'member': {
        const of = this.#value(expression.of, row, group);
        const name = this.#value(expression.name, row, group);
        return typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name as string] : undefined;
      }
      case 'call':
        return this.#call(expression, row, group);
    }
  }

  #call({ name, parts }: Extract<Expression, { kind: 'call' }>, row: Row, group: readonly Row[] | undefined): unknown {
    const part = (at: number) => this.#value(parts[at] as Expression, row, group);
    switch (name) {
      case 'now':
        return this.#now;
      case 'ago':
        return new Date(this.#now.getTime() - (part(0) as Span).ms);
      case 'ingestion_time':
        return row[INGESTED_AT];
      case 'and':
        return part(0) === true && part(1) === true;
      case 'or':
        return part(0) === true || part(1) === true;
      case 'iff':
        return part(0) === true ? part(1) : part(2);
      case 'case': {
        for (let at = 0; at + 1 < parts.length; at += 2) if (part(at) === true) return part(at + 1);
        return part(parts.length - 1);
      }
    }
    const aggregate = AGGREGATES[name];
    if (aggregate !== undefined && group !== undefined) {
      const [of, ...more] = parts;
      const values = group.map((each) => (of === undefined ? each : this.#value(of, each)));
      const counted = name === 'count' ? values : values.filter((value) => !isEmpty(value));
      return aggregate(counted, ...(more.map((each) => this.#value(each, row)) as never[]));
    }
    const made = FUNCTIONS[name];
    if (made === undefined) throw new Error(`no function is known here by the name ${name}`);
    return made(...(parts.map((_, at) => part(at)) as never[]));
  }
}
