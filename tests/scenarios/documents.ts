/** Reads what the project's documents say: fenced examples, commands, links. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export interface Document {
  /** Relative to the project. */
  file: string;
  text: string;
}

const SKIPPED = new Set(['node_modules', 'dist', '.git', 'coverage']);

export function documents(folder = root): Document[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name) || (entry.name.startsWith('.') && entry.isDirectory())) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return documents(path);
    return entry.name.endsWith('.md') ? [{ file: relative(root, path), text: readFileSync(path, 'utf8') }] : [];
  });
}

/** Fenced blocks in one language, also those indented below a list item, without that indentation. */
export function fenced(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^([ ]*)\`\`\`${language}\\n([\\s\\S]*?)^\\1\`\`\``, 'gm'))].map(
    ([, indent = '', body = '']) =>
      body
        .split('\n')
        .map((line) => line.slice(indent.length))
        .join('\n'),
  );
}

/** Targets of links and pictures outside of code. */
export function links(text: string): string[] {
  const prose = text.replace(/^[ ]*```[\s\S]*?^[ ]*```/gm, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The name under which a heading can be linked to, as code hosts make it. */
export function anchors(text: string): Set<string> {
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Command lines of `stepdown`, without that word: from code spans, shell blocks and indented code. */
export function commandLines(text: string): string[] {
  const shell = [...fenced(text, 'sh'), ...[...text.matchAll(/^ {4}(stepdown .*)$/gm)].map(([, line = '']) => line)]
    .join('\n')
    .split('\n');
  const spans = [...text.replace(/^[ ]*```[\s\S]*?^[ ]*```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, span = '']) => span,
  );
  return [...shell, ...spans].flatMap((line) => {
    const found = /^\s*(?:npx )?stepdown (?![/])(.+)$/.exec(line.replace(/\s#.*$/, ''));
    return found === null ? [] : [found[1]!.trim()];
  });
}

/** As a shell takes a line apart: quotes hold words together. */
export function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare!);
}
