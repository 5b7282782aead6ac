/** Text → a document of the right shape, or every fault in it with file:line:column. */
import { Correlation } from '../../../schemas/correlation.js';
import { Overrides } from '../../../schemas/overrides.js';
import { Playbook } from '../../../schemas/playbook.js';
import type { Static, TSchema } from '@sinclair/typebox';
import { parseYaml, type YamlDocument } from '../../runtime/yaml.js';
import type { Diagnostic, DiagnosticCode } from './diagnostic.js';
import { placeInScalar } from './scalar-place.js';
import { yamlDiagnostics } from './yaml-words.js';
import { checkShape } from './shape.js';

export interface Source {
  file: string;
  text: string;
}

/** A document with the way back from a JSON pointer (and a place inside a text there) to the file. */
export interface Located<T> {
  value: T;
  file: string;
  readonly at: (
    code: DiagnosticCode,
    pointer: string,
    message: string,
    more?: { mend?: string | undefined; severity?: 'warning'; offset?: number },
  ) => Diagnostic;
}

const MAX_BYTES = 256 * 1024;

/** Where a character inside a text stands in the file; where that cannot be told, the text itself. */
function inner(source: Source, document: YamlDocument, pointer: string, offset: number) {
  const place = document.placeOf(pointer);
  const { line, column } = place;
  const value = valueAt(document.value, pointer);
  if (line === undefined || column === undefined || typeof value !== 'string') return place;
  const rows = source.text.replace(/^\uFEFF/, '').split(/\r?\n/);
  return { ...place, ...placeInScalar(rows, { line, column }, value, offset) };
}

function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined),
      value,
    );
}

export type ParseOutcome<T> = { ok: true; document: Located<T> } | { ok: false; diagnostics: Diagnostic[] };

/** By its `kind:` line alone, so that a file with faults is still told as what it was meant to be. */
export function isCorrelation({ text }: Source): boolean {
  return /^kind:[ \t]*["']?Correlation\b/m.test(text);
}

function parseDocument<S extends TSchema>(source: Source, schema: S, kind: string): ParseOutcome<Static<S>> {
  const outcome = parseYaml(source.text, { file: source.file, maxBytes: MAX_BYTES, maxAliases: 20 });
  if (!outcome.ok) {
    return { ok: false, diagnostics: yamlDiagnostics(outcome.faults) };
  }
  const { document } = outcome;
  const value = document.value as { apiVersion?: unknown; kind?: unknown } | undefined;
  const at: Located<unknown>['at'] = (code, pointer, message, more = {}) => ({
    code,
    severity: more.severity ?? 'error',
    message,
    ...(more.mend ? { mend: more.mend } : {}),
    place: more.offset === undefined ? document.placeOf(pointer) : inner(source, document, pointer, more.offset),
  });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return {
      ok: false,
      diagnostics: [
        at('PB002', '', `this is no ${kind}`, { mend: `begin with apiVersion: stepdown/v1 and kind: ${kind}` }),
      ],
    };
  }
  if (value.kind !== kind || value.apiVersion !== 'stepdown/v1') {
    const pointer = value.kind === kind ? '/apiVersion' : '/kind';
    return {
      ok: false,
      diagnostics: [
        at('PB002', pointer, `this is no ${kind} of version stepdown/v1`, {
          mend: `write apiVersion: stepdown/v1 and kind: ${kind}`,
        }),
      ],
    };
  }
  const faults = checkShape(schema, value);
  if (faults.length > 0) {
    return {
      ok: false,
      diagnostics: faults.map((fault) => ({
        code: fault.code,
        severity: 'error',
        message: fault.message,
        ...(fault.mend ? { mend: fault.mend } : {}),
        place: document.placeOf(fault.pointer, fault.part),
      })),
    };
  }
  return { ok: true, document: { value: value, file: source.file, at } };
}

export const parsePlaybook = (source: Source) => parseDocument(source, Playbook, 'Playbook');
export const parseOverrides = (source: Source) => parseDocument(source, Overrides, 'Overrides');
export const parseCorrelation = (source: Source) => parseDocument(source, Correlation, 'Correlation');
