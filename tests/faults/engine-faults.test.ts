/** A slice of the faults of a whole engine. */
import { expect, it } from 'vitest';
import { KafkaPeer } from '../peers/kafka.js';
import { redisMissing } from '../peers/redis.js';
import { describeWithPeer } from '../peers/with-peer.js';
import { searchEngineFaults } from './engine-faults.js';

/** The gateway is killed among others in `npm run faults`, and asked while they are in tests/scenarios/kafka-redis.test.ts. */
const CORE = ['respond', 'detect', 'ingest', 'forward'] as const;

/** Of faults that leave the one who delivers incidents alone: who takes over from it waits for its lease. */
const SEED = 3;

describeWithPeer('random faults of a whole engine', (await KafkaPeer.missing()) ?? redisMissing(), () => {
  it('end as undisturbed', { timeout: 240_000 }, async () => {
    const { lost, doubled, endless, fallen, compared } = await searchEngineFaults(4, SEED, { turns: 10, core: CORE });
    expect({ lost, doubled, endless, fallen }).toEqual({ lost: [], doubled: [], endless: [], fallen: [] });
    for (const count of Object.values(compared)) expect(count).toBeGreaterThan(0);
  });
});
