/** A workspace on loopback with the project's own streams, and the sink that sends there as it would send to Azure. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { streamName } from '../../../forward/sentinel/column.js';
import { TABLES } from '../../../forward/sentinel/tables.js';
import { LogAnalytics } from './log-analytics.js';

export interface DemoWorkspace {
  logs: LogAnalytics;
  /** As written in `forward.sinks`: https, a federated identity, a data collection rule. */
  sink: Readonly<Record<string, string>>;
}

/** @param folder where the authority's certificate and the workload's assertion are put */
export async function openWorkspace(folder: string): Promise<DemoWorkspace> {
  const logs = await LogAnalytics.start(
    new Map(Object.values(TABLES).map((table) => [streamName(table), table.columns])),
  );
  const ca = join(folder, 'workspace-ca.pem');
  const tokenFile = join(folder, 'workload-assertion');
  writeFileSync(ca, logs.ca);
  writeFileSync(tokenFile, 'a-federated-token', { mode: 0o600 });
  return {
    logs,
    sink: {
      type: 'sentinel',
      endpoint: logs.url,
      rule: logs.ruleId,
      credential: 'workload-identity',
      clientId: logs.authority.clientId,
      tenantId: logs.authority.tenantId,
      tokenFile,
      authority: logs.authority.url,
      ca,
    },
  };
}
