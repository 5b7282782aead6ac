/** A checked correlation → one that can be run; and what of the right shape could still never be met. */
import type { Pillar, Severity } from '../../../schemas/common.js';
import type { Correlation, CORRELATION_KEYS } from '../../../schemas/correlation.js';
import { parseDuration } from '../../runtime/config/duration.js';
import { shortHash } from '../../runtime/hash.js';
import { glob } from '../../policy/glob.js';
import { nearest } from '../../runtime/nearness.js';
import { compileCondition, type ConditionNames } from './condition.js';
import { type Diagnostic, hasErrors } from './diagnostic.js';
import type { Located } from './parse.js';
import type { Condition } from './types.js';

export interface CompiledPart {
  types: readonly string[];
  matches: (type: string) => boolean;
  when: Condition | undefined;
}
type Distinct = NonNullable<NonNullable<Correlation['count']>['distinct']>;

export type CorrelationRule =
  | { kind: 'count'; part: CompiledPart; n: number; distinct: Distinct | undefined }
  | { kind: 'sequence'; parts: readonly CompiledPart[] }
  | { kind: 'absence'; after: CompiledPart; of: CompiledPart };

export interface CompiledCorrelation {
  readonly id: string;
  /** Of everything that was compiled into it, lists too. */
  readonly digest: string;
  readonly title: string;
  readonly description: string;
  readonly version: number;
  readonly emits: string;
  readonly by: readonly (typeof CORRELATION_KEYS)[number][];
  readonly withinMs: number;
  readonly rule: CorrelationRule;
  /** The rule in words, for evidence. */
  readonly expected: string;
  readonly severity: Severity | undefined;
  readonly confidence: number | undefined;
  readonly atlas: readonly string[] | undefined;
  readonly owasp: readonly string[] | undefined;
  readonly pillar: Pillar | undefined;
  readonly file: string;
}

export interface CorrelationOptions {
  /** Finding types that detectors make; left out: not checked. */
  known?: readonly string[];
  lists: ConditionNames['lists'];
}

type Written = NonNullable<Correlation['sequence']>[number];

function typesOf({ finding }: Written): readonly string[] {
  return typeof finding === 'string' ? [finding] : finding;
}

class Compilation {
  readonly diagnostics: Diagnostic[] = [];
  readonly #document: Located<Correlation>;
  readonly #options: CorrelationOptions;

  constructor(document: Located<Correlation>, options: CorrelationOptions) {
    this.#document = document;
    this.#options = options;
  }

  part(written: Written, pointer: string): CompiledPart {
    const { at, value } = this.#document;
    const types = typesOf(written);
    const { known } = this.#options;
    types.forEach((type, index) => {
      const place = `${pointer}/finding${typeof written.finding === 'string' ? '' : `/${index}`}`;
      if (glob(type)('correlation.x') || type.startsWith('correlation.')) {
        if (type.startsWith('correlation.'))
          this.diagnostics.push(
            at('PB028', place, 'correlations are made of what detectors find, not of each other', {
              mend: 'name the findings that the other one is made of',
            }),
          );
      } else if (known && !known.some((name) => glob(type)(name))) {
        const guess = nearest(type, known);
        this.diagnostics.push(
          at('PB023', place, `no detector makes a finding "${type}"`, {
            severity: 'warning',
            mend: guess ? `did you mean "${guess}"?` : `known: ${known.join(', ')}`,
          }),
        );
      }
    });
    let when: Condition | undefined;
    if (written.when !== undefined) {
      const outcome = compileCondition(written.when, { params: value.params ?? {}, lists: this.#options.lists });
      if (outcome.ok) when = outcome.condition;
      for (const { code, message, mend, offset, severity } of outcome.ok ? outcome.warnings : outcome.faults)
        this.diagnostics.push(
          at(code, `${pointer}/when`, message, { mend, offset, ...(severity ? { severity } : {}) }),
        );
    }
    const matchers = types.map((type) => glob(type));
    // What a correlation makes is never counted, also where a pattern such as `*` covers it.
    const matches = (type: string) => !type.startsWith('correlation.') && matchers.some((each) => each(type));
    return { types, matches, when };
  }
}

export type CorrelationOutcome = { correlation: CompiledCorrelation | undefined; diagnostics: Diagnostic[] };

export function compileCorrelation(document: Located<Correlation>, options: CorrelationOptions): CorrelationOutcome {
  const { value, at } = document;
  const { count, sequence, absence } = value;
  const given = [count && 'count', sequence && 'sequence', absence && 'absence'].filter((each) => each !== undefined);
  const work = new Compilation(document, options);
  if (given.length !== 1)
    work.diagnostics.push(
      at(
        'PB028',
        given[1] === undefined ? '' : `/${given[1]}`,
        given.length === 0 ? 'it says nothing to look for' : `${given.join(' and ')} are two rules`,
        {
          mend: 'give one of count, sequence, absence',
        },
      ),
    );
  const withinMs = parseDuration(value.within) ?? NaN;
  if (withinMs < 1000)
    work.diagnostics.push(at('PB028', '/within', 'in no time nothing can be met', { mend: 'at least 1s' }));
  if (count?.distinct !== undefined && (value.by as readonly string[]).includes(count.distinct))
    work.diagnostics.push(
      at(
        'PB028',
        '/count/distinct',
        `there is only one ${count.distinct} in a group by ${count.distinct}: ${count.n} never come`,
        {
          mend: `leave ${count.distinct} out of by, or count another`,
        },
      ),
    );
  const rule: CorrelationRule | undefined = count
    ? { kind: 'count', part: work.part(count, '/count'), n: count.n, distinct: count.distinct }
    : sequence
      ? { kind: 'sequence', parts: sequence.map((part, index) => work.part(part, `/sequence/${index}`)) }
      : absence && {
          kind: 'absence',
          after: work.part(absence.after, '/absence/after'),
          of: work.part(absence.of, '/absence/of'),
        };
  if (rule === undefined || hasErrors(work.diagnostics))
    return { correlation: undefined, diagnostics: work.diagnostics };
  return {
    diagnostics: work.diagnostics,
    correlation: {
      id: value.id,
      digest: shortHash(JSON.stringify([value, options.lists])),
      title: value.title,
      description: value.description ?? '',
      version: value.version,
      emits: value.emits,
      by: value.by,
      withinMs,
      rule,
      expected: expectedOf(rule, value),
      severity: value.severity,
      confidence: value.confidence,
      atlas: value.atlas,
      owasp: value.owasp,
      pillar: value.pillar,
      file: document.file,
    },
  };
}

function expectedOf(rule: CorrelationRule, { within, by }: Correlation): string {
  const per = `by ${by.join(' and ')} within ${within}`;
  switch (rule.kind) {
    case 'count':
      return `fewer than ${rule.n}${rule.distinct === undefined ? '' : ` different ${rule.distinct}s`} ${per}`;
    case 'sequence':
      return `not ${rule.parts.map(({ types }) => types.join(' or ')).join(', then ')} ${per}`;
    case 'absence':
      return `${rule.of.types.join(' or ')} after ${rule.after.types.join(' or ')} ${per}`;
  }
}
