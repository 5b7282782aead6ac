/** What a guard is given, and where the rest comes from. */
import { readFileSync } from 'node:fs';
import type { EffectClass } from '../../schemas/common.js';

export interface AgentName {
  id: string;
  name?: string;
  version?: string;
  /** The kind of agent, where `id` names one instance. */
  blueprint?: string;
}

/** What happens when no answer comes in time. */
export interface WhenUnreachable {
  /** Calls known to only read. Default `allow`: they run, and are reported afterwards. */
  reads: 'allow' | 'block';
  /** All other calls, and those of which nothing is known. Default `block`. */
  sideEffects: 'allow' | 'block';
  /** A result that could not be reported. Default `show`: calls that could follow from it are still refused. */
  results: 'show' | 'withhold';
}

/** Something the agent's operator should know; never thrown. */
export interface Notice {
  kind: 'unreachable' | 'reachable' | 'refused-by-engine' | 'dropped' | 'not-guarded';
  message: string;
  /** For `dropped`: how many reports were lost since the start. */
  dropped?: number;
}

export interface GuardOptions {
  agent: string | AgentName;
  /** Default: `STEPDOWN_URL`, else http://127.0.0.1:4320. */
  url?: string;
  /** Default: `STEPDOWN_TOKEN`, else the file `STEPDOWN_TOKEN_FILE`, else `./.stepdown/agent-token`. */
  token?: string;
  /** Joins what the guard tells with what the process's own telemetry tells. Default: `OTEL_SERVICE_NAME`. */
  service?: string;
  /** How long a decision may take before it counts as none. Default 1000. */
  timeoutMs?: number;
  /** How long the engine may take to act on a result. Default 3000. */
  resultTimeoutMs?: number;
  /** How long a call waits for a person before it is refused for now. Default 60000; 0: not at all. */
  approvalWaitMs?: number;
  whenUnreachable?: Partial<WhenUnreachable>;
  /** What tools do, by name, where their names and descriptions do not tell. The engine's baseline policy counts more. */
  effects?: Record<string, readonly EffectClass[]>;
  /** Reports kept while the engine cannot be reached. Default 1000; the oldest go first and are counted. */
  bufferSize?: number;
  /** Default: each is said once, as a warning of the process (`process.on('warning')`). */
  onNotice?: (notice: Notice) => void;
}

export interface Settings {
  agent: AgentName;
  url: string;
  token: string | undefined;
  /** Where a token was looked for that nobody gave. */
  tokenFile: string;
  service: string | undefined;
  timeoutMs: number;
  resultTimeoutMs: number;
  approvalWaitMs: number;
  whenUnreachable: WhenUnreachable;
  effects: Record<string, readonly EffectClass[]>;
  bufferSize: number;
  onNotice: (notice: Notice) => void;
}

export const DEFAULT_URL = 'http://127.0.0.1:4320';
export const DEFAULT_TOKEN_FILE = './.stepdown/agent-token';

export function settingsOf(options: GuardOptions, environment: NodeJS.ProcessEnv = process.env): Settings {
  const tokenFile = environment.STEPDOWN_TOKEN_FILE ?? DEFAULT_TOKEN_FILE;
  const url = (options.url ?? environment.STEPDOWN_URL ?? DEFAULT_URL).replace(/\/+$/, '');
  const listener = options.onNotice ?? warnOnce(url);
  return {
    agent: typeof options.agent === 'string' ? { id: options.agent } : options.agent,
    url,
    token: options.token ?? environment.STEPDOWN_TOKEN ?? tokenIn(tokenFile),
    tokenFile,
    service: options.service ?? environment.OTEL_SERVICE_NAME,
    timeoutMs: options.timeoutMs ?? 1_000,
    resultTimeoutMs: options.resultTimeoutMs ?? 3_000,
    approvalWaitMs: options.approvalWaitMs ?? 60_000,
    whenUnreachable: { reads: 'allow', sideEffects: 'block', results: 'show', ...options.whenUnreachable },
    effects: options.effects ?? {},
    bufferSize: options.bufferSize ?? 1_000,
    onNotice: (notice) => {
      try {
        listener(notice);
      } catch {
        // The agent's own code must not stop its guard.
      }
    },
  };
}

/** No token is no error here: the engine will say so, and the guard then acts as without an answer. */
function tokenIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Which different notices are said; beyond it something repeats itself in ever new words. */
const WARNINGS = 50;

/** A guard that nobody listens to must not fail silently, nor fill a log. */
function warnOnce(url: string): (notice: Notice) => void {
  const said = new Set<string>();
  return ({ kind, message }) => {
    const key = kind === 'not-guarded' || kind === 'refused-by-engine' ? message : kind;
    if (said.has(key) || said.size >= WARNINGS) return;
    said.add(key);
    process.emitWarning(`${kind} (${url}): ${message}`, 'StepdownGuardWarning');
  };
}
