/** One attack, one Sentinel incident: kept up to date there, judged there, lifted here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Incident } from '../../../schemas/incident.js';
import { createForward, type Forward } from '../../../services/forward/service.js';
import { markIn } from '../../../services/forward/sentinel/incidents/remote-incident.js';
import { guidOf } from '../../../services/forward/sentinel/incidents/update-sink.js';
import { createRespondMachine } from '../../../services/respond/machine.js';
import { configuredPlaybooks } from '../../../services/respond/playbook/files/configured.js';
import { promote } from '../../../services/respond/playbook/promotion.js';
import { WallClock } from '../../../services/runtime/clock.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { type Drivers, openDrivers } from '../../../services/runtime/drivers.js';
import { shippedPlaybooks } from '../../../services/runtime/package-root.js';
import { silentLog } from '../../../services/runtime/log.js';
import { Worker } from '../../../services/runtime/worker.js';
import { SecurityInsightsPeer } from '../../peers/security-insights.js';
import { incident } from '../incident.js';
import { finding } from './records.js';
import { type Workspace, workspace } from './workspace.js';

const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const ID = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);
const POLL_MS = 20;
/** Long enough for several looks, where nothing is to come of them. */
const looks = () => new Promise((resolve) => setTimeout(resolve, 5 * POLL_MS));

