/**
 * Approvals by signed webhook: what waits goes out through the real outbox to a real https receiver that checks the
 * signature, as Slack and Teams would show it; what people answer comes back signed.
 */
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Approval } from '../../schemas/approval.js';
import type { Command, SignalOf } from '../../schemas/signal.js';
import { createForward, type Forward } from '../../services/forward/service.js';
import type { SinkConfig } from '../../services/forward/sinks/table.js';
import { readSigned } from '../../services/gateway/answers/signed.js';
import { readSlack } from '../../services/gateway/answers/slack.js';
import { readTeams } from '../../services/gateway/answers/teams.js';
import { loadConfig } from '../../services/runtime/config.js';
import { silentLog } from '../../services/runtime/log.js';
import { sign } from '../../services/runtime/signature.js';
import { HttpsPeer } from '../peers/https-peer.js';
import { asks, contraction, type Evaluated, Rig } from './rig.js';

const SLACK = 'slack-signing-secret-of-32-chars';
const TEAMS = Buffer.from('teams-security-token-of-the-hook').toString('base64');
const SHARED = 'a-shared-key-of-at-least-16';
const OUT = 'the-key-of-what-goes-out';
const ANSWERS = [
  {
    name: 'soc-slack',
    format: 'slack',
    secret: SLACK,
    approvers: [
      { user: 'U012ANN', name: 'ann@contoso.example', soc: true },
      { user: 'U013ADM', name: 'agents of this machine' },
    ],
  },
  { name: 'soc-teams', format: 'teams', secret: TEAMS, approvers: [{ user: 'aad-bob', name: 'bob@contoso.example' }] },
  { name: 'pager', format: 'signed', secret: SHARED, approvers: [{ user: 'eve', name: 'eve@contoso.example' }] },
];

const slackBody = (verb: 'approve' | 'deny', subject: string, user = 'U012ANN', reason?: string) =>
  new URLSearchParams({
    payload: JSON.stringify({
      type: 'block_actions',
      user: { id: user },
      actions: [{ action_id: `stepdown_${verb}`, value: subject }],
      state: { values: { stepdown_reason: { reason: { type: 'plain_text_input', value: reason ?? null } } } },
    }),
  }).toString();
const slackHeaders = (body: string, atMs: number, secret = SLACK) => {
  const stamp = String(Math.floor(atMs / 1000));
  const digest = createHmac('sha256', secret).update(`v0:${stamp}:${body}`).digest('hex');
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': stamp,
    'x-slack-signature': `v0=${digest}`,
  };
};
const teamsBody = (text: string, atMs: number, user = 'aad-bob') =>
  JSON.stringify({
    type: 'message',
    id: '1485983408511',
    timestamp: new Date(atMs).toISOString(),
    from: { id: '29:1', name: 'Bob', aadObjectId: user },
    text: `<at>Stepdown</at>&nbsp;${text}\n`,
  });
const teamsHeaders = (body: string, secret = TEAMS) => ({
  'content-type': 'application/json; charset=utf-8',
  authorization: `HMAC ${createHmac('sha256', Buffer.from(secret, 'base64')).update(body).digest('base64')}`,
});

