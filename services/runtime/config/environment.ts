/** Environment variables over the file: `STEPDOWN_GATEWAY_PORT` is `gateway.port`. */
import { nearest } from '../nearness.js';
import { parseYaml } from '../yaml.js';
import { type Fault, readShape } from './reader.js';
import type { Keys, Shape } from './shape.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the same prefix that are no keys: the file's own place, and what the guard and the client read. */
const OTHER_VARIABLES = new Set(['STEPDOWN_CONFIG', 'STEPDOWN_TOKEN', 'STEPDOWN_TOKEN_FILE', 'STEPDOWN_URL']);
/** What Kubernetes sets in every container beside a service named `stepdown…`; refusing those would refuse to start. */
const OF_KUBERNETES =
  /^STEPDOWN_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;

/** `['ingest', 'otlp', 'maxBody']` → `STEPDOWN_INGEST_OTLP_MAX_BODY`. */
export function variableName(path: readonly string[]): string {
  return `STEPDOWN_${path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('_')}`;
}

export interface Leaf {
  path: readonly string[];
  shape: Exclude<Shape, { kind: 'section' }>;
}

/** Every key that holds a value, in the order they are declared. */
export function leaves(keys: Keys, path: readonly string[] = []): Leaf[] {
  return Object.entries(keys).flatMap(([name, shape]) => {
    const here = [...path, name];
    return shape.kind === 'section' ? leaves(shape.keys, here) : [{ path: here, shape }];
  });
}

export interface VariableFault {
  variable: string;
  message: string;
  mend?: string;
}

export interface FromEnvironment {
  /** In the shape of the file, to be laid over it. */
  values: { path: readonly string[]; value: unknown; variable: string }[];
  faults: VariableFault[];
}

/** Reads `STEPDOWN_…`. An empty variable counts as not set, as shells and compose files write it. */
export function readEnvironment(keys: Keys, env: Environment, baseDir: string): FromEnvironment {
  const byVariable = new Map(leaves(keys).map((leaf) => [variableName(leaf.path), leaf]));
  const result: FromEnvironment = { values: [], faults: [] };
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('STEPDOWN_') || text === undefined || text === '') continue;
    const leaf = byVariable.get(variable);
    if (leaf === undefined) {
      if (OTHER_VARIABLES.has(variable) || OF_KUBERNETES.test(variable)) continue;
      const meant = nearest(variable, byVariable.keys());
      result.faults.push({
        variable,
        message: 'is no known setting',
        ...(meant === undefined ? {} : { mend: `did you mean ${meant}?` }),
      });
      continue;
    }
    const value = valueOf(leaf.shape, text);
    const faults: Fault[] = [];
    // Read once here, so that the fault names the variable; the merged whole is read again.
    readShape(leaf.shape, value, `/${leaf.path.join('/')}`, { faults, baseDir });
    for (const fault of faults)
      result.faults.push({
        variable,
        message: fault.message,
        ...(fault.mend === undefined ? {} : { mend: fault.mend }),
      });
    if (faults.length === 0) result.values.push({ path: leaf.path, value, variable });
  }
  return result;
}

/** A variable's text as the file would have told it. Lists: separated by commas, or YAML in brackets. */
function valueOf(shape: Leaf['shape'], text: string): unknown {
  switch (shape.kind) {
    case 'flag':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
    case 'list':
    case 'variant': {
      if (shape.kind === 'list' && !text.trimStart().startsWith('['))
        return text
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '');
      const parsed = parseYaml(text, { secretive: true });
      return parsed.ok ? parsed.document.value : text;
    }
    case 'text':
    case 'path':
    case 'choice':
    case 'duration':
    case 'size':
      return text;
  }
}
