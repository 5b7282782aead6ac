/**
 * The core scenario with an event hub as its source: poisoned results lead to contractions and incidents, the same as
 * when the same telemetry comes over OTLP, though the engine is killed while it reads.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Contraction } from '../../schemas/contraction.js';
import { graphAlert, SP } from '../ingest/records/samples.js';
import { EventHubsPeer } from '../peers/event-hubs.js';
import { enforceAll } from './enforce-all.js';
import { type Dump, Engine, sendOrdered } from './engine.js';
import { fleetDay, requestsOf } from './traffic.js';

const SEED = 23;
const turns = fleetDay({ seed: SEED, turns: 16, agents: 2, startMs: Date.UTC(2026, 9, 5, 6), attackShare: 0.3 });
const requests = turns.flatMap((turn) => requestsOf(turn));

const byId = (items: unknown[]): unknown[] =>
  [...items].sort((a, b) => ((a as { id: string }).id < (b as { id: string }).id ? -1 : 1));

async function overOtlp(): Promise<Dump> {
  const engine = await Engine.create('clock: event\n', enforceAll());
  try {
    await engine.start();
    await sendOrdered(engine, requests, 60_000);
    await engine.settled();
    await engine.stop();
    return await engine.dump();
  } finally {
    await engine.remove();
  }
}

/** Everything lies in the hub before the engine starts; it is killed after each of the given numbers of records. */
async function overEventHubs(kills: readonly number[]): Promise<Dump> {
  const peer = new EventHubsPeer({ partitions: 1 });
  await peer.start();
  const engine = await Engine.create('clock: event\n', enforceAll(), [
    { type: 'eventhubs', connectionString: peer.connectionString, maxBatch: 20, prefetch: 20, ownership: '1s' },
  ]);
  try {
    let sent = 0;
    for (const count of [...kills, requests.length]) {
      await engine.start();
      peer.append(0, ...requests.slice(sent, count).map((body) => ({ body: JSON.stringify(body) })));
      sent = count;
      if (count === requests.length) break;
      await engine.kill();
    }
    await read(engine, peer, requests.length);
    await engine.settled();
    await engine.stop();
    return await engine.dump();
  } finally {
    await engine.remove();
    await peer.stop();
  }
}

/** Resolves when the engine has kept the position of the last record. */
async function read(engine: Engine, peer: EventHubsPeer, records: number): Promise<void> {
  const until = performance.now() + 40_000;
  for (;;) {
    const [position] = await engine.documents('ingest/eventhubs/', '/position/');
    if ((position as { sequenceNumber?: number } | undefined)?.sequenceNumber === records - 1) return;
    if (performance.now() > until) throw new Error(`not read: ${JSON.stringify(peer.reading())} ${engine.output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it(
  'findings, contractions and incidents are those of OTLP, though the engine is killed on the way',
  { timeout: 120_000 },
  async () => {
    const expected = await overOtlp();
    expect(expected.contractions.length).toBeGreaterThan(0);
    expect(expected.incidents.length).toBeGreaterThan(0);
    const seen = await overEventHubs([Math.floor(requests.length / 2)]);
    expect(byId(seen.findings)).toEqual(byId(expected.findings));
    expect(byId(seen.contractions)).toEqual(byId(expected.contractions));
    expect(byId(seen.incidents)).toEqual(byId(expected.incidents));
  },
);

const CONTAINED = `apiVersion: stepdown/v1
kind: Playbook
id: on-alert
title: Contain what Defender names
version: 1
mode: enforce
trigger: {alert: {title: 'Suspicious*'}}
target: agent
contract: [{agent.disable: {}}]
revert: {until: alertResolved, max: 4h}
incident: {severity: high}
`;

it(
  'an alert of Defender contains the agent it names until it is resolved there, on whichever partition',
  { timeout: 60_000 },
  async () => {
    const peer = new EventHubsPeer({ partitions: 2 });
    await peer.start();
    const engine = await Engine.create('respond: {playbooks: [./alert.yaml]}\n', undefined, [
      { type: 'eventhubs', connectionString: peer.connectionString, trust: 'authenticated', ownership: '1s' },
    ]);
    try {
      writeFileSync(join(engine.dir, 'alert.yaml'), CONTAINED);
      await engine.start();
      const tell = (partition: number, status: string, id = 'da1', atMs = Date.now()): number =>
        peer.append(partition, {
          body: JSON.stringify({
            records: [
              graphAlert({ id, providerAlertId: id, status, lastUpdateDateTime: new Date(atMs).toISOString() }),
            ],
          }),
        });
      const contraction = async (state: string): Promise<Contraction> => {
        for (const until = performance.now() + 20_000; performance.now() < until;) {
          const found = ((await engine.documents('contraction/', '')) as Contraction[]).find(
            (each) => each.state === state,
          );
          if (found !== undefined) return found;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error(`no contraction is ${state}: ${engine.output}`);
      };
      tell(0, 'new');
      expect(await contraction('active')).toMatchObject({
        mode: 'enforce',
        trust: 'authenticated',
        target: { type: 'agent', id: SP },
        until: { kind: 'alert-resolved' },
      });
      tell(0, 'inProgress');
      tell(1, 'resolved');
      expect(await contraction('ended')).toMatchObject({ endReason: 'alert-resolved' });

      // Partitions have no order among each other: of another alert the end is read before the beginning.
      const begunAtMs = Date.now() - 60_000;
      const last = tell(1, 'resolved', 'da2', begunAtMs + 30_000);
      for (const until = performance.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
        const kept = (await engine.documents('ingest/eventhubs/', '/position/')) as { sequenceNumber: number }[];
        // Two records lie in each partition.
        if (kept.length === 2 && kept.every(({ sequenceNumber }) => sequenceNumber === last)) break;
        if (performance.now() > until) throw new Error(`not read: ${JSON.stringify(kept)}`);
      }
      tell(0, 'new', 'da2', begunAtMs);
      tell(0, 'new', 'da3');
      expect(await contraction('active')).toMatchObject({ until: { alertId: expect.stringContaining('da3') } });
      const all = (await engine.documents('contraction/', '')) as Contraction[];
      expect(all.filter(({ until }) => until.kind === 'alert-resolved' && until.alertId.includes('da2'))).toEqual([]);
    } finally {
      await engine.remove();
      await peer.stop();
    }
  },
);