describe('a signature', () => {
  const nowMs = Date.UTC(2030, 0, 1);
  const MINUTE = 60_000;
  const slack = slackBody('approve', 'call 77c0abcdef');
  const teams = teamsBody('approve call 77c0abcdef: ok', nowMs);
  const signed = JSON.stringify({ answer: 'deny', contraction: '9a1babcdef', by: 'eve', reason: 'a test' });
  const readers = {
    slack: { read: readSlack, text: slack, secret: SLACK, headers: slackHeaders(slack, nowMs) },
    teams: { read: readTeams, text: teams, secret: TEAMS, headers: teamsHeaders(teams) },
    signed: { read: readSigned, text: signed, secret: SHARED, headers: sign(SHARED, 'm1', nowMs, signed) },
  } as const;
  it.each(['slack', 'teams', 'signed'] as const)('of %s is believed as it is, fresh, and only so', (format) => {
    const { read, text, secret, headers } = readers[format];
    const outcome = (
      change: Partial<{ headers: Record<string, string>; text: string; secret: string; nowMs: number }>,
    ) => read({ headers, text, secret, nowMs, ...change }).kind;
    expect(outcome({})).toBe('answer');
    expect(outcome({ nowMs: nowMs + 4 * MINUTE })).toBe('answer');
    expect(outcome({ nowMs: nowMs + 5 * MINUTE + 1000 }), 'too old').toBe('refused');
    expect(outcome({ nowMs: nowMs - 5 * MINUTE - 1000 }), 'from the future').toBe('refused');
    expect(outcome({ text: `${text} ` }), 'changed').toBe('refused');
    expect(outcome({ secret: `${secret.slice(0, -4)}AAA=` }), 'of another key').toBe('refused');
    expect(outcome({ headers: {} }), 'none').toBe('refused');
    for (const name of Object.keys(headers).filter((each) => each !== 'content-type'))
      expect(outcome({ headers: { ...headers, [name]: '' } }), `without ${name}`).toBe('refused');
  });

  it('may stand over anything: whatever is signed is read or told what is wrong, and nothing is thrown', () => {
    const json = fc.jsonValue().map((value) => JSON.stringify(value));
    const form = fc.oneof(json, fc.string()).map((payload) => new URLSearchParams({ payload }).toString());
    fc.assert(
      fc.property(fc.oneof(json, form, fc.string(), fc.constant(teams), fc.constant(slack)), (text) => {
        for (const [read, secret, headers] of [
          [readSlack, SLACK, slackHeaders(text, nowMs)],
          [readTeams, TEAMS, teamsHeaders(text)],
          [readSigned, SHARED, sign(SHARED, 'm', nowMs, text)],
        ] as const) {
          const outcome = read({ headers, text, secret, nowMs });
          if (outcome.kind === 'answer') expect(outcome.answer.id).toMatch(/^\S+$/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is no answer by itself: what is signed and says nothing is told how', () => {
    const text = teamsBody('what is going on?', nowMs);
    expect(readTeams({ headers: teamsHeaders(text), text, secret: TEAMS, nowMs })).toMatchObject({
      kind: 'unclear',
      why: expect.stringContaining('approve call ID'),
    });
    for (const bad of ['payload=%7B', 'x=1', 'payload=null', 'payload=%5B%5D'])
      expect(readSlack({ headers: slackHeaders(bad, nowMs), text: bad, secret: SLACK, nowMs }).kind).toBe('unclear');
    for (const bad of ['null', '{}', '[1]', '{"answer":"yes","call":"x","by":"eve"}'])
      expect(readSigned({ headers: sign(SHARED, 'm', nowMs, bad), text: bad, secret: SHARED, nowMs }).kind).toBe(
        'unclear',
      );
  });
});

it('a channel without a secret, without people, or of another’s name is refused when the configuration is read', () => {
  const [slack] = ANSWERS;
  const load =
    (...answers: object[]) =>
    () =>
      loadConfig({ env: {}, overrides: { gateway: { answers } } });
  const { secret: _, ...open } = slack!;
  expect(load(...ANSWERS)).not.toThrow();
  expect(load(open)).toThrow(/soc-slack cannot be believed without a secret/);
  expect(load({ ...slack, approvers: [] })).toThrow(/nobody may answer through soc-slack/);
  expect(load(slack!, slack!)).toThrow(/soc-slack is the name of another/);
});

describe('what waits for a person', () => {
  let rig: Rig;
  let peer: HttpsPeer;
  let forward: Forward;
  let commands: SignalOf<'command'>[];
  let nowMs = 0;
  const held = contraction([
    { control: 'tool.requireApproval', effects: ['send'], timeoutMs: 60_000, otherwise: 'block' },
  ]);

  beforeEach(async () => {
    commands = [];
    nowMs = Date.now();
    rig = await Rig.start({
      config: { answers: ANSWERS },
      onCommand: (signal) => {
        commands.push(signal);
        return { records: [], outcome: { ok: true, message: 'active' } };
      },
    });
    await rig.contract({ ...held });
    await rig.knows(held.id, 1);
    peer = await HttpsPeer.start(() => ({ status: 200 }));
  });
  afterEach(async () => {
    await forward?.stop();
    await peer.stop();
    await rig.end();
  });

  async function sink(format: 'slack' | 'teams', more: Partial<Extract<SinkConfig, { type: 'webhook' }>> = {}) {
    const ca = join(rig.dataDir, 'peer.pem');
    writeFileSync(ca, peer.certificate.cert);
    forward = createForward({
      drivers: rig.drivers,
      log: silentLog(),
      version: '0',
      limits: { baseMs: 20, capMs: 40 },
      quickRetry: { baseMs: 1, capMs: 1, deadlineMs: 0 },
      sinks: [{ type: 'webhook', name: 'chat', url: peer.url, secret: OUT, format, approvals: true, ca, ...more }],
    });
    await forward.start();
  }
  const ask = (toolCallId = 'c1') =>
    rig.call<Evaluated>(
      'POST',
      '/access/v1/evaluation',
      asks('send_mail', { toolCallId, arguments: { to: '<!here> *ann*' } }),
      {
        token: rig.token('agent-token'),
      },
    );
  const waiting = async (toolCallId?: string) => (await ask(toolCallId)).body.context.approval?.id ?? '';
  const post = (channel: string, body: string, headers: Record<string, string>) =>
    rig.call<{ text?: string; detail?: string; type?: string }>('POST', `/v1/answers/${channel}`, body, {
      token: null,
      headers,
    });
  const viaSlack = (body: string, atMs = nowMs) => post('soc-slack', body, slackHeaders(body, atMs));
  const messages = () =>
    peer.requests.map(({ headers, body }) => {
      const text = body.toString('utf8');
      const { 'webhook-id': id, 'webhook-timestamp': stamp, 'webhook-signature': signature } = headers;
      expect(signature).toBe(sign(OUT, String(id), Number(stamp) * 1000, text)['webhook-signature']);
      return JSON.parse(text) as Record<string, unknown>;
    });

  it('goes to Slack with buttons; the answer lets the call run once, and says who gave it', async () => {
    peer.misbehaviours = ['reset', { status: 503 }];
    await sink('slack');
    const id = await waiting();
    await vi.waitFor(() => expect(peer.requests).toHaveLength(3), { timeout: 10_000 });
    const [, , message] = messages() as [
      unknown,
      unknown,
      { text: string; blocks: { type: string; elements?: { value: string }[] }[] },
    ];
    expect(JSON.stringify(message), 'nobody is mentioned by what an attacker wrote').not.toContain('<!here>');
    const buttons = message.blocks.find(({ type }) => type === 'actions')?.elements ?? [];
    expect(buttons.map(({ value }) => value)).toEqual([`call ${id}`, `call ${id}`]);

    const answered = await viaSlack(slackBody('approve', buttons[0]?.value ?? '', 'U012ANN', 'known receiver'));
    expect([answered.status, answered.body]).toEqual([200, { text: 'The call is approved.' }]);
    expect((await ask()).body.context).toMatchObject({ verdict: 'allow', reason: { code: 'approved' } });
    expect((await ask('c2')).body.context.verdict, 'once').toBe('needs_approval');
    expect(await rig.topic('audit')).toContainEqual(
      expect.objectContaining({
        act: 'approval.approve',
        subject: id,
        by: 'ann@contoso.example',
        reason: 'known receiver (answered through soc-slack by U012ANN)',
      }),
    );
    await vi.waitFor(() => expect(JSON.stringify(messages())).toContain('The call is approved'), { timeout: 10_000 });
  });

  it('goes to Teams as a card; the answer is a message to the outgoing webhook', async () => {
    await sink('teams');
    const id = await waiting();
    await vi.waitFor(() => expect(peer.requests).toHaveLength(1), { timeout: 10_000 });
    const [message] = messages() as [{ attachments: { contentType: string; content: Record<string, unknown> }[] }];
    const [card] = message.attachments;
    expect(card).toMatchObject({
      contentType: 'application/vnd.microsoft.card.adaptive',
      content: { type: 'AdaptiveCard', version: '1.4' },
    });
    expect(JSON.stringify(card), 'no block reads Markdown').not.toMatch(/"TextBlock"|"FactSet"/);
    expect(JSON.stringify(card)).toContain(`deny call ${id}`);
    const body = teamsBody(`deny call ${id.slice(0, 10)}: not ours`, nowMs);
    const answered = await post('soc-teams', body, teamsHeaders(body));
    expect(answered.body).toEqual({ type: 'message', text: 'The call is denied.' });
    expect((await ask()).body.context).toMatchObject({ verdict: 'block', reason: { code: 'approval-denied' } });
    const late = teamsBody(`approve call ${id}: but yes`, nowMs);
    expect((await post('soc-teams', late, teamsHeaders(late))).body).toEqual({
      type: 'message',
      text: 'It was answered already',
    });
  });

  it('takes an answer once: a replay is refused, also after a restart', async () => {
    const id = await waiting();
    const body = slackBody('deny', `call ${id}`);
    expect((await viaSlack(body)).status).toBe(200);
    expect(await viaSlack(body)).toMatchObject({ status: 409, body: { detail: 'This very answer was taken before' } });
    await rig.close();
    await rig.open();
    expect((await viaSlack(body)).status).toBe(409);
    const denials = (await rig.topic('audit')).filter(({ act }) => act === 'approval.deny');
    expect(denials).toHaveLength(1);
  });

  it('hears nobody else: no stranger, no other key, no old answer, no unknown channel', async () => {
    const id = await waiting();
    const stranger = slackBody('approve', `call ${id}`, 'U666');
    expect((await viaSlack(stranger)).status).toBe(403);
    const body = slackBody('approve', `call ${id}`);
    expect((await post('soc-slack', body, slackHeaders(body, nowMs, TEAMS))).status).toBe(401);
    expect((await viaSlack(body, nowMs - 6 * 60_000)).status).toBe(401);
    expect((await post('nowhere', body, slackHeaders(body, nowMs))).status).toBe(404);
    expect((await viaSlack(slackBody('approve', 'call 0000000000'))).status).toBe(404);
    expect((await rig.call<Approval>('GET', `/v1/approvals/${id}`)).body.state).toBe('pending');
    expect(await rig.topic('audit')).toContainEqual(
      expect.objectContaining({
        by: 'soc-slack:U666',
        act: 'approval.approve',
        outcome: 'refused: not among the approvers of this channel',
      }),
    );
  });

  it('is not answered by who asked, under another name of theirs either', async () => {
    const id = await waiting();
    const refused = await viaSlack(slackBody('approve', `call ${id}`, 'U013ADM'));
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      'The one that asked cannot answer itself: use a token of another principal',
    ]);
  });

  it('counts for the groups that the person stands in', async () => {
    const both = contraction(
      [{ control: 'tool.requireApproval', effects: ['delete'], by: 'soc', timeoutMs: 60_000, otherwise: 'block' }],
      { id: 'soc' },
    );
    await rig.contract(both);
    await rig.knows('soc', 1);
    const asked = await rig.call<Evaluated>(
      'POST',
      '/access/v1/evaluation',
      asks('delete_mail', { toolCallId: 'd1', arguments: {} }),
      { token: rig.token('agent-token') },
    );
    const id = asked.body.context.approval?.id ?? '';
    const body = JSON.stringify({ answer: 'approve', call: id, by: 'eve' });
    const headers = { 'content-type': 'application/json', ...sign(SHARED, 'm-1', nowMs, body) };
    expect((await post('pager', body, headers)).status, 'eve is not of the security team').toBe(403);
    expect((await viaSlack(slackBody('approve', `call ${id}`))).body.text).toBe('The call is approved.');
  });

  it('contractions that wait are asked for and answered too, as the person the channel knows', async () => {
    const waits = contraction([{ control: 'session.suspend' }], {
      id: 'waits-for-a-person',
      state: 'awaiting_approval',
      notify: ['soc-oncall'],
      history: [{ atMs: nowMs, to: 'awaiting_approval', by: 'engine', reason: '20 of 20 targets are contracted' }],
    });
    await sink('slack', { for: ['soc-*'] });
    await rig.contract(waits, contraction([{ control: 'session.suspend' }], { id: 'another', notify: ['soc-oncall'] }));
    await vi.waitFor(() => expect(peer.requests.length).toBeGreaterThan(0), { timeout: 10_000 });
    expect(JSON.stringify(messages())).toContain('contraction waits-for-a-person');
    expect(JSON.stringify(messages())).not.toContain('another');
    const answered = await viaSlack(slackBody('approve', 'contraction waits-for-a-person'));
    expect(answered.body).toEqual({ text: 'The contraction is active.' });
    expect(commands.map(({ by, command, reason }) => [by, command, reason])).toEqual([
      [
        'ann@contoso.example',
        { do: 'approve', contractionId: 'waits-for-a-person' } satisfies Command,
        'no reason given (answered through soc-slack by U012ANN)',
      ],
    ]);
  });
});
