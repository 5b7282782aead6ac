/** A caller that names only its trace is asked about in the conversation that the trace belongs to. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { promote } from '../../services/respond/playbook/promotion.js';
import { type Engine, up } from '../../services/main.js';
import { loadConfig } from '../../services/runtime/config.js';
import { silentLog } from '../../services/runtime/log.js';
import { POISON, watchInjection } from '../fixtures/watch-injection.js';

const PLAYBOOK = watchInjection();
const [FIRST, SECOND, OTHER] = ['a', 'b', 'c'].map((digit) => digit.repeat(32)) as [string, string, string];

let folder = '';
let engine: Engine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepdown-trace-'));
  writeFileSync(join(folder, 'watch.yaml'), PLAYBOOK);
  writeFileSync(
    join(folder, 'overrides.yaml'),
    promote('', { playbookId: 'watch-injection', mode: 'enforce', reason: 'a test', owner: 'ann' }),
  );
  const file = join(folder, 'stepdown.yaml');
  writeFileSync(
    file,
    'dataDir: ./data\ndetect: {inspection: {models: fast}}\ningest: {otlp: {port: 0}}\ngateway: {port: 0}\nrespond: {playbooks: [./watch.yaml], overrides: ./overrides.yaml}\n',
  );
  engine = await up(loadConfig({ env: {}, file }), { log: silentLog() });
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function post<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(`${engine.gateway.address()?.url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${readFileSync(join(folder, 'data', 'token'), 'utf8').trim()}`,
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  expect([answer.status, text]).toEqual([200, text]);
  return JSON.parse(text) as T;
}
let events = 0;
const tell = (kind: string, traceId: string, more: object) =>
  post('/v1/events', {
    id: `e${++events}`,
    kind,
    timeMs: Date.now(),
    agent: { id: 'mailer' },
    session: { id: 'conv-1' },
    trace: { traceId, spanId: `${events}`.padStart(16, '0') },
    ...more,
  });
interface Answer {
  decision: boolean;
  context: { notChecked: { check: string }[]; contractions: string[] };
}
const ask = (tool: string, context: object): Promise<Answer> =>
  post('/access/v1/evaluation', {
    subject: { type: 'agent', id: 'mailer' },
    action: { name: 'call' },
    resource: { type: 'tool', id: tool },
    context: { arguments: { account: 'GB33BUKB20201555555555', amount: 900 }, ...context },
  });

it('is held by what was contracted on the conversation, in its first trace and in a later one, and no other trace is', async () => {
  await tell('prompt', FIRST, { text: 'What is new?' });
  await tell('tool.call', FIRST, { tool: 'read_inbox', toolCallId: 'c1', arguments: {} });
  await tell('tool.result', FIRST, { tool: 'read_inbox', toolCallId: 'c1', text: POISON });
  await tell('prompt', SECOND, { text: 'And now?' });
  await engine.settled();
  const named = await ask('send_money', { conversation: 'conv-1' });
  expect(named).toMatchObject({ decision: false, context: { notChecked: [] } });
  for (const traceId of [FIRST, SECOND]) {
    const { decision, context } = await ask('send_money', { trace: { traceId } });
    expect([decision, context.contractions]).toEqual([false, named.context.contractions]);
    expect(context.notChecked.filter(({ check }) => check === 'conversation')).toEqual([]);
  }
  const stranger = await ask('send_money', { trace: { traceId: OTHER } });
  expect(stranger).toMatchObject({ decision: true, context: { notChecked: [{ check: 'conversation' }] } });
});
