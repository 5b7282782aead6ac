/**
 * Takes up changed playbooks and overrides while the engine runs. The new set replaces the old one at once and whole. A
 * file that became faulty keeps its last good form: a typo must not switch protection off.
 */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Diagnostic, describeDiagnostic } from '../diagnostic.js';
import type { LoadedPlaybooks } from '../load.js';
import type { CompiledCorrelation } from '../correlation.js';
import type { CompiledPlaybook } from '../types.js';
import type { Config } from '../../../runtime/config.js';
import type { Log } from '../../../runtime/log.js';
import { playbookPaths } from './configured.js';
import { keepGoodTexts, readPlaybooks } from './last-good.js';

/** Editors write a file in several steps. */
const SETTLE_MS = 150;

export class PlaybookWatch {
  readonly #config: Pick<Config, 'respond' | 'dataDir'>;
  readonly #log: Log;
  readonly #findingTypes: readonly string[] | undefined;
  readonly #use: (playbooks: readonly CompiledPlaybook[], correlations: readonly CompiledCorrelation[]) => void;
  readonly #watchers: FSWatcher[] = [];
  #current: readonly CompiledPlaybook[];
  #correlations: readonly CompiledCorrelation[];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    config: Pick<Config, 'respond' | 'dataDir'>,
    loaded: LoadedPlaybooks,
    log: Log,
    use: (playbooks: readonly CompiledPlaybook[], correlations: readonly CompiledCorrelation[]) => void,
    findingTypes?: readonly string[],
  ) {
    this.#findingTypes = findingTypes;
    this.#config = config;
    this.#current = loaded.playbooks;
    this.#correlations = loaded.correlations;
    this.#log = log;
    this.#use = use;
  }

  /** Folders are watched, not files: a file that is replaced is another file. */
  start(): void {
    const folders = new Set([...playbookPaths(this.#config), this.#config.respond.overrides].map(folderOf));
    for (const folder of folders) {
      try {
        const watcher = watch(folder, { persistent: false }, (_event, name) => {
          // The folder of the overrides may hold much else that changes.
          if (name === null || /\.ya?ml$/i.test(name) || name === basename(this.#config.respond.overrides))
            this.#soon();
        });
        watcher.on('error', (error) =>
          this.#log.warn(
            { err: error, folder },
            'changes in this folder are no longer noticed; send SIGHUP after a change',
          ),
        );
        this.#watchers.push(watcher);
      } catch (error) {
        this.#log.warn({ err: error, folder }, 'changes in this folder are not noticed; send SIGHUP after a change');
      }
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  reload(): void {
    const read = readPlaybooks(this.#config, {
      nowMs: Date.now(),
      ...(this.#findingTypes === undefined ? {} : { findingTypes: this.#findingTypes }),
    });
    keepGoodTexts(this.#config, read, this.#log);
    const { playbooks, correlations, diagnostics } = read;
    const { overrides } = this.#config.respond;
    const next = keepGood(this.#current, playbooks, diagnostics, overrides);
    const counted = keepGood(this.#correlations, correlations, diagnostics, overrides);
    const same = sameSet(next.playbooks, this.#current) && sameSet(counted.playbooks, this.#correlations);
    if (same && diagnostics.length === 0) return;
    for (const diagnostic of diagnostics)
      this.#log[diagnostic.severity === 'error' ? 'error' : 'warn'](describeDiagnostic(diagnostic));
    this.#current = next.playbooks;
    this.#correlations = counted.playbooks;
    this.#use(next.playbooks, counted.playbooks);
    this.#log.info({ playbooks: next.playbooks.length, kept: next.kept }, 'playbooks are read again');
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      try {
        this.reload();
      } catch (error) {
        this.#log.error({ err: error }, 'playbooks could not be read again; the last ones stay');
      }
    }, SETTLE_MS);
    this.#timer.unref();
  }
}

/** By what was compiled into each: functions, and values inside them, compare as nothing. */
function sameSet(a: readonly { digest: string }[], b: readonly { digest: string }[]): boolean {
  return a.length === b.length && a.every(({ digest }, at) => digest === b[at]?.digest);
}

/**
 * The new playbooks, and the old form of those whose file has an error now. Where the overrides are faulty nothing can be
 * said of any: without them every promoted playbook would fall back to observing, so the whole old set stays.
 */
export function keepGood<T extends { readonly id: string; readonly file: string }>(
  before: readonly T[],
  now: readonly T[],
  diagnostics: readonly Diagnostic[],
  overrides?: string,
): { playbooks: T[]; kept: string[] } {
  const faulty = new Set(diagnostics.filter(({ severity }) => severity === 'error').map(({ place }) => place.file));
  if (overrides !== undefined && faulty.has(overrides))
    return { playbooks: [...before], kept: before.map(({ id }) => id) };
  const ids = new Set(now.map(({ id }) => id));
  const kept = before.filter(({ id, file }) => !ids.has(id) && faulty.has(file));
  return { playbooks: [...now, ...kept].sort((a, b) => (a.id < b.id ? -1 : 1)), kept: kept.map(({ id }) => id) };
}

function folderOf(path: string): string {
  try {
    return statSync(path).isDirectory() ? path : dirname(path);
  } catch {
    return dirname(path);
  }
}
