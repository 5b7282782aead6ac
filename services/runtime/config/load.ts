/** Finds, reads and checks the configuration; says everything that is wrong with it at once. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Place, StepdownError } from '../errors.js';
import { parseYaml } from '../yaml.js';
import { type Environment, readEnvironment } from './environment.js';
import { type Config, CONFIG_KEYS } from './keys.js';
import { type Fault, readShape } from './reader.js';
import { crossFaults } from './rules.js';
import { section } from './shape.js';

export interface LoadOptions {
  /** The file that was asked for by name; it must exist. Else `STEPDOWN_CONFIG`, else `./stepdown.yaml` where there is one. */
  file?: string;
  /** Default: the process's. */
  env?: Environment;
  /** Values in the form of the file (`{ gateway: { port: 0 } }`), from the command line or a test; they win over all else. */
  overrides?: Readonly<Record<string, unknown>>;
}

/** One thing that is wrong with the configuration. */
export interface ConfigFault {
  message: string;
  place: Place;
  mend?: string;
}

export class ConfigError extends StepdownError {
  readonly faults: readonly ConfigFault[];
  constructor(faults: readonly ConfigFault[]) {
    const [first] = faults;
    super('config-invalid', first?.message ?? 'the configuration is wrong', {
      ...(first === undefined ? {} : { place: first.place }),
      ...(first?.mend === undefined ? {} : { mend: first.mend }),
    });
    this.faults = faults;
  }
  /** Every fault, one a line. */
  override describe(): string {
    return this.faults
      .map(({ message, place, mend }) =>
        new StepdownError('config-invalid', message, { place, ...(mend === undefined ? {} : { mend }) }).describe(),
      )
      .join('\n');
  }
}

const ROOT = section('stepdown.yaml', CONFIG_KEYS);
const WHOLE_FILE_LIMIT = 1024 * 1024;

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lays one tree over another; lists and values replace. */
function over(below: unknown, above: unknown): unknown {
  if (!isTree(below) || !isTree(above)) return above;
  const result: Tree = { ...below };
  for (const [key, value] of Object.entries(above))
    result[key] = value === undefined ? below[key] : over(below[key], value);
  return result;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

function faultPlace(fault: Fault, placeOf: (pointer: string, part: 'value' | 'key') => Place): ConfigFault {
  return {
    message: fault.message,
    place: placeOf(fault.pointer, fault.part),
    ...(fault.mend === undefined ? {} : { mend: fault.mend }),
  };
}

function inOrderOfTheFile({ place: a }: ConfigFault, { place: b }: ConfigFault): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/**
 * Reads the configuration.
 * @returns frozen; durations in `…Ms`, sizes in `…Bytes`, paths absolute (the file's are relative to its folder)
 * @throws ConfigError (`config-invalid`) naming every fault by file:line:column, variable or option
 */
export function loadConfig(options: LoadOptions = {}): Config {
  const env = options.env ?? process.env;
  const faults: ConfigFault[] = [];
  const asked = options.file ?? (env['STEPDOWN_CONFIG'] || undefined);
  const file =
    asked !== undefined ? resolve(asked) : existsSync('stepdown.yaml') ? resolve('stepdown.yaml') : undefined;

  let fromFile: unknown = {};
  let placeInFile = (pointer: string, _part: 'value' | 'key'): Place => ({ pointer });
  if (file !== undefined) {
    const parsed = parseYaml(readWhole(file, options.file === undefined), {
      file,
      maxBytes: WHOLE_FILE_LIMIT,
      secretive: true,
    });
    if (!parsed.ok) throw new ConfigError(parsed.faults);
    fromFile = parsed.document.value ?? {};
    placeInFile = (pointer, part) => parsed.document.placeOf(pointer, part);
    if (!isTree(fromFile))
      throw new ConfigError([{ message: 'the file must be a section of keys', place: placeInFile('', 'value') }]);
  }
  const baseDir = file === undefined ? process.cwd() : dirname(file);
  const cwd = process.cwd();

  // Each layer is checked by itself, so that a fault is named where it was written.
  const readLayer = (value: unknown, base: string, placeOf: typeof placeInFile): Tree => {
    const context = { faults: [] as Fault[], baseDir: base };
    const read = readShape(ROOT, value, '', context) as Tree;
    faults.push(...context.faults.map((fault) => faultPlace(fault, placeOf)).sort(inOrderOfTheFile));
    return read;
  };
  readLayer(fromFile, baseDir, placeInFile);
  const placeOfOverride = (pointer: string): Place => ({ file: 'option', pointer });
  readLayer(options.overrides ?? {}, cwd, placeOfOverride);
  const fromEnv = readEnvironment(CONFIG_KEYS, env, cwd);
  for (const { variable, message, mend } of fromEnv.faults)
    faults.push({ message, place: { file: variable }, ...(mend === undefined ? {} : { mend }) });
  if (faults.length > 0) throw new ConfigError(faults);

  let upper: Tree = {};
  for (const { path, value } of fromEnv.values) upper = over(upper, nested(path, value)) as Tree;
  upper = over(upper, options.overrides ?? {}) as Tree;
  const merged = beside(file, over(fromFile, absolutePaths(upper, cwd)) as Tree, cwd);
  const context = { faults: [] as Fault[], baseDir };
  const config = readShape(ROOT, merged, '', context) as Config;
  const all = [...context.faults, ...crossFaults(config)];
  if (all.length > 0) throw new ConfigError(all.map((fault) => faultPlace(fault, placeInFile)));
  return deepFreeze(config);
}

/**
 * Overrides lie with the configuration file; where there is none, with the data: never where one happens to stand.
 */
function beside(file: string | undefined, tree: Tree, cwd: string): Tree {
  const respond = isTree(tree['respond']) ? tree['respond'] : {};
  if (file !== undefined || respond['overrides'] !== undefined) return tree;
  const dataDir = typeof tree['dataDir'] === 'string' ? tree['dataDir'] : CONFIG_KEYS.dataDir.default;
  return { ...tree, respond: { ...respond, overrides: join(resolve(cwd, dataDir ?? '.'), 'overrides.yaml') } };
}

function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
}

/** Paths given by variables and options are relative to the working folder, not to the file's. */
function absolutePaths(tree: Tree, cwd: string): Tree {
  const walk = (value: unknown, shape: import('./shape.js').Shape | undefined): unknown => {
    if (shape === undefined) return value;
    if (shape.kind === 'path') return typeof value === 'string' ? resolve(cwd, value) : value;
    if (shape.kind === 'list' && Array.isArray(value)) return value.map((item) => walk(item, shape.item));
    if (shape.kind === 'variant' && isTree(value)) return walk(value, shape.variants[String(value['type'])]);
    if (shape.kind === 'section' && isTree(value))
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, shape.keys[key])]));
    return value;
  };
  return walk(tree, ROOT) as Tree;
}

function readWhole(file: string, mayBeAbsent: boolean): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StepdownError(
      'config-invalid',
      `the configuration cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        place: { file },
        mend: mayBeAbsent ? 'mend STEPDOWN_CONFIG, or unset it' : 'name an existing file with --config',
        cause,
      },
    );
  }
}
