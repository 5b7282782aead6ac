import { afterAll, beforeAll } from 'vitest';
import { scheduleConformance } from '../../conformance/schedule.js';
import { storeConformance } from '../../conformance/store.js';
import { type RedisClusterPeer, redisClusterPeer, redisMissing, type RedisPeer, redisPeer } from '../../peers/redis.js';
import { describeWithPeer } from '../../peers/with-peer.js';
import { redisUnderTest } from './fixture.js';

describeWithPeer('Redis, one server', redisMissing(), () => {
  let peer: RedisPeer;
  beforeAll(async () => {
    peer = await redisPeer();
  });
  afterAll(async () => peer.remove());
  const underTest = redisUnderTest('redis', () => ({ url: peer.url }));
  storeConformance(underTest);
  scheduleConformance(underTest);
});

describeWithPeer('Redis, a cluster of three', redisMissing(), () => {
  let peer: RedisClusterPeer;
  beforeAll(async () => {
    peer = await redisClusterPeer();
  });
  afterAll(async () => peer.remove());
  const underTest = redisUnderTest('redis cluster', () => ({ cluster: peer.addresses }));
  storeConformance(underTest);
  scheduleConformance(underTest);
});
