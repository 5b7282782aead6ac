/**
 * What belongs to a playbook that is given as a file of its own: the correlations in its folder whose finding it listens to.
 * Whoever checks or tries one file need not know which others it stands on; the engine loads what the configuration names.
 */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readSource } from './read.js';

const CORRELATION = /^kind:[ \t]*["']?Correlation\b/m;
const EMITS = /^emits:[ \t]*["']?([\w.*-]+)/m;

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** The paths, and the files of those correlations. What cannot be read is left to whoever reads the paths. */
export function withCorrelations(paths: readonly string[]): string[] {
  const files = paths.filter(isFile);
  const folders = new Set(paths.map((path) => resolve(path)));
  const given = new Set(files.map((file) => resolve(file)));
  const texts = files.map((file) => readSource(file).source?.text ?? '');
  const beside = [...new Set(files.map((file) => dirname(file)))].flatMap((folder) =>
    // A folder that is given itself is read whole.
    folders.has(resolve(folder)) ? [] : correlationsIn(folder, texts),
  );
  return [...paths, ...beside.filter((file) => !given.has(resolve(file)))];
}

function correlationsIn(folder: string, texts: readonly string[]): string[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /\.ya?ml$/i.test(name));
  } catch {
    return [];
  }
  return names
    .sort()
    .map((name) => join(folder, name))
    .filter((file) => {
      const text = isFile(file) ? (readSource(file).source?.text ?? '') : '';
      const emitted = CORRELATION.test(text) ? EMITS.exec(text)?.[1] : undefined;
      // All of a family may be listened to: `correlation.*`.
      const family = `${emitted?.split('.')[0] ?? ''}.*`;
      return emitted !== undefined && texts.some((each) => each.includes(emitted) || each.includes(family));
    });
}
