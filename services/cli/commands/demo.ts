/** `stepdown demo`: the whole loop in half a minute, with a real engine and a real agent in this process. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../../runtime/config.js';
import { createLog } from '../../runtime/log.js';
import { shippedPlaybooks } from '../../runtime/package-root.js';
import type { Runner } from '../command-line.js';
import type { World } from '../demo/office.js';
import { EngineClient, httpWire } from '../engine-client.js';
import { EXIT } from '../exit.js';
import { invocation } from '../invocation.js';
import { story } from './incidents.js';

const AGENT = 'demo-assistant';

export function addDemo(program: Command, run: Runner): void {
  program
    .command('demo')
    .description('see an attack met: finding, contraction, block, revert, incident')
    .addHelpText(
      'after',
      '\nIt uses a data directory of its own (--data-dir, else a temporary one) and free ports, and sends nothing anywhere.\n\nExample:\n  stepdown demo',
    )
    .action(
      run(async (cli) => {
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
        const config = demoConfig(dataDir);
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
        const engine = await up(config, { log: createLog(config) });
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
          cli.show(told, () =>
            [
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
        }
      }),
    );
}

function demoConfig(dataDir: string) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return loadConfig({
    env: {},
    overrides: {
      dataDir,
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
