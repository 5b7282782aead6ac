/**
 * Playbook files → playbooks that can fire, and everything that is wrong with them. One bad file never takes others
 * with it. `loadPlaybooks` reads files (through files/read.ts); `compilePlaybooks` is the same on texts, and pure.
 */
import type { PointDeclaration } from '../../../schemas/enforcement.js';
import type { Playbook } from '../../../schemas/playbook.js';
import type { Correlation } from '../../../schemas/correlation.js';
import { glob } from '../../policy/glob.js';
import { checkPlaybook } from './check.js';
import { checkOverrides } from './check-overrides.js';
import { compilePlaybook, type OverrideDocument } from './compile.js';
import { type CompiledCorrelation, compileCorrelation } from './correlation.js';
import { type Diagnostic, hasErrors } from './diagnostic.js';
import { isRecorded, readSource, readSources } from './files/read.js';
import {
  isCorrelation,
  type Located,
  parseCorrelation,
  type ParseOutcome,
  parseOverrides,
  parsePlaybook,
  type Source,
} from './parse.js';
import { inMode } from './mode.js';
import { subsumes } from './subsumption.js';
import type { CompiledPlaybook, Mode } from './types.js';

export { inMode } from './mode.js';

export interface CompileOptions {
  /** Finding types that exist, as detection lists them; left out: not checked. */
  findingTypes?: readonly string[];
  /** Enforcement points outside, for saying what they cannot undo. */
  points?: readonly PointDeclaration[];
  /** Every playbook in this mode, whatever files say (backtests). */
  mode?: Mode;
  /** Of overrides take only the reference lists: playbooks are looked at as their files say. */
  listsOnly?: boolean;
  /** For saying that an override has expired. */
  nowMs?: number;
  /** Whether a recording that a playbook's test names is there; left out: not asked. */
  recorded?: (playbookFile: string, events: string) => boolean;
}

export interface LoadOptions extends CompileOptions {
  /** The file of overrides; one that does not exist is none. */
  overrides?: string;
}

export interface LoadedPlaybooks {
  /** In the order of their ids. */
  playbooks: CompiledPlaybook[];
  correlations: CompiledCorrelation[];
  diagnostics: Diagnostic[];
}

function readOverrides(source: Source | undefined, diagnostics: Diagnostic[]): OverrideDocument | undefined {
  if (source === undefined || source.text.trim() === '') return undefined;
  const outcome = parseOverrides(source);
  if (!outcome.ok) {
    diagnostics.push(...outcome.diagnostics);
    return undefined;
  }
  return { located: outcome.document, lists: outcome.document.value.lists ?? {} };
}

function withoutPlaybooks({ located, lists }: OverrideDocument): OverrideDocument {
  const { playbooks: _, ...rest } = located.value;
  return { located: { ...located, value: rest }, lists };
}

/** An id or a name that was there first stays; the later file is refused. */
function unique<T extends { id: string }>(documents: readonly Located<T>[], diagnostics: Diagnostic[]): Located<T>[] {
  const taken = new Map<string, string>();
  return documents.filter((document) => {
    const { id } = document.value;
    const before = taken.get(id);
    if (before !== undefined) {
      diagnostics.push(
        document.at('PB007', '/id', `the id "${id}" is already that of ${before}`, {
          mend: 'give each an id of its own',
        }),
      );
      return false;
    }
    taken.set(id, document.file);
    return true;
  });
}

/** Of two that do the same work the later id is told; one that does more tells of those it covers. */
function subsumed(playbooks: readonly CompiledPlaybook[], documents: readonly Located<Playbook>[]): Diagnostic[] {
  return playbooks.flatMap((narrow) => {
    const wide = playbooks.find((each) => subsumes(each, narrow) && (each.id < narrow.id || !subsumes(narrow, each)));
    const document = documents.find(({ value, file }) => value.id === narrow.id && file === narrow.file);
    return wide && document
      ? [
          document.at('PB025', '/id', `"${wide.id}" (${wide.file}) does all the work of this playbook already`, {
            severity: 'warning',
            mend: 'leave one out, or make this one stricter or longer',
          }),
        ]
      : [];
  });
}

