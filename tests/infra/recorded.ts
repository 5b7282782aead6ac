/**
 * What a tool made of files here, kept beside the tests: where the tool is, it is asked and compared (`-u` keeps it anew); where
 * it is not, what is kept is taken for its word as long as none of the files has changed since.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'vitest';

const FOLDER = join(import.meta.dirname, 'recorded');

/** Of what the tool is given: files under a folder by their paths and contents, and anything else it is told. */
export function digestOf(folder: string, told: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(told));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(`\n${relative(folder, file)}\n`).update(readFileSync(file));
  return hash.digest('hex');
}

/**
 * @param name of the record
 * @param digest of what the tool was given
 * @param ask `undefined` where the tool is not installed
 */
export async function recorded(name: string, digest: string, ask: (() => string) | undefined): Promise<string> {
  const path = join(FOLDER, name);
  const head = `# Made of ${digest}\n`;
  if (ask !== undefined) {
    const made = ask();
    await expect(`${head}${made}`).toMatchFileSnapshot(path);
    return made;
  }
  expect(existsSync(path), `${path} is missing: run this test once where the tool is installed`).toBe(true);
  const kept = readFileSync(path, 'utf8');
  expect(
    kept.slice(0, head.length),
    `what ${name} was made of has changed: run this test where the tool is installed, with -u`,
  ).toBe(head);
  return kept.slice(head.length);
}
