/** A slice of `npm run faults`. */
import { expect, it } from 'vitest';
import { redisMissing } from '../peers/redis.js';
import { describeWithPeer } from '../peers/with-peer.js';
import { searchRedisFaults } from './redis-faults.js';

describeWithPeer('random faults of Redis', redisMissing(), () => {
  it('lose nothing, double nothing, leave nothing without an end', { timeout: 120_000 }, async () => {
    const { lost, doubled, endless, operations } = await searchRedisFaults(12, 11);
    expect({ lost, doubled, endless }).toEqual({ lost: [], doubled: [], endless: [] });
    expect(operations).toBeGreaterThan(500);
  });
});