describe('incidents in Sentinel', () => {
  let space: Workspace;
  let insights: SecurityInsightsPeer;
  let folder = '';
  let drivers: Drivers;
  let forward: Forward | undefined;
  const open = () => openDrivers(loadConfig({ env: {}, overrides: { dataDir: folder } }), silentLog(), new WallClock());

  beforeAll(async () => {
    space = await workspace();
    insights = await SecurityInsightsPeer.start(space.logs.authority, space.logs.peer.certificate);
  });
  afterAll(async () => {
    await insights.stop();
    await space.stop();
  });
  beforeEach(async () => {
    insights.incidents.clear();
    insights.puts.length = 0;
    insights.allowed = true;
    insights.peer.misbehaviours = [];
    insights.peer.always = undefined;
    insights.peer.requests.length = 0;
    space.logs.rows.clear();
    folder = mkdtempSync(join(tmpdir(), 'stepdown-insights-'));
    drivers = await open();
  });
  afterEach(async () => {
    await forward?.stop();
    forward = undefined;
    await drivers.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(changes: Record<string, unknown> = {}): Promise<void> {
    forward = createForward({
      drivers,
      log: silentLog(),
      version: '0',
      random: () => 0.5,
      limits: { baseMs: 10, capMs: 40 },
      quickRetry: { baseMs: 1, capMs: 1, deadlineMs: 0 },
      sinks: [
        {
          ...space.sink({
            tables: ['incidents'],
            workspace: insights.workspace,
            management: insights.url,
            ...changes,
          }),
          // Oftener than a configuration may say: each test waits for several looks.
          pollMs: POLL_MS,
        },
      ],
    });
    await forward.start();
  }
  /** As response does it: the state in the store and its record in the topic. */
  const put = async (value: Incident) => {
    await drivers.store.write([{ key: `incident/${value.tenant}/${value.id}`, value }]);
    await drivers.stream.append([{ topic: 'incidents', key: value.id, value }]);
  };
  const rows = () => space.logs.table('StepdownIncidents_CL');
  const commands = async () =>
    (await drivers.stream.read('signals', { from: 0, limit: 100 })).flatMap(({ value }) =>
      value.kind === 'command' ? [value] : [],
    );
  const started = async (changes: Partial<Incident> = {}, title?: string) => {
    await put(incident(ID, 1, changes));
    await eventually(() => expect(rows()).toHaveLength(1));
    return insights.ruleAlerts(rows()[0] ?? {}, title);
  };

  it('finds the incident that a rule made, and tells it what happened', async () => {
    await start();
    const made = await started({ severity: 'medium' });
    await put(
      incident(ID, 2, {
        severity: 'high',
        timeline: [
          {
            atMs: 1,
            kind: 'contraction',
            text: 'tool.block send_* for session conv-1 (ada@contoso.example)',
            ref: 'c1',
          },
          { atMs: 2, kind: 'attempt', text: 'send_money was blocked' },
        ],
      }),
    );
    await eventually(() => expect(made.properties.severity).toBe('High'));
    await eventually(() => expect([...made.comments.values()].join('\n')).toContain('tool.block send_*'));
    const told = [...made.comments.values()].join('\n');
    expect(told).toContain(`stepdown incidents show ${ID}`);
    expect(told).not.toContain('ada@contoso.example');
    expect(made.properties['labels']).toEqual(
      expect.arrayContaining([
        { labelName: 'team-a', labelType: 'User' },
        expect.objectContaining({ labelName: 'Stepdown' }),
      ]),
    );
    expect(made.properties.status).toBe('New');
  });

  it('finds it by its alerts where Defender gave it another title, and leaves others alone', async () => {
    await start();
    insights.ruleAlerts(
      { IncidentTitle: 'Another product', IncidentId: 'x', AlertSeverity: 'Low' },
      'Multi-stage incident',
    );
    insights.ruleAlerts({ IncidentTitle: 'Another engine', IncidentId: OTHER, AlertSeverity: 'Low' });
    const made = await started({}, 'Multi-stage incident involving Initial access');
    await eventually(() => expect(made.properties['labels']).toHaveLength(2));
    await looks();
    expect(insights.puts.map(({ name }) => name)).toEqual([made.name]);
    const asked = insights.peer.requests.filter(({ path }) => path.endsWith('/alerts')).length;
    await looks();
    expect(insights.peer.requests.filter(({ path }) => path.endsWith('/alerts')).length).toBe(asked);
  });

  it('closes there what a person judged here, and takes its own word for nobody else’s', async () => {
    await start();
    const made = await started();
    await put(
      incident(ID, 2, {
        status: 'closed',
        closedAtMs: 3,
        verdict: { value: 'benign', by: 'ann', reason: 'a red team', atMs: 3 },
      }),
    );
    await eventually(() =>
      expect(made.properties).toMatchObject({
        status: 'Closed',
        classification: 'BenignPositive',
        classificationComment: 'ann: a red team',
      }),
    );
    await looks();
    expect(await commands()).toEqual([]);
  });

  it('closes there what was judged here before a rule had made it, and nothing comes back', async () => {
    await start();
    await put(incident(ID, 1));
    await eventually(() => expect(rows()).toHaveLength(1));
    const alerting = rows()[0] ?? {};
    await put(
      incident(ID, 2, {
        status: 'closed',
        closedAtMs: 3,
        verdict: { value: 'false', by: 'ann', reason: 'a drill', atMs: 3 },
      }),
    );
    await eventually(() => expect(rows()).toHaveLength(2));
    await looks();
    const made = insights.ruleAlerts(alerting);
    await eventually(() =>
      expect(made.properties).toMatchObject({ status: 'Closed', classification: 'FalsePositive' }),
    );
    await looks();
    expect(await commands()).toEqual([]);
    // What alerted was the first version alone: the closing is a row that no rule takes.
    expect(rows().map(({ AlertReason }) => AlertReason)).toEqual(['first', undefined]);
    expect(insights.incidents.size).toBe(1);
  });

  it('takes an analyst’s word though others write meanwhile, and leaves what was closed there closed', async () => {
    await start();
    const made = await started({ severity: 'low' });
    await eventually(() => expect(made.properties['labels']).toHaveLength(2));
    let races = 0;
    insights.peer.always = ({ method, path }) => {
      // Between our reading and our writing the analyst closes it.
      if (method === 'PUT' && !path.includes('/comments/') && races === 0) {
        races += 1;
        insights.edit(made.name, { status: 'Closed', classification: 'BenignPositive' });
      }
      return undefined;
    };
    await put(incident(ID, 2, { severity: 'high', timeline: [{ atMs: 5, kind: 'contraction', text: 'contracted' }] }));
    await eventually(async () => expect(await commands()).toHaveLength(1));
    expect((await commands())[0]).toMatchObject({ command: { incidentId: ID, verdict: 'benign' } });
    await eventually(() => expect([...made.comments.values()].join()).toContain('contracted'));
    await looks();
    expect(races).toBe(1);
    expect(made.properties).toMatchObject({ status: 'Closed', classification: 'BenignPositive', severity: 'Low' });
    expect(await commands()).toHaveLength(1);
  });

  it('takes a judgement that was changed there, and not what was only opened again', async () => {
    await start();
    const made = await started();
    await eventually(() => expect(made.properties['labels']).toHaveLength(2));
    insights.edit(made.name, { status: 'Closed', classification: 'FalsePositive' });
    await eventually(async () => expect(await commands()).toHaveLength(1));
    insights.edit(made.name, { status: 'Active', classification: undefined });
    await looks();
    expect(await commands()).toHaveLength(1);
    insights.edit(made.name, { status: 'Closed', classification: 'TruePositive' });
    await eventually(async () => expect(await commands()).toHaveLength(2));
    expect((await commands()).at(-1)).toMatchObject({ command: { verdict: 'true' } });
  });

  it('does not close there what only fell silent here', async () => {
    await start();
    const made = await started();
    await put(
      incident(ID, 2, {
        status: 'closed',
        closedAtMs: 3,
        timeline: [{ atMs: 3, kind: 'note', text: 'Quiet for 30 minutes.' }],
      }),
    );
    await eventually(() => expect([...made.comments.values()].join()).toContain('Quiet for 30 minutes'));
    expect(made.properties.status).toBe('New');
  });

  it.each([
    ['FalsePositive', 'false'],
    ['BenignPositive', 'benign'],
    ['TruePositive', 'true'],
  ])('takes a verdict over that an analyst gave there: %s', async (classification, verdict) => {
    await start();
    const made = await started();
    await eventually(() => expect(made.properties['labels']).toHaveLength(2));
    insights.edit(made.name, {
      status: 'Closed',
      classification,
      classificationComment: 'payment run, known',
      owner: { userPrincipalName: 'ben@contoso.example' },
    });
    await eventually(async () => expect(await commands()).toHaveLength(1));
    expect((await commands())[0]).toMatchObject({
      tenant: 'default',
      by: 'sentinel:ben@contoso.example',
      reason: 'payment run, known',
      command: { do: 'close-incident', incidentId: ID, verdict },
    });
    await looks();
    expect(await commands()).toHaveLength(1);
  });

  it('takes no verdict over from an incident that was closed as undetermined', async () => {
    await start();
    const made = await started();
    insights.edit(made.name, { status: 'Closed', classification: 'Undetermined' });
    await looks();
    expect(await commands()).toEqual([]);
  });

  it('lifts the contractions of an incident that is closed there as a false positive', async () => {
    const overrides = join(folder, 'overrides.yaml');
    writeFileSync(
      overrides,
      promote('', { playbookId: 'poisoned-inbox', mode: 'enforce', reason: 'a test', owner: 'ann' }),
    );
    const config = loadConfig({
      env: {},
      overrides: { respond: { playbooks: [join(shippedPlaybooks(), 'demo')], overrides } },
    });
    const { playbooks } = configuredPlaybooks(config, { nowMs: Date.now(), findingTypes: ['injection.indirect'] });
    const respond = new Worker({
      drivers,
      clock: new WallClock(),
      log: silentLog(),
      deadletterContent: false,
      machine: createRespondMachine({
        playbooks,
        riskHalfLifeMs: 600_000,
        leaseMs: 300_000,
        incidentsPerPlaybookPerHour: 20,
      }),
      topic: 'signals',
      maxCached: 100,
    });
    await respond.start();
    try {
      await start();
      const nowMs = Date.now();
      const seen = finding('f1', { timeMs: nowMs, confidence: 0.97 });
      await drivers.stream.append([
        {
          topic: 'signals',
          key: 'conv-1',
          value: { kind: 'finding', tenant: 'default', timeMs: nowMs, finding: seen },
        },
      ]);
      const live = async () =>
        (await drivers.store.scan<Contraction>('contraction/live/', {})).map(({ value }) => value);
      const ended = async () =>
        (await drivers.store.scan<Contraction>('contraction/ended/', {})).map(({ value }) => value);
      await eventually(async () => expect(await live()).toMatchObject([{ state: 'active', mode: 'enforce' }]));
      await eventually(() => expect(rows().length).toBeGreaterThan(0));
      const made = insights.ruleAlerts(rows()[0] ?? {});
      await eventually(() => expect(made.properties['labels']).toHaveLength(2));
      insights.edit(made.name, { status: 'Closed', classification: 'FalsePositive', classificationComment: 'ours' });
      await eventually(async () => expect(await ended()).toMatchObject([{ state: 'ended', endReason: 'verdict' }]));
      expect(await live()).toEqual([]);
      await eventually(() =>
        expect(rows().at(-1)).toMatchObject({ IncidentStatus: 'closed', Verdict: 'false', VerdictReason: 'ours' }),
      );
      expect(rows().at(-1)).not.toHaveProperty('AlertReason');
      const audit = await drivers.stream.read('audit', { from: 0, limit: 50 });
      expect(audit.map(({ value }) => value)).toContainEqual(
        expect.objectContaining({ act: 'incident.close', by: 'sentinel:an analyst', reason: 'ours' }),
      );
    } finally {
      await respond.stop();
    }
  });

  it.each([
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '0' } }],
    ['429', { status: 429 }],
    ['503', { status: 503 }],
    ['403', { status: 403 }],
    ['a reset', 'reset' as const],
    ['a lost answer', 'reset-afterwards' as const],
    ['a half-open connection', 'silent' as const],
  ])('loses no update and no verdict through %s', async (_name, fault) => {
    await start({ timeout: '200ms' });
    const made = await started();
    let left = 6;
    insights.peer.always = () => (left-- > 0 ? fault : undefined);
    await put(incident(ID, 2, { timeline: [{ atMs: 5, kind: 'contraction', text: 'contracted' }] }));
    await eventually(() => expect([...made.comments.values()].join()).toContain('contracted'));
    expect([...made.comments.values()].filter((text) => text.includes('contracted'))).toHaveLength(1);
    left = 3;
    insights.edit(made.name, { status: 'Closed', classification: 'FalsePositive' });
    await eventually(async () => expect((await commands()).map(({ id }) => id)).toHaveLength(1));
  });

  it('writes over nobody’s change: with an old etag it looks again', async () => {
    await start();
    const made = await started({ severity: 'low' });
    let races = 0;
    insights.peer.always = ({ method, path }) => {
      if (method === 'PUT' && !path.includes('/comments/') && races < 2) {
        races += 1;
        insights.edit(made.name, {
          owner: { userPrincipalName: `analyst-${races}@contoso.example` },
          status: 'Active',
        });
      }
      return undefined;
    };
    await put(incident(ID, 2, { severity: 'high' }));
    await eventually(() => expect(made.properties.severity).toBe('High'));
    expect(races).toBe(2);
    expect(made.properties).toMatchObject({
      status: 'Active',
      owner: { userPrincipalName: 'analyst-2@contoso.example' },
    });
  });

  it('goes on after a restart where it was', async () => {
    await start();
    const made = await started();
    await eventually(() => expect(made.properties['labels']).toHaveLength(2));
    await forward?.stop();
    await drivers.close();
    insights.edit(made.name, { status: 'Closed', classification: 'FalsePositive' });
    drivers = await open();
    await start();
    await eventually(async () => expect(await commands()).toHaveLength(1));
  });

  it('makes incidents itself where it is told to, once each', async () => {
    insights.peer.misbehaviours = ['reset-afterwards', 'reset-afterwards', 'reset-afterwards'];
    await start({ incidents: 'create', timeout: '500ms' });
    await put(incident(ID));
    await eventually(() =>
      expect(insights.incidents.get(guidOf(ID))?.properties).toMatchObject({ severity: 'High', status: 'New' }),
    );
    await put(incident(ID, 2, { timeline: [{ atMs: 5, kind: 'contraction', text: 'contracted' }] }));
    await eventually(() =>
      expect([...(insights.incidents.get(guidOf(ID))?.comments.values() ?? [])].join()).toContain('contracted'),
    );
    expect(insights.incidents.size).toBe(1);
  });

  it('closes there what turned out to be part of another one, as nobody’s verdict, and says which', async () => {
    await start();
    const made = await started();
    await eventually(() => expect(made.properties['labels']).toHaveLength(2));
    await put(incident(ID, 2, { status: 'closed', closedAtMs: 4, mergedInto: OTHER }));
    await eventually(() =>
      expect(made.properties).toMatchObject({
        status: 'Closed',
        classification: 'Undetermined',
        classificationComment: expect.stringContaining(OTHER) as string,
      }),
    );
    // An analyst who judges the part judges nothing here: what is judged is the whole.
    insights.edit(made.name, { status: 'Closed', classification: 'FalsePositive' });
    await looks();
    expect(await commands()).toEqual([]);
  });

  it('goes on with the one that a rule makes anew where somebody deleted ours there', async () => {
    await start();
    const made = await started({ severity: 'low' });
    await eventually(() => expect(made.properties['labels']).toHaveLength(2));
    insights.incidents.delete(made.name);
    await put(incident(ID, 2, { severity: 'high', timeline: [{ atMs: 5, kind: 'contraction', text: 'contracted' }] }));
    await eventually(() => expect(rows()).toHaveLength(2));
    await looks();
    expect(insights.incidents.size).toBe(0);
    const again = insights.ruleAlerts(rows()[1] ?? {});
    await eventually(() => expect([...again.comments.values()].join()).toContain('contracted'));
    insights.edit(again.name, { status: 'Closed', classification: 'BenignPositive' });
    await eventually(async () =>
      expect(await commands()).toMatchObject([{ command: { incidentId: ID, verdict: 'benign' } }]),
    );
  });

  it('keeps updates and verdicts while the role is gone, and says which it is', async () => {
    await start();
    const made = await started();
    await eventually(() => expect(made.properties['labels']).toHaveLength(2));
    insights.allowed = false;
    insights.edit(made.name, { status: 'Closed', classification: 'FalsePositive' });
    await put(incident(ID, 2, { timeline: [{ atMs: 5, kind: 'contraction', text: 'contracted' }] }));
    await eventually(() =>
      expect(forward?.status().find(({ sink }) => sink === 'sentinel/updates')).toMatchObject({
        waiting: 1,
        lastError: expect.stringContaining('Microsoft Sentinel Responder') as string,
      }),
    );
    expect(await commands()).toEqual([]);
    insights.allowed = true;
    await eventually(async () => expect(await commands()).toHaveLength(1));
    await eventually(() => expect([...made.comments.values()].join()).toContain('contracted'));
  });

  it('holds up no incident for one that no rule has taken', async () => {
    await start();
    await put(incident(OTHER));
    await put(incident(ID));
    await eventually(() => expect(rows()).toHaveLength(2));
    const made = insights.ruleAlerts(rows().find(({ IncidentId }) => IncidentId === ID) ?? {});
    await eventually(() => expect(made.properties['labels']).toHaveLength(2));
    await eventually(() =>
      expect(forward?.status().find(({ sink }) => sink === 'sentinel/updates')).toMatchObject({ waiting: 1 }),
    );
  });
});

describe('the mark in a title', () => {
  it.each([
    [`An attack [stepdown:${ID}]`, ID],
    [`[stepdown:${OTHER}] quoted [stepdown:${ID}]`, ID],
    ['no mark', undefined],
    ['[stepdown:../../x]', undefined],
  ])('%s', (title, id) => expect(markIn(title)).toBe(id));

  it('gives the same GUID for the same name, and a well-formed one', () => {
    expect(guidOf('a')).toBe(guidOf('a'));
    expect(guidOf('a')).not.toBe(guidOf('b'));
    expect(guidOf('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
