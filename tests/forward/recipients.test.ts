/** Who hears of an incident: recipients that playbooks name, messages for people, and how often. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { playbooksCheck } from '../../services/cli/doctor/playbooks.js';
import { noteOfIncident } from '../../services/forward/chat/note.js';
import { slackMessage } from '../../services/forward/chat/slack.js';
import { teamsMessage } from '../../services/forward/chat/teams.js';
import { createForward, type Forward } from '../../services/forward/service.js';
import type { SinkConfig } from '../../services/forward/sinks/table.js';
import { WallClock } from '../../services/runtime/clock.js';
import { loadConfig } from '../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../services/runtime/drivers.js';
import { silentLog } from '../../services/runtime/log.js';
import { incident } from './incident.js';
import { Receiver } from './receiver.js';

describe('recipients', () => {
  let folder = '';
  let drivers: Drivers;
  let receiver: Receiver;
  let forward: Forward | undefined;
  const lines: string[] = [];
  const open = () => openDrivers(loadConfig({ env: {}, overrides: { dataDir: folder } }), silentLog(), new WallClock());

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-recipients-'));
    drivers = await open();
    receiver = await Receiver.start();
    lines.length = 0;
  });
  afterEach(async () => {
    await forward?.stop();
    await drivers.close();
    await receiver.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(...sinks: SinkConfig[]): Promise<void> {
    const out = new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) });
    forward = createForward({
      drivers,
      log: silentLog(),
      version: '0',
      limits: { baseMs: 20, capMs: 40 },
      quickRetry: { baseMs: 1, capMs: 1, deadlineMs: 0 },
      console: out,
      sinks,
    });
    await forward.start();
  }
  const append = (...incidents: ReturnType<typeof incident>[]) =>
    drivers.stream.append(incidents.map((value) => ({ topic: 'incidents' as const, key: value.id, value })));
  const told = () => receiver.received.map(({ body }) => (JSON.parse(body) as { text: string }).text);

  it('each sink hears for its own, durable and tried again; one without any hears all', async () => {
    receiver.always = { status: 503 };
    const owners: SinkConfig = {
      type: 'webhook',
      name: 'owners',
      url: receiver.url,
      format: 'native',
      for: ['*@contoso.example'],
    };
    await start(owners, { type: 'console', name: 'oncall', for: ['soc-*'] }, { type: 'console', name: 'all' });
    await append(
      incident('a', 1, { notify: ['soc-ai@contoso.example', 'soc-oncall'] }),
      incident('b', 1, { notify: ['soc-oncall'] }),
      incident('c'),
    );
    await vi.waitFor(() => expect(receiver.requests).toBeGreaterThan(1), { timeout: 10_000 });
    await vi.waitFor(
      () =>
        expect(
          lines
            .join('')
            .match(/incident [abc] v1/g)
            ?.sort(),
        ).toHaveLength(5),
      { timeout: 10_000 },
    );
    expect(lines.join('').match(/incident c /g)).toHaveLength(1);
    await forward?.stop();
    receiver.always = undefined;
    await start(owners);
    await vi.waitFor(() => expect(receiver.received.map(({ id }) => id)).toEqual(['a:1']), { timeout: 10_000 });
  });

  it('people are told what is new, not of every finding that joins', async () => {
    await start({ type: 'webhook', name: 'chat', url: receiver.url, format: 'slack' });
    const say = async (version: number, changes: Parameters<typeof incident>[2]) => {
      await append(incident('a', version, changes));
      await append(incident(`mark-${version}`, 1, { title: `mark ${version}` }));
      await vi.waitFor(() => expect(told().at(-1)).toContain(`mark ${version}`), { timeout: 10_000 });
    };
    await say(1, { status: 'active' });
    await say(2, { status: 'active' });
    await say(3, { status: 'active', timeline: [{ atMs: 1, kind: 'page', text: 'It stays; please look.' }] });
    await say(4, { status: 'active', timeline: [{ atMs: 1, kind: 'page', text: 'It stays; please look.' }] });
    await say(5, { status: 'closed' });
    expect(told().filter((text) => !text.includes('mark'))).toEqual([
      'HIGH incident: Indirect injection in a tool result',
      'HIGH incident: please look: Indirect injection in a tool result',
      'HIGH incident closed: Indirect injection in a tool result',
    ]);
  });
});

it('what an attacker wrote is text in every chat: no mention, no link, no markup, no hidden characters', () => {
  const title = '<!channel> [pay](https://evil.example) *bold* <https://evil.example|ok> \u001b[31m & `x`';
  const note = noteOfIncident(incident('a', 1, { title }));
  const slack = JSON.stringify(slackMessage(note));
  expect(slack).not.toMatch(/<!channel>|<https|\u001b|[^\u200b]\*bold/);
  expect(slack).toContain('&lt;!channel&gt;');
  const teams = JSON.stringify(teamsMessage(note));
  expect(teams).not.toMatch(/"TextBlock"|"FactSet"|\u001b/);
  const long = noteOfIncident(incident('a', 1, { title: 'x'.repeat(100_000) }));
  for (const made of [slackMessage(long), teamsMessage(long)]) expect(JSON.stringify(made).length).toBeLessThan(8_000);
});

it('doctor names recipients that no sink is for', () => {
  const check = (sinks: unknown[]) =>
    playbooksCheck(
      loadConfig({
        env: {},
        overrides: { dataDir: '/nowhere', forward: { sinks }, respond: { playbooks: [example] } },
      }),
      0,
    );
  const folder = mkdtempSync(join(tmpdir(), 'stepdown-recipients-'));
  const example = join(folder, 'example.yaml');
  writeFileSync(
    example,
    'apiVersion: stepdown/v1\nkind: Playbook\nid: x\ntitle: X\nversion: 1\nowner: ai@contoso.example\ntrigger: { finding: taint.sink }\ntarget: session\nnotify: [owner, soc-oncall]\nincident: {}\n',
  );
  expect(JSON.stringify(check([{ type: 'console', for: ['soc-*'] }]))).toContain(
    'nobody hears for ai@contoso.example:',
  );
  expect(JSON.stringify(check([{ type: 'console', for: ['*'] }]))).not.toContain('nobody hears');
  expect(JSON.stringify(check([{ type: 'console' }]))).not.toContain('nobody hears');
  rmSync(folder, { recursive: true, force: true });
});
