/** The webhook enforcement point against a real https receiver that checks what it is sent and misbehaves on request. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Order } from '../../services/enforce/point.js';
import { WebhookPoint } from '../../services/enforce/points/webhook/webhook.js';
import { EnforcementPeer, type Trouble } from '../peers/enforcement-point.js';
import { declared } from './simulation.js';

const order = (more: Partial<Order> = {}): Order => ({
  effectId: 'c1/0/out-there',
  contractionId: 'c1',
  sequence: 1,
  target: { tenant: 'default', type: 'agent', id: 'a1' },
  control: { control: 'agent.disable' },
  reason: 'because',
  expiresAtMs: Date.now() + 60_000,
  expiresInMs: 60_000,
  ...more,
});
const soon = () => AbortSignal.timeout(5_000);

let peer: EnforcementPeer;
let point: WebhookPoint;
const pointTo = (more: { url?: string; secret?: string; ca?: string } = {}) =>
  new WebhookPoint({
    declaration: declared(true),
    url: peer.url,
    secret: peer.secret,
    ca: peer.ca,
    now: () => Date.now(),
    version: '1.2.3',
    ...more,
  });
beforeEach(async () => {
  peer = await EnforcementPeer.start();
  point = pointTo();
});
afterEach(() => peer.stop());

describe('the webhook enforcement point', () => {
  it('applies, is seen, reverts, and is safe to repeat', async () => {
    expect(await point.apply(order(), soon())).toEqual({ kind: 'done', hash: 'h1', effectiveInMs: 2000 });
    expect(await point.apply(order({ sequence: 2 }), soon())).toMatchObject({ kind: 'done', hash: 'h1' });
    const other = order({ effectId: 'c2/0/out-there' });
    expect(await point.observe([order({ hash: 'h1' }), other], soon())).toEqual([
      { kind: 'in-place' },
      { kind: 'absent' },
    ]);
    expect(await point.revert(order({ sequence: 3 }), soon())).toMatchObject({ kind: 'done' });
    expect(await point.revert(order({ sequence: 4 }), soon())).toMatchObject({ kind: 'done' });
    expect(await point.observe([order()], soon())).toEqual([{ kind: 'absent' }]);
  });

  it('carries what a receiver needs, and signs it', async () => {
    await point.apply(order(), soon());
    const [request] = peer.requests;
    expect(JSON.parse(request!.raw)).toMatchObject({
      protocol: 'stepdown.enforcement/v1',
      type: 'apply',
      point: 'out-there',
      effects: [
        {
          id: 'c1/0/out-there',
          contraction: 'c1',
          sequence: 1,
          control: { control: 'agent.disable' },
          expiresInMs: 60_000,
        },
      ],
    });
    expect(request!.headers).toMatchObject({
      'idempotency-key': 'c1/0/out-there#1',
      'user-agent': 'stepdown/1.2.3',
      'webhook-signature': expect.stringMatching(/^v1,/) as string,
    });
    expect(peer.refusedSignatures).toBe(0);
  });

  it('is refused where the secret differs, and that wants a person', async () => {
    const wrong = pointTo({ secret: 'another-secret-of-length' });
    expect(await wrong.apply(order(), soon())).toEqual({ kind: 'refused', reason: 'not accepted: signature' });
    expect(peer.refusedSignatures).toBe(1);
    expect(peer.world.held.size).toBe(0);
  });

  it('sends no request twice: what somebody recorded and sends again is a replay', async () => {
    await point.apply(order(), soon());
    const [recorded] = peer.requests;
    const { Transport } = await import('../../services/enforce/points/transport.js');
    const headers = Object.fromEntries(
      Object.entries(recorded!.headers).filter(([name]) => name.startsWith('webhook-')),
    ) as Record<string, string>;
    const again = await new Transport(peer.ca).send({
      method: 'POST',
      url: peer.url,
      headers,
      body: recorded!.raw,
      signal: soon(),
    });
    expect(again).toMatchObject({ kind: 'answer', status: 401 });
    expect(peer.replays).toBe(1);
  });

  it.each<[Trouble, string]>([
    ['reset-before', 'unknown'],
    ['reset-after', 'unknown'],
    ['half-open', 'unknown'],
    ['nonsense', 'unknown'],
    ['500', 'unknown'],
    ['429', 'retry'],
    ['404', 'refused'],
  ])('tells what is certain after %s: %s', async (trouble, kind) => {
    peer.troubles.push(trouble);
    const outcome = await point.apply(order(), soon());
    expect(outcome.kind).toBe(kind);
    if (trouble === '429') expect(outcome).toMatchObject({ afterMs: 1000 });
    expect(peer.world.held.size).toBe(trouble === 'reset-after' || trouble === 'half-open' ? 1 : 0);
  });

  it('does not wait for one that hangs beyond the signal', async () => {
    peer.troubles.push('hang');
    expect((await point.apply(order(), AbortSignal.timeout(100))).kind).toBe('unknown');
  });

  it('knows that nothing happened where nobody listens, or the certificate is not trusted', async () => {
    expect((await pointTo({ url: 'https://localhost:1/' }).apply(order(), soon())).kind).toBe('retry');
    const untrusting = new WebhookPoint({
      declaration: declared(true),
      url: peer.url,
      secret: peer.secret,
      now: () => Date.now(),
      version: '1',
    });
    expect((await untrusting.apply(order(), soon())).kind).toBe('retry');
    expect(peer.requests).toEqual([]);
  });

  it('leaves what a person changed, and says so', async () => {
    const done = await point.apply(order(), soon());
    const hash = done.kind === 'done' ? done.hash : undefined;
    peer.world.edit('c1/0/out-there');
    expect(await point.observe([order({ hash: hash ?? '' })], soon())).toMatchObject([{ kind: 'changed' }]);
    expect(await point.revert(order({ sequence: 2 }), soon())).toEqual({
      kind: 'drifted',
      reason: 'a person changed it',
    });
    expect(peer.world.held.has('c1/0/out-there')).toBe(true);
  });

  it('drops a control by itself when its time is over', async () => {
    await point.apply(order({ expiresInMs: 500 }), soon());
    expect(await point.observe([order()], soon())).toEqual([{ kind: 'in-place' }]);
    await new Promise((resolve) => setTimeout(resolve, 510));
    expect(await point.observe([order()], soon())).toEqual([{ kind: 'absent' }]);
  });
});
