import { afterAll, beforeAll } from 'vitest';
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
  storeConformance(redisUnderTest('redis', () => ({ url: peer.url })));
});

describeWithPeer('Redis, a cluster of three', redisMissing(), () => {
  let peer: RedisClusterPeer;
  beforeAll(async () => {
    peer = await redisClusterPeer();
  });
  afterAll(async () => peer.remove());
  storeConformance(redisUnderTest('redis cluster', () => ({ cluster: peer.addresses })));
});
