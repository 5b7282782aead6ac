/** `stepdown demo`: the whole loop in half a minute, with a real engine and a real agent in this process. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { loadConfig } from '../../runtime/config.js';
import { StepdownError } from '../../runtime/errors.js';
import { createLog } from '../../runtime/log.js';
import { shippedPlaybooks } from '../../runtime/package-root.js';
import type { Runner } from '../command-line.js';
import type { World } from '../demo/office.js';
import type { SentinelRows } from '../demo/sentinel-rows.js';
import type { Told } from '../demo/story.js';
import type { DemoWorkspace } from '../demo/workspace/open.js';
import { EngineClient, httpWire } from '../engine-client.js';
import { EXIT } from '../exit.js';
import { invocation } from '../invocation.js';
import { story } from './incidents.js';

const AGENT = 'demo-assistant';
/** A row is sent within milliseconds; the first one also fetches a token. */
const ROWS_WITHIN_MS = 15_000;

export function addDemo(program: Command, run: Runner): void {
  program
    .command('demo')
    .description('see an attack met: finding, contraction, block, revert, incident')
    .option('--sentinel-rows', 'also send to a workspace of this process, and print the rows that Sentinel would hold')
    .addHelpText(
      'after',
      '\nIt uses a data directory of its own (--data-dir, else a temporary one) and free ports, and sends nothing anywhere.\nWith --sentinel-rows it sends to itself, over https and with a token, as it would send to Azure.\n\nExample:\n  stepdown demo --sentinel-rows',
    )
    .action(
      run(async (cli, options: { sentinelRows?: boolean }) => {
        const [{ up }, { guard }, { promote }, { openAgent }, { CLEAN_INBOX }, { tell }] = await Promise.all([
          import('../../main.js'),
          import('../../guard/index.js'),
          import('../../respond/playbook/promotion.js'),
          import('../demo/agent.js'),
          import('../demo/office.js'),
          import('../demo/story.js'),
        ]);
        const { paint } = cli.terminal;
        const say = (text: string) => (cli.json ? cli.note(text) : cli.print(text));
        const dataDir = cli.options.dataDir ?? mkdtempSync(join(tmpdir(), 'stepdown-demo-'));
        mkdirSync(dataDir, { recursive: true, mode: 0o700 });
        const workspace = options.sentinelRows === true ? await workspaceIn(dataDir) : undefined;
        const config = demoConfig(dataDir, workspace);
        // As an operator does it: `stepdown playbook enforce poisoned-inbox`.
        writeFileSync(
          config.respond.overrides,
          promote('', {
            playbookId: 'poisoned-inbox',
            mode: 'enforce',
            reason: 'the demo',
            owner: userInfo().username,
          }),
        );
        const engine = await up(config, { log: createLog(config) }).catch(async (error: unknown) => {
          await workspace?.logs.stop();
          throw error;
        });
        const { gatewayUrl } = engine.ready;
        say(
          `${paint('green', 'Stepdown is ready')} (${Math.round(engine.ready.startedInMs)} ms) at ${gatewayUrl}, data in ${dataDir}`,
        );
        const protect = guard({
          agent: AGENT,
          url: gatewayUrl,
          token: readFileSync(join(dataDir, 'agent-token'), 'utf8').trim(),
        });
        const client = new EngineClient(httpWire({ gatewayUrl }, readFileSync(join(dataDir, 'token'), 'utf8').trim()));
        const world: World = { inbox: CLEAN_INBOX, paid: [], sent: [] };
        try {
          const agent = await openAgent(protect, world);
          const told = await tell({
            agent,
            engine: client,
            world,
            say,
            paint,
            nowMs: () => performance.now(),
            agentId: AGENT,
          });
          const rows = workspace === undefined ? undefined : await rowsOf(workspace, told);
          const { sentinelRowsText } = await import('../demo/sentinel-rows.js');
          cli.show(rows === undefined ? told : { ...told, sentinel: rows }, () =>
            [
              ...(rows === undefined ? [] : [sentinelRowsText(rows, cli.terminal), '']),
              story(told.incident, cli),
              '',
              `The attacker got ${told.stolen === 0 ? paint('green', 'nothing') : paint('red', String(told.stolen))}. The incident stays readable:`,
              `  ${invocation()} incidents show ${told.incident.id.slice(0, 12)} --data-dir ${dataDir}`,
            ].join('\n'),
          );
          return told.stolen === 0 ? EXIT.ok : EXIT.problems;
        } finally {
          await protect.close();
          await engine.stop();
          await workspace?.logs.stop();
        }
      }),
    );
}

async function workspaceIn(dataDir: string): Promise<DemoWorkspace> {
  const { openWorkspace } = await import('../demo/workspace/open.js');
  return openWorkspace(dataDir);
}

/** Every row, once those of how it ended are there. Throws `deadline` where they do not come. */
async function rowsOf({ logs }: DemoWorkspace, { incident, contraction }: Told): Promise<SentinelRows> {
  const { SENTINEL_TABLES } = await import('../demo/sentinel-rows.js');
  const has = (table: string, version: number) =>
    logs.table(table).some(({ RecordVersion }) => typeof RecordVersion === 'number' && RecordVersion >= version);
  for (
    const deadline = performance.now() + ROWS_WITHIN_MS;
    !has('StepdownIncidents_CL', incident.version) || !has('StepdownContractions_CL', contraction.version);
    await pause(50)
  )
    if (performance.now() >= deadline)
      throw new StepdownError('deadline', `the last rows did not come within ${ROWS_WITHIN_MS / 1_000} s`);
  return Object.fromEntries(SENTINEL_TABLES.map((name) => [name, logs.table(name)]));
}

function demoConfig(dataDir: string, workspace: DemoWorkspace | undefined) {
  return loadConfig({
    env: {},
    overrides: {
      dataDir,
      ...(workspace === undefined ? {} : { forward: { sinks: [workspace.sink] } }),
      log: { level: 'error' },
      ingest: { otlp: { port: 0 } },
      gateway: { port: 0 },
      // A risk that halves in two seconds instead of ten minutes: the demo has no ten minutes.
      respond: {
        playbooks: [join(shippedPlaybooks(), 'demo')],
        overrides: join(dataDir, 'overrides.yaml'),
        riskHalfLife: '2s',
      },
    },
  });
}
