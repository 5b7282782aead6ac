/** Whoever asks the doctor shows the answer around: no secret stands in it, whatever is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../peers/free-port.js';
import { stepdown } from '../captured.js';

const SECRET = 'hunter2-Zq8vT1mKx0';
let folder = '';
let away = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepdown-secrecy-'));
  away = `127.0.0.1:${await freePort()}`;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function doctor(yaml: string): Promise<{ code: number; said: string }> {
  const file = join(folder, 'stepdown.yaml');
  writeFileSync(
    file,
    `dataDir: ${join(folder, 'data')}\n${yaml.replaceAll('SECRET', SECRET).replaceAll('AWAY', away)}`,
  );
  // Side by side: an engine that is away is waited for.
  const answers = await Promise.all(
    [[], ['--json', '--verbose']].map((more) => stepdown(['doctor', '--config', file, ...more])),
  );
  return { code: answers[0]?.code ?? -1, said: answers.map(({ out, err }) => `${out}${err}`).join('\n') };
}

describe('what the doctor says', () => {
  it('of engines and sources that are away', async () => {
    const { code, said } = await doctor(`
store: {driver: redis, redis: {url: 'redis://AWAY', password: SECRET}}
schedule: {driver: bullmq}
stream: {driver: kafka, kafka: {brokers: ['AWAY'], sasl: {mechanism: plain, username: u, password: SECRET}}}
ingest:
  otlp: {token: SECRET}
  sources:
    - {type: eventhubs, name: hub, connectionString: 'Endpoint=sb://AWAY;SharedAccessKeyName=k;SharedAccessKey=SECRET;EntityPath=e'}
enforce: {points: [{type: webhook, name: hook, url: 'http://AWAY/SECRET', secret: SECRET, controls: [{control: agent.disable, targets: [agent], selfExpiring: true}]}]}
traces: {endpoint: 'http://AWAY/SECRET/v1/traces'}
`);
    expect([code, said]).toEqual([1, expect.not.stringContaining(SECRET)]);
  });

  it.each([
    ['a password in an address', `store: {driver: redis, redis: {url: 'redis://u:SECRET@AWAY'}}`],
    ['a number for a text', `ingest: {otlp: {token: [SECRET]}}`],
    ['a key that is misspelt', `ingest: {otlp: {tokn: SECRET}}`],
    ['a secret where a section is wanted', `ingest: {otlp: SECRET}`],
    [
      'a connection string that is none',
      `ingest: {sources: [{type: eventhubs, connectionString: 'SharedAccessKey=SECRET'}]}`,
    ],
    [
      'a webhook without TLS',
      `enforce: {points: [{type: webhook, name: hook, url: 'http://example.com/SECRET', secret: SECRET}]}`,
    ],
    ['a quote that is not closed', `ingest:\n  otlp:\n    token: "SECRET\n    port: 0\n`],
    ['the same key twice', `ingest:\n  otlp:\n    token: SECRET\n    token: SECRET\n`],
    ['a tab', `ingest:\n\totlp: {token: SECRET}\n`],
    ...[
      '*SECRET',
      '&SECRET',
      '!SECRET x',
      '!env SECRET',
      '@SECRET',
      '|SECRET',
      '%SECRET',
      '"SECRET" x',
      '"\\SECRET"',
    ].map((token): [string, string] => [`the token ${token}`, `ingest:\n  otlp:\n    token: ${token}\n`]),
  ])('of a configuration with %s', async (_, yaml) => {
    const { code, said } = await doctor(yaml);
    expect([code, said]).toEqual([1, expect.not.stringContaining(SECRET)]);
  });
});
