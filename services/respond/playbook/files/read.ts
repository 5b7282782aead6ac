/** Reads playbook and override files; what cannot be read is a diagnostic. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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

/** One file; a missing one is no fault and no source. */
export function readSource(file: string): { source: Source | undefined; diagnostics: Diagnostic[] } {
  try {
    return { source: { file, text: readFileSync(file, 'utf8') }, diagnostics: [] };
  } catch (error) {
    return { source: undefined, diagnostics: isMissing(error) ? [] : [unreadable(file, error)] };
  }
}

/** Files as given; of folders every `.yaml` and `.yml` directly inside, in the order of their names. */
export function readSources(paths: readonly string[]): { sources: Source[]; diagnostics: Diagnostic[] } {
  const sources: Source[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const path of paths) {
    try {
      const files = statSync(path).isDirectory()
        ? readdirSync(path)
            .filter((name) => /\.ya?ml$/i.test(name))
            .sort()
            .map((name) => join(path, name))
        : [path];
      for (const file of files) sources.push({ file, text: readFileSync(file, 'utf8') });
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
