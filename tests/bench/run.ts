/**
 * `npm run bench [part …]`: pipeline, inspection, decide, finding, inline, memory, reverts, leases, redis, eventhubs, kafka. Ratios and distributions of
 * one run on this machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../services/runtime/config.js';
import { benchDecide } from './decide.js';
import { benchFinding } from './finding.js';
import { writeFleet } from './fleet.js';
import { benchEventHubs } from './event-hubs.js';
import { benchInline } from './inline.js';
import { benchInspection } from './inspection.js';
import { benchKafka } from './kafka.js';
import { benchLeases } from './leases.js';
import { benchMemory } from './memory.js';
import { benchPipeline } from './pipeline.js';
import { benchReverts } from './reverts.js';
import { benchRedis } from './redis.js';

const parts = process.argv.slice(2);
const wanted = (part: string): boolean => parts.length === 0 || parts.includes(part);
const config = loadConfig({ env: {} });
const dir = mkdtempSync(join(tmpdir(), 'stepdown-bench-'));
try {
  if (wanted('pipeline')) {
    const file = join(dir, 'fleet.jsonl');
    await writeFleet(file, { agents: 200, turns: 8_000 });
    await benchPipeline(file, config);
  }
  if (wanted('eventhubs')) {
    const file = join(dir, 'hub.jsonl');
    await writeFleet(file, { agents: 200, turns: 4_000 });
    await benchEventHubs(file, config);
  }
  if (wanted('kafka')) {
    const file = join(dir, 'topic.jsonl');
    await writeFleet(file, { agents: 1_000, turns: 8_000 });
    await benchKafka(file, config);
  }
  if (wanted('inspection')) await benchInspection();
  if (wanted('decide')) benchDecide();
  if (wanted('finding')) benchFinding();
  if (wanted('inline')) await benchInline();
  if (wanted('memory')) benchMemory(config);
  if (wanted('reverts')) await benchReverts();
  if (wanted('leases')) await benchLeases();
  if (wanted('redis')) await benchRedis(config);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
