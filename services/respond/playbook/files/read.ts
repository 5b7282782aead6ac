/** Reads playbook and override files; what cannot be read is a diagnostic. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { utf8Text } from '../../../runtime/utf8-text.js';
import type { Diagnostic } from '../diagnostic.js';
import type { Source } from '../parse.js';

const unreadable = (file: string, error: unknown): Diagnostic => ({
  code: 'PB040',
  severity: 'error',
  message: error instanceof Error ? error.message : String(error),
  mend: 'check the path and its permissions',
  place: { file },
});

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** @throws whatever reading the file throws */
function decoded(file: string): { source: Source } | { fault: Diagnostic } {
  const outcome = utf8Text(readFileSync(file));
  if (outcome.ok) return { source: { file, text: outcome.text } };
  const { message, mend, line, column } = outcome;
  return { fault: { code: 'PB001', severity: 'error', message, mend, place: { file, line, column } } };
}

/** One file; a missing one is no fault and no source. */
export function readSource(file: string): { source: Source | undefined; diagnostics: Diagnostic[] } {
  try {
    const read = decoded(file);
    return 'source' in read
      ? { source: read.source, diagnostics: [] }
      : { source: undefined, diagnostics: [read.fault] };
  } catch (error) {
    return { source: undefined, diagnostics: isMissing(error) ? [] : [unreadable(file, error)] };
  }
}

/** What else of ours stands in the same folder, by its name or its own word: one that only forgot its kind is none of it. */
const CONFIGURATION = /^stepdown\.ya?ml$/i;
const isOther = ({ text }: Source): boolean => /^kind:[ \t]*["']?(?:Overrides|BaselinePolicy)\b/m.test(text);

/** Files as given; of folders every `.yaml` and `.yml` directly inside but those of another kind, in the order of their names. */
export function readSources(paths: readonly string[]): { sources: Source[]; diagnostics: Diagnostic[] } {
  const sources: Source[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const path of paths) {
    try {
      const folder = statSync(path).isDirectory();
      const files = folder
        ? readdirSync(path)
            .filter((name) => /\.ya?ml$/i.test(name) && !CONFIGURATION.test(name))
            .sort()
            .map((name) => join(path, name))
        : [path];
      for (const file of files) {
        const read = decoded(file);
        if ('source' in read) {
          if (!folder || !isOther(read.source)) sources.push(read.source);
        } else diagnostics.push(read.fault);
      }
    } catch (error) {
      diagnostics.push(unreadable(path, error));
    }
  }
  return { sources, diagnostics };
}

/** Whether the recording that a test in this file names is there. */
export function isRecorded(playbookFile: string, events: string): boolean {
  return existsSync(resolve(dirname(playbookFile), events));
}
