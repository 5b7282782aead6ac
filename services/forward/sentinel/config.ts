/** What `type: sentinel` in the configuration comes to. Pure. */
import type { Config } from '../../runtime/config.js';
import { StepdownError } from '../../runtime/errors.js';
import type { TableKind } from '../record.js';
import { tableName } from './column.js';
import { DEFAULT_TREATMENTS, type RedactionPolicy, type Treatment, TREATMENTS, UNTOUCHABLE } from './redaction.js';
import { TABLES } from './tables.js';

export type SentinelConfig = Extract<Config['forward']['sinks'][number], { type: 'sentinel' }>;

const KIND_OF: Readonly<Record<string, TableKind>> = {
  incidents: 'incident',
  findings: 'finding',
  contractions: 'contraction',
  decisions: 'decision',
};

/** Throws `config-invalid` where a table does not exist. */
export function kindsOf({ tables }: Pick<SentinelConfig, 'tables'>): TableKind[] {
  return [...new Set(tables)].map((name) => {
    const kind = Object.hasOwn(KIND_OF, name) ? KIND_OF[name] : undefined;
    if (kind === undefined)
      throw new StepdownError('config-invalid', `there is no table ${JSON.stringify(name)}`, {
        place: { pointer: '/forward/sinks/tables' },
        mend: `known: ${Object.keys(KIND_OF).join(', ')}`,
      });
    return kind;
  });
}

const COLUMNS: ReadonlySet<string> = new Set(
  Object.values(TABLES).flatMap((table) =>
    table.columns.flatMap(({ name }) => [`${tableName(table)}.${name}`, `*.${name}`]),
  ),
);

/** Throws `config-invalid` where a rule names no column, or one that must not change. */
export function redactionOf(
  config: Pick<SentinelConfig, 'content' | 'evidence' | 'texts' | 'persons' | 'columns' | 'pseudonymKey'>,
): RedactionPolicy {
  const byColumn = new Map<string, Treatment>();
  for (const [index, rule] of config.columns.entries()) {
    const refuse = (message: string, mend: string): never => {
      throw new StepdownError('config-invalid', `${JSON.stringify(rule)} ${message}`, {
        place: { pointer: `/forward/sinks/columns/${index}` },
        mend,
      });
    };
    const [, column = '', treatment = ''] = /^([^=]+)=(\w+)$/.exec(rule) ?? [];
    if (!(TREATMENTS as readonly string[]).includes(treatment))
      refuse('names no treatment', `write Table.Column=${TREATMENTS.join('|')}`);
    if (!COLUMNS.has(column)) refuse('names no column', 'the columns are in docs/sentinel.md, e.g. *.UserName=hash');
    if (UNTOUCHABLE.has(column.replace(/^.*\./, ''))) refuse('names a column that rules rest on', 'leave it as it is');
    byColumn.set(column, treatment as Treatment);
  }
  const hashes = config.persons === 'hash' || [...byColumn.values()].includes('hash');
  if (hashes && config.pseudonymKey === undefined)
    throw new StepdownError('config-invalid', 'pseudonyms need `pseudonymKey`', {
      place: { pointer: '/forward/sinks/pseudonymKey' },
      mend: 'set it to a long random text, and keep it: another key gives other pseudonyms',
    });
  return {
    byClass: {
      ...DEFAULT_TREATMENTS,
      person: config.persons,
      text: config.texts,
      evidence: config.evidence,
      content: config.content,
    },
    byColumn,
    key: config.pseudonymKey ?? '',
  };
}
