/** Playbooks at a console, over the API of a whole engine: from a first firing to promotion, an exception and back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../schemas/audit.js';
import type { Incident } from '../../schemas/incident.js';
import type { Explained } from '../../services/gateway/api/explain.js';
import type {
  Draft,
  ExceptionOutcome,
  PlaybookRecord,
  PlaybookView,
  Simulation,
  VersionDiff,
} from '../../services/gateway/playbook-desk.js';
import type { Precision } from '../../services/gateway/precision.js';
import { type Engine, up } from '../../services/main.js';
import { loadConfig } from '../../services/runtime/config.js';
import { silentLog } from '../../services/runtime/log.js';
import { POISON, watchInjection } from '../fixtures/watch-injection.js';

const PLAYBOOK = watchInjection(`limits: {targets: 1}
incident: {severity: high, group: none}
tests:
  - name: an attack
    timeline:
      - finding: {type: injection.indirect, predicted: [{tool: send_money}]}
        expect: {active: 1}
      - call: {tool: send_money, effects: [pay]}
        expect: {answer: block}
`);

let folder = '';
let engine: Engine;
const tokens: Record<string, string> = {};

async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  as = 'admin',
): Promise<{ status: number; body: T }> {
  const answer = await fetch(`${engine.gateway.address()?.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${tokens[as]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}
const get = async <T>(path: string, as = 'admin'): Promise<T> => (await call<T>('GET', path, undefined, as)).body;

async function poison(agent: string, session: string): Promise<string> {
  const common = { agent: { id: agent }, session: { id: session }, timeMs: Date.now() };
  const id = `${session}-result`;
  for (const event of [
    { ...common, id: `${session}-prompt`, kind: 'prompt', text: 'What is new?' },
    { ...common, id: `${session}-call`, kind: 'tool.call', tool: 'read_inbox', toolCallId: session, arguments: {} },
    { ...common, id, kind: 'tool.result', tool: 'read_inbox', toolCallId: session, text: POISON },
  ])
    expect((await call('POST', '/v1/events', event)).status).toBe(200);
  await engine.settled();
  return id;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepdown-console-'));
  writeFileSync(join(folder, 'watch.yaml'), PLAYBOOK);
  const file = join(folder, 'stepdown.yaml');
  writeFileSync(
    file,
    'dataDir: ./data\ndetect: {inspection: {models: fast}}\ningest: {otlp: {port: 0}}\ngateway: {port: 0}\nrespond: {playbooks: [./watch.yaml], overrides: ./overrides.yaml}\n',
  );
  engine = await up(loadConfig({ env: {}, file }), { log: silentLog() });
  tokens.admin = readFileSync(join(folder, 'data', 'token'), 'utf8').trim();
  for (const role of ['viewer', 'responder', 'author'])
    tokens[role] = (await call<{ token: string }>('POST', '/v1/principals', { name: `${role}-ann`, role })).body.token;
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('playbooks over the API', () => {
  const REASON = { reason: 'a quiet week' };

  it('lists what runs, and how', async () => {
    const { items } = await get<{ items: PlaybookView[] }>('/v1/playbooks', 'viewer');
    expect(items).toMatchObject([{ id: 'watch-injection', mode: 'observe', limits: { targets: 1 } }]);
    expect(items[0]?.setBy).toBeUndefined();
  });

  it('asks for the right that each needs, and names what is not there', async () => {
    for (const [path, body, as, status] of [
      ['promote', REASON, 'responder', 403],
      ['observe', REASON, 'responder', 403],
      ['except', { ...REASON, incident: 'x' }, 'responder', 403],
      ['simulate', {}, 'viewer', 403],
      ['diff', { text: PLAYBOOK }, 'viewer', 403],
      ['diff', {}, 'responder', 400],
      ['diff', { text: PLAYBOOK.replace('id: watch-injection', 'id: another') }, 'responder', 422],
      ['except', { ...REASON, incident: 'x' }, 'author', 404],
      ['promote', {}, 'author', 400],
      ['promote', { ...REASON, owner: 'somebody else' }, 'author', 400],
      ['simulate', { test: 'none such' }, 'responder', 404],
    ] as const)
      expect([path, (await call('POST', `/v1/playbooks/watch-injection/${path}`, body, as)).status]).toEqual([
        path,
        status,
      ]);
    const missing = await call<{ detail: string }>('POST', '/v1/playbooks/watch-injektion/promote', REASON, 'author');
    expect([missing.status, missing.body.detail]).toEqual([
      404,
      expect.stringContaining('did you mean watch-injection?'),
    ]);
    expect((await call('GET', '/v1/explain/nothing-of-this-name')).status).toBe(404);
  });

  it('refuses to promote what has no record, and says so in the audit stream', async () => {
    const refused = await call<{ detail: string }>('POST', '/v1/playbooks/watch-injection/promote', REASON, 'author');
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('nothing of it is recorded')]);
    const { items } = await get<{ items: AuditEntry[] }>('/v1/audit?act=playbook.promote');
    expect(items[0]).toMatchObject({
      by: 'author-ann',
      subject: 'watch-injection',
      outcome: expect.stringMatching(/^refused/),
    });
  });

  it('says why something happened, of an event, a finding, a contraction and an incident alike', async () => {
    const eventId = await poison('mailer', 'conv-1');
    const event = await get<Explained>(`/v1/explain/${eventId}`, 'viewer');
    const [contractionId] = event.explanations[0]?.playbooks[0]?.contractionIds ?? [];
    expect([event.kind, contractionId]).toEqual(['event', expect.any(String)]);
    const contraction = await get<Explained>(`/v1/explain/${contractionId}`);
    const incident = await get<Explained>(`/v1/explain/${contraction.contraction?.incidentId}`);
    const finding = await get<Explained>(`/v1/explain/${event.findings[0]?.id}`);
    for (const each of [contraction, incident, finding])
      expect([each.kind, each.explanations.map(({ id }) => id)]).toEqual([
        each.kind,
        event.explanations.map(({ id }) => id),
      ]);
    expect([contraction.kind, incident.kind, finding.kind]).toEqual(['contraction', 'incident', 'finding']);
  });

  it('takes the beginning of an id where only one begins so', async () => {
    const { items } = await get<{ items: { id: string; findingIds: string[] }[] }>('/v1/contractions?session=conv-1');
    const { items: incidents } = await get<{ items: Incident[] }>('/v1/incidents?session=conv-1');
    const whole = [items[0]?.id ?? '', incidents[0]?.id ?? '', items[0]?.findingIds[0] ?? ''];
    for (const id of whole) expect((await get<Explained>(`/v1/explain/${id.slice(0, 8)}`)).id).toBe(id);
  });

  it('promotes on its record for some agents, in the name of who asked, and takes it back', async () => {
    const view = await get<PlaybookView & { record: PlaybookRecord }>('/v1/playbooks/watch-injection');
    expect(view.record).toMatchObject({ contractions: 1, agents: { mailer: 1 }, targetsAtOnce: 1, objections: [] });
    const body = { ...REASON, agents: ['mail*'], forMs: 3_600_000 };
    const promoted = await call<PlaybookView>('POST', '/v1/playbooks/watch-injection/promote', body, 'author');
    expect([promoted.status, promoted.body]).toMatchObject([
      200,
      { mode: 'enforce', agents: ['mail*'], setBy: { owner: 'author-ann', reason: 'a quiet week' } },
    ]);
    await poison('mailer', 'conv-2');
    const live = await get<{ items: { mode: string; sessionIds: string[] }[] }>('/v1/contractions');
    expect(live.items.map(({ mode, sessionIds }) => [sessionIds[0], mode])).toEqual([
      ['conv-2', 'enforce'],
      ['conv-1', 'observe'],
    ]);
    const back = await call<PlaybookView>('POST', '/v1/playbooks/watch-injection/observe', REASON, 'author');
    expect([back.status, back.body.mode]).toEqual([200, 'observe']);
    const { items } = await get<{ items: AuditEntry[] }>('/v1/audit?subject=watch-injection');
    expect(items.map(({ by, act }) => `${act} by ${by}`)).toEqual(
      expect.arrayContaining([
        'playbook.promote by author-ann',
        'playbook.observe by author-ann',
        'playbook.change by author-ann',
      ]),
    );
  });

  it('refuses once its record goes beyond its limits, and is overruled only by name', async () => {
    const refused = await call<{ detail: string }>('POST', '/v1/playbooks/watch-injection/promote', REASON, 'author');
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      expect.stringContaining('2 targets would have been contracted at once, 1 are allowed'),
    ]);
    const despite = { ...REASON, despiteObjections: true };
    expect((await call('POST', '/v1/playbooks/watch-injection/promote', despite, 'author')).status).toBe(200);
    const { items } = await get<{ items: AuditEntry[] }>('/v1/audit?act=playbook.promote');
    expect(items[0]?.outcome).toContain('despite: 2 targets');
    await call('POST', '/v1/playbooks/watch-injection/observe', REASON, 'author');
  });

  it('says what another version would have done with the same findings', async () => {
    const diff = (text: string, more: object = {}) =>
      call<VersionDiff & { detail: string }>(
        'POST',
        '/v1/playbooks/watch-injection/diff',
        { text, ...more },
        'responder',
      );
    const before = await get<{ items: unknown[] }>('/v1/contractions?state=all');
    const same = await diff(PLAYBOOK);
    expect([same.status, same.body]).toMatchObject([200, { changed: 0, changes: [] }]);
    expect(same.body.findings).toBeGreaterThanOrEqual(2);
    expect(same.body.after.contractions).toBe(same.body.before.contractions);
    const quiet = await diff(
      PLAYBOOK.replace('version: 1', 'version: 9').replace(
        'target: session',
        'when: agent.id == "nobody"\ntarget: session',
      ),
    );
    expect([quiet.status, quiet.body.detail]).toEqual([200, undefined]);
    expect(quiet.body.after).toMatchObject({ version: 9, contractions: 0 });
    expect(quiet.body.changed).toBeGreaterThan(0);
    expect(quiet.body.changes[0]).toMatchObject({ finding: { type: 'injection.indirect' }, after: 'nothing' });
    expect((await diff(PLAYBOOK, { sinceMs: Date.now() + 60_000 })).body).toMatchObject({ findings: 0, changed: 0 });
    const faulty = await diff(PLAYBOOK.replace('target: session', 'target: sesion'));
    expect([faulty.status, faulty.body.detail]).toEqual([
      422,
      expect.stringMatching(/watch-injection\.yaml:\d+:\d+ error PB\d+: /),
    ]);
    expect(await get('/v1/contractions?state=all')).toEqual(before);
  });

  it('excepts what made an incident, and says first what else that hides', async () => {
    const { items } = await get<{ items: Incident[] }>('/v1/incidents?session=conv-1');
    const incident = items[0]?.id;
    const except = (more: object) =>
      call<ExceptionOutcome & { detail: string }>(
        'POST',
        '/v1/playbooks/watch-injection/except',
        { ...REASON, incident, ...more },
        'author',
      );
    const before = readFileSync(join(folder, 'overrides.yaml'), 'utf8');
    const tried = await except({ dryRun: true });
    expect(tried.body).toMatchObject({ written: false, elsewhere: { fired: 1, hidden: 1 } });
    expect(readFileSync(join(folder, 'overrides.yaml'), 'utf8')).toBe(before);
    const faulty = await except({ when: 'finding.tpye == "x"' });
    expect([faulty.status, faulty.body.detail]).toEqual([
      422,
      expect.stringMatching(/overrides\.yaml:\d+:\d+ error PB011: .*did you mean/),
    ]);
    expect(readFileSync(join(folder, 'overrides.yaml'), 'utf8')).toBe(before);
    expect((await except({})).body).toMatchObject({
      written: true,
      when: 'finding.type == "injection.indirect" && agent.id == "mailer"',
    });
    const view = await get<PlaybookView>('/v1/playbooks/watch-injection');
    expect(view.exceptions).toMatchObject([{ reason: 'a quiet week' }]);
    const eventId = await poison('mailer', 'conv-3');
    const { explanations } = await get<Explained>(`/v1/explain/${eventId}`);
    expect(explanations[0]?.playbooks[0]).toMatchObject({ outcome: 'nothing' });
    expect(explanations[0]?.playbooks[0]?.checks).toContainEqual(
      expect.objectContaining({ check: 'exception', pass: false }),
    );
  });

  it('plays an attack to the running set without touching anything', async () => {
    const before = await get<{ items: unknown[] }>('/v1/contractions?state=all');
    const played = await call<Simulation>(
      'POST',
      '/v1/playbooks/watch-injection/simulate',
      { test: 'an att', mode: 'enforce' },
      'responder',
    );
    expect(played.body.scenario).toBe('an attack');
    expect(played.body.moments.map(({ answer }) => answer)).toEqual([undefined, 'block']);
    expect(await get('/v1/contractions?state=all')).toEqual(before);
  });

  it('writes a draft: from nothing, or as one that would have met an incident', async () => {
    const draft = (body: object) => call<Draft & { detail: string }>('POST', '/v1/playbooks/new', body, 'responder');
    const empty = await draft({ id: 'mine' });
    expect([empty.status, empty.body]).toMatchObject([
      200,
      { id: 'mine', tests: [{ passed: true }, { passed: true }] },
    ]);
    const { items } = await get<{ items: Incident[] }>('/v1/incidents?session=conv-2');
    const like = await draft({ id: 'like-it', incident: items[0]?.id });
    expect(like.body.text).toContain(`incident ${items[0]?.id}`);
    expect(like.body.tests.every(({ passed }) => passed)).toBe(true);
    expect((await draft({ id: 'like-it', incident: 'none-such' })).status).toBe(404);
    const refused = await draft({ id: 'not an id' });
    expect([refused.status, refused.body.detail]).toEqual([
      422,
      expect.stringMatching(/not an id\.yaml:\d+:\d+ error/),
    ]);
    expect((await get<{ items: PlaybookView[] }>('/v1/playbooks')).items).toHaveLength(1);
  });

  it('counts what people said of it', async () => {
    const { items } = await get<{ items: Incident[] }>('/v1/incidents?session=conv-2');
    await call('POST', `/v1/incidents/${items[0]?.id}/close`, { verdict: 'true', reason: 'it was one' });
    const { items: rows } = await get<{ items: Precision[] }>('/v1/precision?kind=playbook', 'viewer');
    expect(rows).toMatchObject([{ name: 'watch-injection', true: 1, false: 0, precision: 1 }]);
  });

  it('names the ids that begin alike where a beginning is not enough', async () => {
    // Ids are hexadecimal: of seventeen two begin alike.
    const ids: string[] = [];
    for (let at = 0; at < 17; at += 1) {
      const made = await call<{ contraction?: { id: string }; id?: string }>('POST', '/v1/contractions', {
        target: { type: 'session', id: `by-hand-${at}` },
        controls: [{ control: 'tool.block', tools: ['nothing'] }],
        forMs: 60_000,
        reason: 'to begin alike',
      });
      ids.push(made.body.contraction?.id ?? made.body.id ?? '');
    }
    const alike = ids.find((id, at) => ids.slice(at + 1).some((other) => other[0] === id[0])) ?? '';
    const several = await call<{ detail: string }>('GET', `/v1/explain/${alike.slice(0, 1)}`);
    expect([several.status, several.body.detail]).toEqual([400, expect.stringContaining('give more of the id')]);
  });
});
