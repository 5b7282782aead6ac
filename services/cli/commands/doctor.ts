/** `stepdown doctor`: what is wrong here, and how to mend it. Changes nothing. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { AgentDocument } from '../../detect/agent-document.js';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { describeDiagnostic } from '../../respond/playbook/diagnostic.js';
import { settingAt } from '../../respond/playbook/types.js';
import { StepdownError } from '../../runtime/errors.js';
import type { CommandLine, Runner } from '../command-line.js';
import { tokenPath } from '../engine-client.js';
import { readEngineFile } from '../../runtime/engine-file.js';
import { EXIT } from '../exit.js';
import { invocation } from '../invocation.js';
import { configuredPlaybooks } from '../../respond/playbook/files/configured.js';
import { table } from '../table.js';
import type { Style } from '../terminal.js';
import { length } from '../time.js';

interface Check {
  check: string;
  status: 'ok' | 'warning' | 'problem';
  detail: string;
}

const STYLE: Record<Check['status'], Style> = { ok: 'green', warning: 'yellow', problem: 'red' };
const LEAST_FREE_BYTES = 512 * 1024 * 1024;

export function addDoctor(program: Command, run: Runner): void {
  program
    .command('doctor')
    .description('look for what is wrong: configuration, files, playbooks, the running engine')
    .addHelpText(
      'after',
      '\nExit code 1 where there is a problem.\n\nExample:\n  stepdown doctor --config stepdown.yaml',
    )
    .action(
      run(async (cli) => {
        const checks = await examine(cli);
        cli.show(checks, () =>
          table(
            [
              { title: 'CHECK', value: ({ check }) => check, whole: true },
              {
                title: 'STATUS',
                value: ({ status }) => status,
                whole: true,
                paint: (text, { status }, paint) => paint(STYLE[status], text),
              },
              { title: 'DETAIL', value: ({ detail }) => detail, min: 40 },
            ],
            checks,
            // A cut-off mend helps nobody: details keep their whole length.
            { ...cli.terminal, width: undefined },
          ),
        );
        return checks.some(({ status }) => status === 'problem') ? EXIT.problems : EXIT.ok;
      }),
    );
}

async function examine(cli: CommandLine): Promise<Check[]> {
  const checks: Check[] = [node()];
  try {
    checks.push({ check: 'configuration', status: 'ok', detail: `right; data directory ${cli.config.dataDir}` });
  } catch (error) {
    checks.push({
      check: 'configuration',
      status: 'problem',
      detail: error instanceof StepdownError ? error.describe() : String(error),
    });
    return checks;
  }
  checks.push(folder(cli), ...disk(cli), ...token(cli), playbooks(cli));
  checks.push(...(await engine(cli)));
  return checks;
}

function node(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return {
    check: 'node',
    status: enough ? 'ok' : 'problem',
    detail: enough ? `v${process.versions.node}` : `v${process.versions.node} is too old; install 20.19 or later`,
  };
}

function folder(cli: CommandLine): Check {
  const { dataDir } = cli.config;
  let nearest = dataDir;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    accessSync(nearest, constants.W_OK);
    return {
      check: 'data directory',
      status: 'ok',
      detail: nearest === dataDir ? `${dataDir} is writable` : `${dataDir} will be made`,
    };
  } catch {
    return {
      check: 'data directory',
      status: 'problem',
      detail: `${nearest} cannot be written by this user; change its owner, or set dataDir`,
    };
  }
}

function disk(cli: CommandLine): Check[] {
  const { dataDir } = cli.config;
  if (!existsSync(dataDir)) return [];
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  const mebibytes = `${Math.round(free / 1024 / 1024)} MiB free`;
  return [
    free >= LEAST_FREE_BYTES
      ? { check: 'disk', status: 'ok', detail: mebibytes }
      : {
          check: 'disk',
          status: 'problem',
          detail: `${mebibytes}; at ${LEAST_FREE_BYTES / 1024 / 1024} MiB records may be refused: make room, or lower retention`,
        },
  ];
}

function token(cli: CommandLine): Check[] {
  const path = tokenPath(cli.config);
  if (!existsSync(path)) return [];
  const mode = statSync(path).mode & 0o777;
  return [
    (mode & 0o077) === 0
      ? { check: 'token file', status: 'ok', detail: path }
      : {
          check: 'token file',
          status: 'problem',
          detail: `${path} can be read by others (mode ${mode.toString(8)}); run chmod 600 on it and revoke the token`,
        },
  ];
}

function playbooks(cli: CommandLine): Check {
  const nowMs = cli.nowMs();
  const { playbooks: loaded, diagnostics } = configuredPlaybooks(cli.config, { nowMs, findingTypes: FINDING_TYPES });
  const [first] = diagnostics;
  if (first !== undefined)
    return {
      check: 'playbooks',
      status: diagnostics.some(({ severity }) => severity === 'error') ? 'problem' : 'warning',
      detail: `${describeDiagnostic(first)}${diagnostics.length > 1 ? `; ${diagnostics.length - 1} more: see \`${invocation()} playbook check\`` : ''}`,
    };
  const enforcing = loaded.filter((each) => settingAt(each, nowMs).mode === 'enforce').length;
  return enforcing > 0
    ? { check: 'playbooks', status: 'ok', detail: `${loaded.length}, of which ${enforcing} enforce` }
    : {
        check: 'playbooks',
        status: 'warning',
        detail: `${loaded.length}, all of which only observe: nothing is restricted until \`${invocation()} playbook enforce NAME\``,
      };
}

async function engine(cli: CommandLine): Promise<Check[]> {
  const file = readEngineFile(cli.config.dataDir);
  if (file === undefined)
    return [
      {
        check: 'engine',
        status: 'warning',
        detail: `does not run on this data directory; start it with \`${invocation()} up\``,
      },
    ];
  try {
    const client = await cli.engine();
    const health = await client.get<Health>('/v1/health');
    const checks: Check[] = [{ check: 'engine', status: 'ok', detail: `runs (pid ${file.pid}) at ${file.gatewayUrl}` }];
    if (health.missing !== undefined) checks.push({ check: 'services', status: 'problem', detail: health.missing });
    checks.push(...forwarding(health), ...(await records(client)));
    return checks;
  } catch (error) {
    return [
      { check: 'engine', status: 'problem', detail: error instanceof StepdownError ? error.describe() : String(error) },
    ];
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

function forwarding({ services = [] }: Health): Check[] {
  const sinks = services.flatMap((service) => service.sinks ?? []);
  return sinks.map(({ sink, waiting, oldestAgeMs, lastError }) => {
    const check = `forward to ${sink}`;
    if (waiting === 0) return { check, status: 'ok', detail: 'nothing waits' };
    const backlog = `${waiting} ${waiting === 1 ? 'incident waits' : 'incidents wait'}, the oldest for ${length(oldestAgeMs)}`;
    if (oldestAgeMs < FORWARD_LATE_MS) return { check, status: 'ok', detail: backlog };
    return {
      check,
      status: 'problem',
      detail: lastError === undefined ? backlog : `${backlog}; last error: ${lastError}`,
    };
  });
}

async function records(client: Awaited<ReturnType<CommandLine['engine']>>): Promise<Check[]> {
  const letters = await client.list<{ source: string; reason: { text: string } }>('/v1/deadletter', {}, 100);
  const agents = await client.list<AgentDocument>('/v1/agents', {}, 500);
  const blind = agents.filter(({ blind: detectors }) => detectors.length > 0);
  return [
    letters[0] === undefined
      ? { check: 'dead letters', status: 'ok', detail: 'none' }
      : {
          check: 'dead letters',
          status: 'warning',
          detail: `${letters.length}${letters.length === 100 ? ' or more' : ''}, the last from ${letters[0].source}: ${letters[0].reason.text}; see \`${invocation()} deadletter list\``,
        },
    agents.length === 0
      ? {
          check: 'agents',
          status: 'warning',
          detail: 'none was seen yet; point OTEL_EXPORTER_OTLP_ENDPOINT of an agent at the receiver',
        }
      : blind[0] === undefined
        ? { check: 'agents', status: 'ok', detail: `${agents.length} seen` }
        : {
            check: 'agents',
            status: 'warning',
            detail: `${agents.length} seen; for ${blind.length} some detectors are blind, e.g. ${blind[0].id}: ${blind[0].blind.map(({ detector }) => detector).join(', ')}; see \`${invocation()} agents show ID\``,
          },
  ];
}
