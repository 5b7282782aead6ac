import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import type { Incident } from '../../schemas/incident.js';
import { EXIT } from '../../services/cli/exit.js';
import { engineFilePath } from '../../services/runtime/engine-file.js';
import { type Engine, up } from '../../services/main.js';
import { loadConfig } from '../../services/runtime/config.js';
import { silentLog } from '../../services/runtime/log.js';
import { stepdown } from './captured.js';
import { APP, envelope, graphAlert, principalSignIn, SP, userSignIn } from '../ingest/records/samples.js';
import { POISON, watchInjection } from '../fixtures/watch-injection.js';

const PLAYBOOK = watchInjection();
const event = (id: string, kind: string, more: object) =>
  JSON.stringify({
    id,
    kind,
    timeMs: Date.now(),
    agent: { id: 'mailer' },
    session: { id: 'conv-1' },
    user: { id: 'emma' },
    ...more,
  });

/** On a busy machine the default second is short. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000 });

describe('the command line and an engine', () => {
  let folder = '';
  let dataDir = '';
  let file = '';
  let engine: Engine;

  const start = async () => up(loadConfig({ env: {}, file }), { log: silentLog() });
  const run = (...args: string[]) => stepdown([...args, '--config', file]);
  const json = async <T>(...args: string[]): Promise<T> => {
    const { out, err, code } = await run(...args, '--json');
    expect([code, err]).toEqual([EXIT.ok, '']);
    return JSON.parse(out) as T;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stepdown-cli-'));
    dataDir = join(folder, 'data');
    file = join(folder, 'stepdown.yaml');
    writeFileSync(join(folder, 'watch.yaml'), PLAYBOOK);
    writeFileSync(
      file,
      `dataDir: ./data\ndetect: {inspection: {models: fast}}\ntimezone: UTC\ningest: {otlp: {port: 0}}\ngateway: {port: 0}\nrespond: {playbooks: [./watch.yaml], overrides: ./overrides.yaml}\nforward: {sinks: [{type: file, path: ./incidents.ndjson}]}\n`,
    );
    engine = await start();
  });
  afterAll(async () => {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is ready, says where it is, and keeps its token to itself', () => {
    expect(engine.ready).toMatchObject({ playbooks: { observe: 1, enforce: 0 }, dataDir });
    expect(engine.ready.otlpUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(statSync(join(dataDir, 'token')).mode & 0o077).toBe(0);
    expect(statSync(engineFilePath(dataDir)).mode & 0o077).toBe(0);
  });

  it('shares its data directory with nobody', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'already-running' });
    const { code, err } = await run('learn', '--telemetry', file);
    expect(code).toBe(EXIT.problems);
    expect(err).toMatch(/already-running.*stop it, learn, start it again/);
  });

  it('takes a promotion up while it runs', async () => {
    expect((await run('playbook', 'enforce', 'watch-injectoin')).err).toMatch(/did you mean watch-injection\?/);
    const { out } = await run('playbook', 'enforce', 'watch-injection', '--reason', 'a test');
    expect(out).toMatch(/The running engine takes it up/);
    expect(readFileSync(join(folder, 'overrides.yaml'), 'utf8')).toMatch(/mode: enforce/);
    engine.reload();
    expect(await json<{ mode: string }[]>('playbook', 'list')).toMatchObject([
      { id: 'watch-injection', mode: 'enforce' },
    ]);
  });

  it('is fed from standard input, and says what it refused', async () => {
    const { Readable } = await import('node:stream');
    const lines = [
      event('e1', 'tool.call', { tool: 'read_inbox', toolCallId: 'c1', arguments: {} }),
      event('e2', 'tool.result', { tool: 'read_inbox', toolCallId: 'c1', text: POISON }),
      '{"kind":',
      event('e3', 'tool.call', {}),
    ];
    const { code, out } = await stepdown(['ingest', '-', '--config', file], {
      stdin: Readable.from([Buffer.from(`${lines.join('\n')}\n`)]),
    });
    expect(code).toBe(EXIT.problems);
    expect(out).toMatch(/4 lines of - were taken by the engine; 2 refused/);
    expect(out).toContain('stdin');
    await engine.settled();
  });

  it('is fed Azure records from a file, envelopes and alerts by themselves, with the place of what is no record', async () => {
    const path = join(folder, 'azure.jsonl');
    const broken = envelope('RiskyServicePrincipals', { id: SP, riskLevel: 'high' });
    const lines = [
      { records: [principalSignIn('ServicePrincipalSignInLogs'), userSignIn(), broken, envelope('Unheard', {})] },
      graphAlert(),
      event('e4', 'prompt', { text: 'hello' }),
    ];
    writeFileSync(
      path,
      lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + '\n',
    );
    const { code, out } = await stepdown(['ingest', path, '--config', file]);
    expect(code).toBe(EXIT.problems);
    expect(out).toMatch(/3 lines of .*azure\.jsonl were taken by the engine; 1 refused:/);
    expect(out).toMatch(/azure\.jsonl:1.*\/records\/2/);
    await engine.settled();
    const agents = await json<{ id: string }[]>('agents', 'list');
    expect(agents.map(({ id }) => id)).toEqual(expect.arrayContaining([SP, APP]));
  });

  it('shows what happened, as tables and as JSON', async () => {
    const incidents = await json<Incident[]>('incidents', 'list');
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ mode: 'enforce', severity: 'high' });
    const { out } = await run('incidents', 'list');
    expect(out.split('\n')[0]).toMatch(/^ID +STATUS +SEVERITY/);
    expect(out).toContain('+00:00');
    expect((await run('incidents', 'list', '--timezone', 'Asia/Kolkata')).out).toContain('+05:30');
    const shown = await run('incidents', 'show', incidents[0]?.id.slice(0, 6) ?? '');
    expect(shown.out).toMatch(/What happened[\s\S]*finding[\s\S]*contraction/);
    expect(await json<unknown[]>('findings', '--type', 'injection.indirect')).toHaveLength(1);
    expect((await run('risk', 'session:conv-1')).out).toMatch(/injection\.indirect/);
    expect((await run('agents', 'show', 'mailer')).out).toMatch(/learning/);
    expect((await run('tail', '--for', '700ms', '--since', '1h')).out).toMatch(/finding[\s\S]*contraction/);
    const health = await json<{ check: string; status: string }[]>('doctor');
    expect(health.filter(({ status }) => status === 'problem')).toEqual([]);
    expect(health).toContainEqual(expect.objectContaining({ check: 'dead letters', status: 'warning' }));
  });

  it('forwards the incident', async () => {
    await eventually(() =>
      expect(readFileSync(join(folder, 'incidents.ndjson'), 'utf8')).toContain('"class_uid":2004'),
    );
  });

  it('contains, extends and lifts by hand, each with a reason that is kept', async () => {
    expect((await run('contain', 'agent:mailer', '--control', 'tool.blok', '--for', '1h', '--reason', 'x')).code).toBe(
      EXIT.usage,
    );
    const made = await json<Contraction>(
      'contain',
      'agent:mailer',
      '--control',
      'tool.block=send_*',
      '--for',
      '1h',
      '--reason',
      'by a test',
    );
    expect(made).toMatchObject({
      state: 'active',
      controls: [{ control: 'tool.block', tools: ['send_*'] }],
      manual: { reason: 'by a test' },
    });
    const longer = await json<Contraction>(
      'contractions',
      'extend',
      made.id.slice(0, 10),
      '--for',
      '1h',
      '--reason',
      'longer',
    );
    expect(longer.maxAtMs).toBe(made.maxAtMs + 3_600_000);
    expect((await run('contractions', 'show', made.id)).out).toMatch(/by hand[\s\S]*tool\.block=send_\*/);
    expect((await run('contractions', 'lift', made.id, '--reason', 'done')).out).toMatch(/is lifted/);
    expect((await run('contractions', 'show', made.id)).out).toMatch(/ended \(lifted\)/);
    expect((await run('contractions', 'lift', 'nosuch', '--reason', 'x')).code).toBe(EXIT.notFound);
  });

  it('pauses and resumes', async () => {
    expect((await run('pause', '--reason', 'a test')).out).toMatch(/^Paused/);
    expect((await run('resume', '--reason', 'a test')).out).toMatch(/^Resumed/);
  });

  it('gives out tokens once, and takes them back', async () => {
    const made = await json<{ id: string; token: string }>('principals', 'add', 'dashboard', '--role', 'viewer');
    expect(made.token).toMatch(/^sd_/);
    const listed = await run('principals', 'list');
    expect(listed.out).toContain('dashboard');
    expect(listed.out).not.toContain(made.token);
    expect((await run('principals', 'revoke', made.id)).code).toBe(EXIT.ok);
  });

  it('drafts a playbook from an incident, gives it to somebody, and says why', async () => {
    const [incident] = await json<Incident[]>('incidents', 'list');
    const id = incident?.id ?? '';
    expect((await run('incidents', 'ack', id, '--reason', 'on it')).out).toContain('is acknowledged');
    expect((await run('incidents', 'assign', id, '--to', 'ben@contoso.example', '--reason', 'knows it')).code).toBe(
      EXIT.ok,
    );
    const taken = await json<Incident>('incidents', 'show', id);
    expect(taken).toMatchObject({ assignee: 'ben@contoso.example', acknowledged: { by: 'first admin' } });
    expect(taken.timeline.map(({ text }) => text).join()).toContain('Assigned to ben@contoso.example by first admin');

    const drafted = await run(
      'playbook',
      'new',
      'like-it',
      '--from-incident',
      id,
      '--out',
      join(folder, 'like-it.yaml'),
    );
    expect([drafted.code, drafted.err]).toEqual([EXIT.ok, '']);
    expect((await run('playbook', 'check', join(folder, 'like-it.yaml'))).out).toContain('0 errors, 0 warnings');
    expect((await run('playbook', 'test', join(folder, 'like-it.yaml'))).out).toContain('0 failed');
    expect((await run('explain', id)).out).toMatch(/PASS[\s\S]*watch-injection|watch-injection[\s\S]*PASS/);
  });

  it('closes an incident: a false alarm lifts what it restricted', async () => {
    const [incident] = await json<Incident[]>('incidents', 'list');
    expect(
      (await run('incidents', 'close', incident?.id ?? '', '--verdict', 'false', '--reason', 'a drill')).code,
    ).toBe(EXIT.ok);
    await engine.settled();
    expect(await json<Contraction[]>('contractions', 'list')).toEqual([]);
    expect(await json<Incident>('incidents', 'show', incident?.id ?? '')).toMatchObject({
      status: 'closed',
      verdict: { value: 'false', reason: 'a drill' },
    });
    const id = incident?.id ?? '';
    const before = readFileSync(join(folder, 'overrides.yaml'), 'utf8');
    const tried = await run('playbook', 'except', '--incident', id, '--for', '14d', '--reason', 'a drill', '--dry-run');
    expect(tried.out).toContain('watch-injection does nothing where finding.type == "injection.indirect"');
    expect(readFileSync(join(folder, 'overrides.yaml'), 'utf8'), 'a dry run writes nothing').toBe(before);
    expect((await run('playbook', 'except', '--incident', id, '--for', '14d', '--reason', 'a drill')).code).toBe(
      EXIT.ok,
    );
    expect(readFileSync(join(folder, 'overrides.yaml'), 'utf8')).toMatch(/except:[\s\S]*agent\.id == "mailer"/);
    expect(await json<{ name: string; false: number }[]>('precision')).toContainEqual(
      expect.objectContaining({ name: 'watch-injection', false: 1, precision: 0 }),
    );
  });

  it('forgets a user and says what remains; the audit stream stays intact under its seals', async () => {
    const { code, out } = await run('forget', '--user', 'emma@contoso.example', '--reason', 'asked');
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/^The user is forgotten-[0-9a-f]{16} from now on\.\nRestrictions lifted: 0\./);
    expect(out).toMatch(/What remains:\n {2}\S/);
    expect((await run('audit', 'list', '--act', 'user.forget')).out).toContain('asked');
    await vi.waitFor(async () => {
      const verified = await run('audit', 'verify');
      expect(verified.out).toMatch(/^Intact: \d+ entries as sealed\.\nKeep this head outside/);
      expect(verified.code).toBe(EXIT.ok);
    });
    const { out: head } = await run('audit', 'head');
    expect((await run('audit', 'verify', '--anchor', head.trim())).code).toBe(EXIT.ok);
    const forged = head.trim().replace(/:\d+:/, ':999999:');
    const missed = await run('audit', 'verify', '--anchor', forged);
    expect(missed.code).toBe(EXIT.problems);
    expect(missed.out).toMatch(/^anchor-missed .*\nNOT intact/);
  });

  it('says who may not', async () => {
    const token = readFileSync(join(dataDir, 'token'), 'utf8');
    writeFileSync(join(dataDir, 'token'), 'sd_wrong');
    const { code, err } = await run('incidents', 'list');
    writeFileSync(join(dataDir, 'token'), token, { mode: 0o600 });
    expect(code).toBe(EXIT.forbidden);
    expect(err).toMatch(/unauthenticated/);
  });

  it('keeps the last good form of a playbook that became faulty', async () => {
    writeFileSync(join(folder, 'watch.yaml'), PLAYBOOK.replace('trigger:', 'triger:'));
    engine.reload();
    const { code, out } = await run('playbook', 'check');
    expect(code).toBe(EXIT.problems);
    expect(out).toMatch(/watch\.yaml:\d+:\d+ error PB\d+/);
    writeFileSync(join(folder, 'watch.yaml'), PLAYBOOK);
    engine.reload();
  });

  it('is read after it stopped, and acts no more; what was live goes on when it comes back', async () => {
    const made = await json<Contraction>(
      'contain',
      'agent:mailer',
      '--control',
      'tool.block=pay_*',
      '--for',
      '1h',
      '--reason',
      'stays',
    );
    await engine.stop();
    expect(existsSync(engineFilePath(dataDir))).toBe(false);
    expect((await json<Incident[]>('incidents', 'list')).length).toBe(1);
    expect((await json<Contraction[]>('contractions', 'list')).map(({ id }) => id)).toEqual([made.id]);
    const acting = await run('contractions', 'lift', made.id, '--reason', 'x');
    expect(acting.code).toBe(EXIT.notRunning);
    expect(acting.err).toMatch(/needs a running engine.*stepdown up/);
    engine = await start();
    expect((await json<Contraction[]>('contractions', 'list')).map(({ id, state }) => [id, state])).toEqual([
      [made.id, 'active'],
    ]);
    expect((await run('contractions', 'lift', made.id, '--reason', 'done')).code).toBe(EXIT.ok);
  });

  it('learns from a file while it is stopped', async () => {
    await engine.stop();
    const past = join(folder, 'past.jsonl');
    const call = (at: number) =>
      JSON.stringify({
        id: `p${at}`,
        kind: 'tool.call',
        timeMs: 1_700_000_000_000 + at * 60_000,
        tool: 'look_up',
        toolCallId: `c${at}`,
        arguments: {},
        agent: { id: 'veteran' },
        session: { id: 'old' },
      });
    writeFileSync(past, Array.from({ length: 300 }, (_, at) => call(at * 10)).join('\n'));
    const { out } = await run('learn', '--telemetry', past);
    expect(out).toMatch(/300 events[\s\S]*veteran {2}established, 300 of 300/);
    engine = await start();
    expect((await run('agents', 'show', 'veteran')).out).toMatch(/established/);
  });

  it('leaves nothing running where a port is taken', async () => {
    const port = Number(new URL(engine.ready.gatewayUrl).port);
    const other = loadConfig({
      env: {},
      overrides: { dataDir: join(folder, 'other'), gateway: { port }, ingest: { otlp: { port: 0 } } },
    });
    await expect(up(other, { log: silentLog() })).rejects.toMatchObject({
      code: 'driver-unavailable',
      mend: expect.stringContaining('gateway.port') as string,
    });
    const again = loadConfig({
      env: {},
      overrides: {
        dataDir: join(folder, 'other'),
        detect: { inspection: { models: 'fast' } },
        gateway: { port: 0 },
        ingest: { otlp: { port: 0 } },
      },
    });
    await (await up(again, { log: silentLog() })).stop();
  });
});
