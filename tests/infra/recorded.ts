/**
 * What a tool made of files here, kept beside the tests: where the tool is, it is asked and compared (`-u` keeps it anew); where
 * it is not, what is kept is taken for its word as long as none of the files has changed since.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'vitest';

const FOLDER = join(import.meta.dirname, 'recorded');

/** Of what the tool is given: files by their paths under a folder and their contents, and anything else it is told. */
export function digestOf(folder: string, told: unknown, files: readonly string[] = filesIn(folder)): string {
  const hash = createHash('sha256').update(JSON.stringify(told));
  for (const file of [...files].sort()) hash.update(`\n${file}\n`).update(readFileSync(join(folder, file)));
  return hash.digest('hex');
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Records of two versions of a tool may differ in words; where they mean the same, what is kept stays. */
export interface Asked {
  ask: () => string;
  same: (kept: string, made: string) => boolean;
}

/**
 * @param name of the record
 * @param digest of what the tool was given
 * @param asked `undefined` where the tool is not installed
 */
export async function recorded(name: string, digest: string, asked: Asked | undefined): Promise<string> {
  const path = join(FOLDER, name);
  const head = `# Made of ${digest}\n`;
  const whole = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const kept = whole.startsWith(head) ? whole.slice(head.length) : undefined;
  if (asked !== undefined) {
    const made = asked.ask();
    if (kept === undefined || !asked.same(kept, made)) await expect(`${head}${made}`).toMatchFileSnapshot(path);
    return made;
  }
  if (kept === undefined)
    throw new Error(`${path} is not of what is here now: run this test with -u where the tool is installed`);
  return kept;
}
