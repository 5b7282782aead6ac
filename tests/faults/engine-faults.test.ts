/** A slice of the faults of a whole engine. */
import { expect, it } from 'vitest';
import { KafkaPeer } from '../peers/kafka.js';
import { redisMissing } from '../peers/redis.js';
import { describeWithPeer } from '../peers/with-peer.js';
import { searchEngineFaults } from './engine-faults.js';

describeWithPeer('random faults of a whole engine', (await KafkaPeer.missing()) ?? redisMissing(), () => {
  it('end as undisturbed', { timeout: 240_000 }, async () => {
    const { lost, doubled, endless, fallen, compared } = await searchEngineFaults(4, 44);
    expect({ lost, doubled, endless, fallen }).toEqual({ lost: [], doubled: [], endless: [], fallen: [] });
    for (const count of Object.values(compared)) expect(count).toBeGreaterThan(0);
  });
});