/** Beside playbooks, a correlation whose finding triggers none of them counts for nobody. By itself it may be for others. */
function unheard(
  correlations: readonly CompiledCorrelation[],
  playbooks: readonly Located<Playbook>[],
  sources: readonly Source[],
): Diagnostic[] {
  if (playbooks.length === 0) return [];
  const heard = playbooks.flatMap(({ value: { trigger } }) =>
    'finding' in trigger ? (typeof trigger.finding === 'string' ? [trigger.finding] : trigger.finding) : [],
  );
  return correlations.flatMap(({ emits, file }) => {
    if (heard.some((type) => glob(type)(emits))) return [];
    const source = sources.find((each) => each.file === file && isCorrelation(each));
    const parsed = source === undefined ? undefined : parseCorrelation(source);
    return parsed?.ok === true
      ? [
          parsed.document.at('PB024', '/emits', `no playbook here triggers on "${emits}"`, {
            severity: 'warning',
            mend: `write one with trigger: {finding: ${emits}}, or leave this out`,
          }),
        ]
      : [];
  });
}

function compileCorrelations(
  documents: readonly Located<Correlation>[],
  lists: OverrideDocument['lists'],
  options: CompileOptions,
  diagnostics: Diagnostic[],
): CompiledCorrelation[] {
  const emitted = new Map<string, string>();
  const correlations = unique(documents, diagnostics).flatMap((document) => {
    const { emits } = document.value;
    const before = emitted.get(emits);
    if (before !== undefined)
      diagnostics.push(
        document.at('PB007', '/emits', `"${emits}" is already made by ${before}`, {
          mend: 'give it a name of its own',
        }),
      );
    emitted.set(emits, document.file);
    const compiled = compileCorrelation(document, {
      lists,
      ...(options.findingTypes ? { known: options.findingTypes } : {}),
    });
    diagnostics.push(...compiled.diagnostics);
    return compiled.correlation && before === undefined ? [compiled.correlation] : [];
  });
  return correlations.sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function compilePlaybooks(
  sources: readonly Source[],
  overridesSource: Source | undefined,
  options: CompileOptions = {},
): LoadedPlaybooks {
  const diagnostics: Diagnostic[] = [];
  const read = readOverrides(overridesSource, diagnostics);
  const overrides = read && options.listsOnly === true ? withoutPlaybooks(read) : read;
  const taken = <T>(outcome: ParseOutcome<T>): Located<T>[] => {
    if (outcome.ok) return [outcome.document];
    diagnostics.push(...outcome.diagnostics);
    return [];
  };
  const documents = sources.flatMap((source) => (isCorrelation(source) ? [] : taken(parsePlaybook(source))));
  const correlations = compileCorrelations(
    sources.flatMap((source) => (isCorrelation(source) ? taken(parseCorrelation(source)) : [])),
    overrides?.lists ?? {},
    options,
    diagnostics,
  );
  const findingTypes = options.findingTypes && [...options.findingTypes, ...correlations.map(({ emits }) => emits)];
  const playbooks: CompiledPlaybook[] = [];
  for (const document of unique(documents, diagnostics)) {
    const found = checkPlaybook(document, {
      ...(findingTypes ? { known: findingTypes } : {}),
      ...(options.points ? { points: options.points } : {}),
      ...(options.recorded ? { recorded: options.recorded } : {}),
    });
    const compiled = compilePlaybook(document, overrides);
    diagnostics.push(...found, ...compiled.diagnostics);
    if (compiled.playbook && !hasErrors(found))
      playbooks.push(options.mode === undefined ? compiled.playbook : inMode(compiled.playbook, options.mode));
  }
  if (overrides)
    diagnostics.push(
      ...checkOverrides(
        overrides,
        documents.map(({ value }) => value),
        options.nowMs,
      ),
    );
  playbooks.sort((a, b) => (a.id < b.id ? -1 : 1));
  diagnostics.push(...unheard(correlations, documents, sources));
  diagnostics.push(...subsumed(playbooks, documents));
  return { playbooks, correlations, diagnostics };
}

/**
 * `paths`: files, or folders of which every `.yaml` and `.yml` directly inside is read. Never throws for what is in
 * files; a path that cannot be read is a diagnostic.
 */
export function loadPlaybooks(paths: readonly string[], options: LoadOptions = {}): LoadedPlaybooks {
  const { sources, diagnostics } = readSources(paths);
  const overrides =
    options.overrides === undefined ? { source: undefined, diagnostics: [] } : readSource(options.overrides);
  const loaded = compilePlaybooks(sources, overrides.source, { recorded: isRecorded, ...options });
  return {
    playbooks: loaded.playbooks,
    correlations: loaded.correlations,
    diagnostics: [...diagnostics, ...overrides.diagnostics, ...loaded.diagnostics],
  };
}
