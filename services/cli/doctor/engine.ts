/** How the running engine is: its services, what waits to be forwarded, what it could not read, which agents it sees. */
import type { AgentDocument } from '../../detect/agent-document.js';
import { readEngineFile } from '../../runtime/engine-file.js';
import type { CommandLine } from '../command-line.js';
import { invocation } from '../invocation.js';
import { length } from '../time.js';
import { type Check, ok, problem, warning } from './finding.js';
import { faultCheck } from './fault.js';

export async function engineChecks(cli: CommandLine): Promise<Check[]> {
  const file = readEngineFile(cli.config.dataDir);
  if (file === undefined)
    return [warning('engine', 'does not run on this data directory', `start it with \`${invocation()} up\``)];
  try {
    const client = await cli.engine();
    const health = await client.get<Health>('/v1/health');
    return [
      ok('engine', `runs (pid ${file.pid}) at ${file.gatewayUrl}`),
      ...(health.missing === undefined
        ? []
        : [problem('services', health.missing, 'look at the log of the engine from the time it began')]),
      ...forwardingChecks(health),
      ...(await recordChecks(client)),
    ];
  } catch (error) {
    return [faultCheck('engine', error)];
  }
}

/** What of the answer to `/v1/health` is looked at here. */
interface Health {
  missing?: string;
  services?: {
    name: string;
    sinks?: { sink: string; waiting: number; oldestAgeMs: number; lastError?: string }[];
  }[];
}

/** Incidents that wait longer than this are not only on their way. */
const FORWARD_LATE_MS = 60_000;

function forwardingChecks({ services = [] }: Health): Check[] {
  const sinks = services.flatMap((service) => service.sinks ?? []);
  return sinks.map(({ sink, waiting, oldestAgeMs, lastError }) => {
    const check = `forward to ${sink}`;
    if (waiting === 0) return ok(check, 'nothing waits');
    const backlog = `${waiting} ${waiting === 1 ? 'incident waits' : 'incidents wait'}, the oldest for ${length(oldestAgeMs)}`;
    if (oldestAgeMs < FORWARD_LATE_MS) return ok(check, backlog);
    return problem(
      check,
      lastError === undefined ? backlog : `${backlog}; last error: ${lastError}`,
      'mend what the error says; incidents are kept and tried again until their deadline',
    );
  });
}

async function recordChecks(client: Awaited<ReturnType<CommandLine['engine']>>): Promise<Check[]> {
  const letters = await client.list<{ source: string; reason: { text: string } }>('/v1/deadletter', {}, 100);
  const agents = await client.list<AgentDocument>('/v1/agents', {}, 500);
  const [blind] = agents.filter(({ blind: detectors }) => detectors.length > 0);
  const blindCount = agents.filter(({ blind: detectors }) => detectors.length > 0).length;
  return [
    letters[0] === undefined
      ? ok('dead letters', 'none')
      : warning(
          'dead letters',
          `${letters.length}${letters.length === 100 ? ' or more' : ''}, the last from ${letters[0].source}: ${letters[0].reason.text}`,
          `see \`${invocation()} deadletter list\``,
        ),
    agents.length === 0
      ? warning('agents', 'none was seen yet', 'point OTEL_EXPORTER_OTLP_ENDPOINT of an agent at the receiver')
      : blind === undefined
        ? ok('agents', `${agents.length} seen`)
        : warning(
            'agents',
            `${agents.length} seen; for ${blindCount} some detectors are blind, e.g. ${blind.id}: ${blind.blind.map(({ detector }) => detector).join(', ')}`,
            `see \`${invocation()} agents show ID\``,
          ),
  ];
}
