/** The overrides file, read and replaced as a whole: an engine that watches it never reads half of it. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Empty where there is none. */
export function readOverridesText(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Whole or not at all. */
export function replaceOverridesText(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}
