/**
 * The last good text of the overrides and of each playbook file, kept in the data folder. A running engine holds on to what it
 * had when a file becomes faulty; started again it would have nothing to hold on to, and a typo in the overrides would have put
 * every promoted playbook back to observing.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../../runtime/config.js';
import type { Log } from '../../../runtime/log.js';
import { compilePlaybooks, type CompileOptions, type LoadedPlaybooks } from '../load.js';
import type { Source } from '../parse.js';
import { playbookPaths } from './configured.js';
import { isRecorded, readSource, readSources } from './read.js';

export const LAST_GOOD_FILE = 'playbooks.good.json';

type Places = Pick<Config, 'respond' | 'dataDir'>;

export interface ReadPlaybooks extends LoadedPlaybooks {
  sources: readonly Source[];
  overrides: Source | undefined;
}

/** The configured files as they are now. */
export function readPlaybooks(config: Places, options: CompileOptions): ReadPlaybooks {
  const { sources, diagnostics } = readSources(playbookPaths(config));
  const overrides = readSource(config.respond.overrides);
  const loaded = compilePlaybooks(sources, overrides.source, { recorded: isRecorded, ...options });
  return {
    ...loaded,
    sources,
    overrides: overrides.source,
    diagnostics: [...diagnostics, ...overrides.diagnostics, ...loaded.diagnostics],
  };
}

const faultyFiles = ({ diagnostics }: LoadedPlaybooks): Set<string> =>
  new Set(
    diagnostics.flatMap(({ severity, place }) =>
      severity === 'error' && place.file !== undefined ? [place.file] : [],
    ),
  );

/** By file; empty where nothing was kept, or what was kept cannot be read. */
function keptTexts(config: Places): Readonly<Record<string, string>> {
  try {
    const kept: unknown = JSON.parse(readFileSync(join(config.dataDir, LAST_GOOD_FILE), 'utf8'));
    const texts = Object.entries(kept ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return Object.fromEntries(texts);
  } catch {
    return {};
  }
}

/**
 * Keeps the texts that are right, beside the last right ones of those that are not. A file that is gone is forgotten. Without a
 * data folder there is nothing to keep it in; where it cannot be written the engine runs on, and says so.
 */
export function keepGoodTexts(config: Places, read: ReadPlaybooks, log: Pick<Log, 'warn'>): void {
  try {
    if (existsSync(config.dataDir)) keep(config, read);
  } catch (error) {
    log.warn({ err: error }, 'playbooks as they are now could not be kept for a start with faulty files');
  }
}

function keep(config: Places, read: ReadPlaybooks): void {
  const faulty = faultyFiles(read);
  const before = keptTexts(config);
  const now: Record<string, string> = {};
  for (const { file, text } of [...read.sources, ...(read.overrides === undefined ? [] : [read.overrides])])
    if (!faulty.has(file)) now[file] = text;
  for (const file of faulty) if (before[file] !== undefined) now[file] = before[file];
  const text = `${JSON.stringify(now)}\n`;
  const place = join(config.dataDir, LAST_GOOD_FILE);
  if (existsSync(place) && readFileSync(place, 'utf8') === text) return;
  const draft = `${place}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, place);
}

/** As an engine starts with them: a faulty file stands as it was when it was last right. `kept`: which do. */
export function startingPlaybooks(config: Places, options: CompileOptions): ReadPlaybooks & { kept: string[] } {
  const read = readPlaybooks(config, options);
  const texts = keptTexts(config);
  const kept = [...faultyFiles(read)].filter((file) => texts[file] !== undefined);
  if (kept.length === 0) return { ...read, kept };
  const former = (file: string): Source => ({ file, text: texts[file] ?? '' });
  const { overrides: place } = config.respond;
  const others = read.sources.filter(({ file }) => !kept.includes(file));
  const { playbooks, correlations } = compilePlaybooks(
    [...others, ...kept.filter((file) => file !== place).map(former)],
    kept.includes(place) ? former(place) : read.overrides,
    options,
  );
  return { ...read, playbooks, correlations, kept };
}
