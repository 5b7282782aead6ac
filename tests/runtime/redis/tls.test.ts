/** Redis behind TLS that asks for a certificate of ours, with the password in a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { selfSigned } from '../../peers/certificate.js';
import { redisMissing, type RedisPeer, redisPeer } from '../../peers/redis.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { openRedisDrivers } from './fixture.js';

describeWithPeer('Redis behind TLS', redisMissing(), () => {
  const dir = mkdtempSync(join(tmpdir(), 'stepdown-redis-tls-'));
  const [cert, key, passwordFile] = ['cert.pem', 'key.pem', 'password'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  let peer: RedisPeer;
  beforeAll(async () => {
    const own = selfSigned();
    writeFileSync(cert, own.cert);
    writeFileSync(key, own.key);
    writeFileSync(passwordFile, 'a-password-in-a-file\n');
    peer = await redisPeer([
      ...['--tls-port', '0', '--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert],
      ...['--tls-auth-clients', 'yes', '--requirepass', 'a-password-in-a-file'],
    ]);
  });
  afterAll(async () => {
    await peer.remove();
    rmSync(dir, { recursive: true });
  });

  it('is spoken to with the certificates and the password that the configuration names', async () => {
    const drivers = await openRedisDrivers({ url: peer.url, passwordFile, tls: { ca: cert, cert, key } });
    expect(await drivers.store.write([{ key: 'a', value: 1 }])).toEqual([{ ok: true, version: 1 }]);
    let told = 0;
    await drivers.schedule.watch('o', () => told++);
    await drivers.schedule.set([{ owner: 'o', id: 'a', dueMs: Date.now() }]);
    while (told === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await drivers.close();
  });

  it.each([
    ['a certificate that nobody vouches for', { tls: { cert: 'ours', key: 'ours' } }, /TLS.*self-signed/],
    [
      'another name than the certificate has',
      { tls: { ca: 'ours', serverName: 'redis.example' } },
      /TLS.*redis\.example/,
    ],
  ])('says at once what is wrong: %s', async (_, { tls }, message) => {
    const ours = { cert, key, ca: cert } as const;
    const named = Object.fromEntries(
      Object.entries(tls).map(([name, value]) => [name, value === 'ours' ? ours[name as keyof typeof ours] : value]),
    );
    const begunAt = Date.now();
    await expect(openRedisDrivers({ url: peer.url, passwordFile, tls: named })).rejects.toThrow(message);
    expect(Date.now() - begunAt).toBeLessThan(5_000);
  });

  it('says which file cannot be read', async () => {
    await expect(openRedisDrivers({ url: peer.url, passwordFile: join(dir, 'nowhere') })).rejects.toMatchObject({
      code: 'config-invalid',
      place: { file: join(dir, 'nowhere') },
    });
  });
});
