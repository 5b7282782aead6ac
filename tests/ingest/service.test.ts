import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createIngest } from '../../services/ingest/service.js';
import { EventClock } from '../../services/runtime/clock.js';
import { loadConfig } from '../../services/runtime/config.js';
import { openDrivers } from '../../services/runtime/drivers.js';
import { toolSpan, traces } from './request.js';

it('takes telemetry in durably, keeps refusals that can be tried again, and keeps no texts where none are wanted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepdown-ingest-'));
  const log = pino({ level: 'silent' });
  const clock = new EventClock();
  const config = loadConfig({
    env: {},
    overrides: {
      dataDir: folder,
      clock: 'event',
      ingest: { otlp: { port: 4318 }, keepContent: false, deadletterContent: true },
    },
  });
  // A free port, picked by the system: the configuration itself wants a fixed one.
  const free = { ...config, ingest: { ...config.ingest, otlp: { ...config.ingest.otlp, port: 0 } } };
  const drivers = await openDrivers(free, log, clock);
  const ingest = createIngest({ config: free, drivers, log, clock });
  try {
    expect(ingest.unready()).toContain('does not listen');
    await ingest.start();
    expect(ingest.unready()).toBeUndefined();
    const bad = { ...toolSpan(), traceId: 'none' };
    const good = toolSpan(
      { 'gen_ai.tool.call.arguments': '{"secret":1}', 'gen_ai.tool.call.result': 'SECRET' },
      { startMs: 5, endMs: 9 },
    );
    const response = await fetch(`${ingest.endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(traces([good, bad])),
    });
    expect(response.status).toBe(200);
    const stored = (await drivers.stream.read('telemetry', { from: 0, limit: 10 })).map(({ value }) => value);
    expect(stored.map(({ kind }) => kind)).toEqual(['tool.call', 'tool.result']);
    expect(JSON.stringify(stored)).not.toMatch(/SECRET|secret/);
    // In event time the latest event of the request is its arrival.
    expect(stored.map(({ receivedAtMs }) => receivedAtMs)).toEqual([stored[1]?.timeMs, stored[1]?.timeMs]);
    const [letter] = (await drivers.stream.read('deadletter', { from: 0, limit: 10 })).map(({ value }) => value);
    expect(letter).toMatchObject({ format: 'otlp/traces', redacted: false });
    if (!letter) return;
    const mended = JSON.parse(
      JSON.stringify(letter).replace('"none"', '"8a070ff0534bae3b9392cfd92720cc79"'),
    ) as typeof letter;
    const again = ingest.intake.again(mended, { receivedAtMs: undefined, source: 'retry', atMs: 0 });
    expect(again).toMatchObject({ ok: true, taken: { events: 2, refused: [] } });
    expect(
      ingest.intake.again({ ...letter, redacted: true }, { receivedAtMs: undefined, source: 'retry', atMs: 0 }),
    ).toMatchObject({ ok: false });
  } finally {
    await ingest.stop();
    await drivers.close();
    rmSync(folder, { recursive: true });
  }
});
