/** A workspace peer with the project's own streams, and the configuration of a sink that sends there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWorkspace } from '../../../services/cli/demo/workspace/open.js';
import { loadConfig } from '../../../services/runtime/config.js';
import type { SentinelConfig } from '../../../services/forward/sentinel/config.js';
import type { LogAnalytics } from '../../peers/log-analytics.js';

export interface Workspace {
  logs: LogAnalytics;
  folder: string;
  /** As written in `forward.sinks`. */
  written: Record<string, unknown>;
  sink(changes?: Record<string, unknown>): SentinelConfig;
  stop(): Promise<void>;
}

export async function workspace(): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), 'stepdown-sentinel-'));
  const { logs, sink } = await openWorkspace(folder);
  const written = { ...sink, timeout: '1s' };
  return {
    logs,
    folder,
    written,
    sink: (changes = {}) => {
      const { forward } = loadConfig({ env: {}, overrides: { forward: { sinks: [{ ...written, ...changes }] } } });
      return forward.sinks[0] as SentinelConfig;
    },
    stop: async () => {
      await logs.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
