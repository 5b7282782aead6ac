/** Opens what `type: sentinel` names: a sink per table, over one client and one identity. */
import { readFileSync } from 'node:fs';
import type { Incident } from '../../../schemas/incident.js';
import { openCredential } from '../../runtime/azure/credential.js';
import { StepdownError } from '../../runtime/errors.js';
import type { OutboxLimits } from '../outbox.js';
import type { ForwardRecord, TableKind } from '../record.js';
import type { OpenedSink, OpenedSinks, SinkEnvironment } from '../sinks/opened.js';
import { openAzureHttp } from './azure-http.js';
import { kindsOf, redactionOf, type SentinelConfig } from './config.js';
import { openIngestion } from './ingestion.js';
import { SecurityInsights } from './incidents/security-insights.js';
import { updateSink } from './incidents/update-sink.js';
import { wayBack } from './incidents/way-back.js';
import { type RedactionPolicy, treated } from './redaction.js';
import { tableSink } from './table-sink.js';

/** Incidents are under the sink's own name, so that an outbox outlives a change of what else is sent. */
function laneName(name: string, kind: TableKind): string {
  return kind === 'incident' ? name : `${name}/${kind}s`;
}

export async function openSentinel(config: SentinelConfig, environment: SinkEnvironment): Promise<OpenedSinks> {
  const { product, now, publicUrl } = environment;
  const kinds = kindsOf(config);
  const redaction = redactionOf(config);
  const ca = config.ca === undefined ? undefined : readCa(config.ca);
  const ingestion = await openIngestion({
    endpoint: config.endpoint,
    ruleId: config.rule,
    credential: () => openCredential(config, { ca }),
    audience: config.audience,
    timeoutMs: config.timeoutMs,
    ca,
    product,
    now,
  });
  const limits: Partial<OutboxLimits> = { maxEntries: config.maxRows, maxAgeMs: config.deadlineMs };
  const tables = kinds.map((kind): OpenedSink => ({
    sink: tableSink(laneName(config.name, kind), kind, {
      ingestion,
      redaction,
      product,
      now,
      ...(publicUrl === undefined ? {} : { publicUrl }),
    }),
    limits,
    ...(kind === 'decision' && config.decisions === 'restricted' ? { wants: restricts } : {}),
  }));
  const incidents = await openIncidents(config, environment, redaction, ca);
  return {
    sinks: [...tables, ...incidents.sinks.map((each) => ({ ...each, limits }))],
    ...(incidents.companion === undefined ? {} : { companion: incidents.companion }),
  };
}

/** Keeping incidents up to date, and the way back; nothing where no workspace is named. */
async function openIncidents(
  config: SentinelConfig,
  { now, random, log, drivers, pauses, product }: SinkEnvironment,
  redaction: RedactionPolicy,
  ca: string | undefined,
): Promise<OpenedSinks> {
  const { workspace, incidents: mode, management, name, pollMs } = config;
  if (workspace === undefined || mode === 'off') return { sinks: [] };
  const http = await openAzureHttp({
    credential: await openCredential(config, { ca }),
    scope: `${management.replace(/\/+$/, '')}/.default`,
    timeoutMs: config.timeoutMs,
    ca,
    product,
  });
  const insights = new SecurityInsights({ http, management, workspace, now });
  const { store, checkpoint } = drivers;
  const shown = (text: string, { entities }: Incident): string => {
    const persons =
      redaction.byClass.person === 'keep' ? [] : entities.filter(({ type }) => type === 'user').map(({ id }) => id);
    const cell = treated(text, redaction.byClass.text, redaction, persons);
    return typeof cell === 'string' ? cell : '[not sent]';
  };
  return {
    sinks: [{ sink: updateSink(`${name}/updates`, { insights, store, sink: name, mode, pollMs, shown, now }) }],
    companion: wayBack({ insights, store, checkpoint, sink: name, pollMs, pauses, now, random, log }),
  };
}

function restricts({ kind, value }: ForwardRecord): boolean {
  return kind !== 'decision' || value.verdict !== 'allow';
}

export function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new StepdownError('config-invalid', `${path} cannot be read`, {
      place: { pointer: '/forward/sinks/ca' },
      mend: 'name a PEM file that the engine may read',
      cause,
    });
  }
}
