/** Brokers that ask who we are: TLS with an authority of one's own, PLAIN as Event Hubs' endpoint has it, SCRAM, OAUTHBEARER. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { consume, outgoing, timesOf } from '../../conformance/records.js';
import { KafkaPeer } from '../../peers/kafka.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { openKafkaFixture } from './fixture.js';

const USER = { username: 'stepdown', password: 'a-long-password' };

describeWithPeer('a Kafka that asks who we are', await KafkaPeer.missing(), () => {
  let peer: KafkaPeer;
  let tokens: Server;
  let asked: URLSearchParams[] = [];
  beforeAll(async () => {
    peer = await KafkaPeer.start({ secure: USER });
    // A token without a signature: what the broker's own validator takes where no issuer is set up.
    tokens = createServer((request, answer) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const form = new URLSearchParams(body);
        asked.push(form);
        if (form.get('client_secret') !== USER.password) {
          answer.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}');
          return;
        }
        const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
        const seconds = Math.floor(Date.now() / 1_000);
        const token = `${part({ alg: 'none' })}.${part({ sub: USER.username, iat: seconds, exp: seconds + 300 })}.`;
        answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: token }));
      });
    });
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
  }, 120_000);
  afterAll(async () => {
    await new Promise<void>((resolve) => tokens.close(() => resolve()));
    await peer.stop();
  });
  const tokenUrl = (): string => `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
  const opened = async (sasl: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    openKafkaFixture(peer, { tls: { ca: peer.caFile }, sasl, ...more });

  it.each([
    ['PLAIN', { mechanism: 'plain' }],
    ['SCRAM-SHA-256', { mechanism: 'scram-sha-256' }],
    ['SCRAM-SHA-512', { mechanism: 'scram-sha-512' }],
    ['OAUTHBEARER', { mechanism: 'oauthbearer', scope: 'kafka' }],
  ])('writes, reads and commits over SASL_SSL with %s', async (_, sasl) => {
    asked = [];
    const bearer = sasl.mechanism === 'oauthbearer';
    const fixture = await opened({ ...USER, ...sasl, ...(bearer ? { tokenUrl: tokenUrl() } : {}) });
    try {
      const { stream } = fixture.drivers;
      await stream.append([outgoing(1), outgoing(2), outgoing(3)]);
      expect(timesOf(await consume(stream, 3, { commit: true }))).toEqual([1, 2, 3]);
      expect((await stream.state('signals', 'g'))[0]?.committed).toBe(2);
      if (bearer) expect(asked[0]?.get('scope')).toBe('kafka');
    } finally {
      await fixture.remove();
    }
  });

  it('speaks to an Event Hubs endpoint by its connection string, over topics that are there', async () => {
    const first = await opened({ mechanism: 'plain', ...USER });
    const { prefix } = first.config.stream.kafka;
    const namespace = {
      preset: 'event-hubs',
      prefix,
      sasl: { mechanism: 'connection-string', password: USER.password },
    };
    const fixture = await openKafkaFixture(peer, { tls: { ca: peer.caFile }, ...namespace });
    try {
      await fixture.drivers.stream.append([outgoing(1), outgoing(2)]);
      expect(timesOf(await consume(fixture.drivers.stream, 2))).toEqual([1, 2]);
    } finally {
      await fixture.remove();
      await first.remove();
    }
  });

  it.each([
    ['a wrong password', { mechanism: 'plain', username: USER.username, password: 'wrong' }, 'unauthenticated'],
    [
      'a wrong password in SCRAM',
      { mechanism: 'scram-sha-512', username: USER.username, password: 'wrong' },
      'unauthenticated',
    ],
  ])('refuses %s at once', async (_, sasl, code) => {
    await expect(opened(sasl)).rejects.toMatchObject({ code });
  });

  it('says what a token endpoint answered, and that a certificate is nobody’s', async () => {
    const wrong = { mechanism: 'oauthbearer', username: 'stepdown', password: 'wrong', tokenUrl: tokenUrl() };
    await expect(opened(wrong)).rejects.toMatchObject({ message: expect.stringContaining('invalid_client') });
    await expect(
      openKafkaFixture(peer, {
        tls: { enabled: true },
        connectTimeout: '500ms',
        sasl: { mechanism: 'plain', ...USER },
      }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/certificate|self-signed/) });
  });
});
