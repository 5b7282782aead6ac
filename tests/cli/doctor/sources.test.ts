/** What the doctor says of sources: one that answers, one that is away, one that has another name. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sourceChecks } from '../../../services/cli/doctor/sources.js';
import { loadConfig } from '../../../services/runtime/config.js';
import { silentLog } from '../../../services/runtime/log.js';
import { EventHubsPeer } from '../../peers/event-hubs.js';
import { freePort } from '../../peers/free-port.js';

const peer = new EventHubsPeer({ partitions: 3 });
beforeAll(() => peer.start());
afterAll(() => peer.stop());

const checks = (...sources: object[]) =>
  sourceChecks(loadConfig({ env: {}, overrides: { ingest: { sources } } }), silentLog());

it('says what is there, and how to mend what is not', async () => {
  const away = `127.0.0.1:${await freePort()}`;
  const answers = await checks(
    { type: 'eventhubs', name: 'here', connectionString: peer.connectionString },
    {
      type: 'eventhubs',
      name: 'other',
      connectionString: peer.connectionString.replace('EntityPath=telemetry', 'EntityPath=nowhere'),
    },
    { type: 'eventhubs', name: 'away', connectionString: peer.connectionString.replace(/localhost:\d+/, away) },
    { type: 'kafka', name: 'broker', brokers: [away], topics: ['otlp_spans'] },
  );
  expect(answers.map(({ check, status }) => [check, status])).toEqual([
    ['source here', 'ok'],
    ['source other', 'problem'],
    ['source away', 'problem'],
    ['source broker', 'problem'],
  ]);
  expect(answers[0]?.detail).toBe('the event hub telemetry has 3 partitions');
  for (const { status, mend, detail } of answers) {
    expect(mend !== undefined).toBe(status !== 'ok');
    // The key is quoted nowhere.
    expect(`${detail} ${mend}`).not.toContain('a2V5');
  }
});
