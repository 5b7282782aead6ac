/** Opens what `type: sentinel` names: a sink per table, over one client and one identity. */
import { readFileSync } from 'node:fs';
import { openCredential } from '../../runtime/azure/credential.js';
import { StepdownError } from '../../runtime/errors.js';
import type { OutboxLimits } from '../outbox.js';
import type { ForwardRecord, RecordKind } from '../record.js';
import type { OpenedSink, SinkEnvironment } from '../sinks/table.js';
import { kindsOf, redactionOf, type SentinelConfig } from './config.js';
import { openIngestion } from './ingestion.js';
import { tableSink } from './table-sink.js';

/** Incidents are under the sink's own name, so that an outbox outlives a change of what else is sent. */
function laneName(name: string, kind: RecordKind): string {
  return kind === 'incident' ? name : `${name}/${kind}s`;
}

export async function openSentinel(config: SentinelConfig, environment: SinkEnvironment): Promise<OpenedSink[]> {
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
  return kinds.map((kind) => ({
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
