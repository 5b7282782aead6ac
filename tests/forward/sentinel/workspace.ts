/** A workspace peer with the project's own streams, and the configuration of a sink that sends there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../services/runtime/config.js';
import { streamName } from '../../../services/forward/sentinel/column.js';
import type { SentinelConfig } from '../../../services/forward/sentinel/config.js';
import { TABLES } from '../../../services/forward/sentinel/tables.js';
import { LogAnalytics } from '../../peers/log-analytics.js';

export interface Workspace {
  logs: LogAnalytics;
  folder: string;
  /** As written in `forward.sinks`. */
  written: Record<string, unknown>;
  sink(changes?: Record<string, unknown>): SentinelConfig;
  stop(): Promise<void>;
}

export async function workspace(): Promise<Workspace> {
  const logs = await LogAnalytics.start(
    new Map(Object.values(TABLES).map((table) => [streamName(table), table.columns])),
  );
  const folder = mkdtempSync(join(tmpdir(), 'stepdown-sentinel-'));
  writeFileSync(join(folder, 'ca.pem'), logs.ca);
  writeFileSync(join(folder, 'assertion'), 'a-federated-token');
  const written = {
    type: 'sentinel',
    endpoint: logs.url,
    rule: logs.ruleId,
    credential: 'workload-identity',
    clientId: logs.authority.clientId,
    tenantId: logs.authority.tenantId,
    tokenFile: join(folder, 'assertion'),
    authority: logs.authority.url,
    ca: join(folder, 'ca.pem'),
    timeout: '1s',
  };
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
