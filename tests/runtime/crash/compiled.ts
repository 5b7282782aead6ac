/**
 * The sources as plain JavaScript in a folder of their own, for child processes that are to be killed. Made from what is
 * in the working tree, so that no stale build is tested.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../../..');
const FOLDERS = ['schemas', 'services/runtime', 'tests/runtime/crash'];

/** `more`: further folders of the project that the children need. Returns the folder; whoever asks removes it. */
export function compileSources(more: readonly string[] = []): string {
  const out = mkdtempSync(join(tmpdir(), 'stepdown-compiled-'));
  for (const folder of [...FOLDERS, ...more]) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      const source = readFileSync(join(ROOT, folder, name), 'utf8');
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
      });
      const target = join(out, folder, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, outputText);
    }
  }
  writeFileSync(join(out, 'package.json'), '{"type":"module"}');
  symlinkSync(join(ROOT, 'node_modules'), join(out, 'node_modules'));
  return out;
}
